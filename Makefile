# Threefactor. Each target does what it needs first; see help.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Verilog and CXXRTL come from Amaranth's own Yosys, whatever the system has; equal inputs give equal Verilog.
export AMARANTH_USE_YOSYS := builtin
export PYTHONHASHSEED := 0

BIN := .venv/bin
BITSTREAM_OPTIONS ?=
BOARD_CHECK_OPTIONS ?= --faults 10000
CROSSCHECK_OPTIONS ?= --models 5000 --limits 200 --gateware 300 --covered
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(basename $(notdir $(wildcard tests/fuzz/targets/[a-z]*.py)))
GATES_OPTIONS ?=
SOAK_OPTIONS ?= --minutes 60 --resumes 10000
MUTANTS_OPTIONS ?= --since main --count 40
FORMAL_OPTIONS ?=
PYTEST_OPTIONS ?= --numprocesses 2 --dist worksteal --durations 10

.PHONY: help setup demo test bitstreams board-check crosscheck fuzz reproduce gates soak mutants formal clean

help:
	@echo "make setup   install everything into .venv"
	@echo "make demo    train, prove the hardware equal, build a bitstream, write build/demo/report.html"
	@echo "make test    lint, check types, run all tests"
	@echo "make bitstreams  build all designs of boards/budgets.json, check them; some 70 minutes, resumable"
	@echo "make board-check  train on a simulated board over a line full of trouble; an hour or two"
	@echo "make crosscheck  random networks in models and gateware, until every corner has been met; hours, resumable"
	@echo "make fuzz    feed every reader of files and of the link with nonsense, FUZZ_SECONDS (60) each; FUZZ_TARGETS names some"
	@echo "make reproduce  build a bitstream again elsewhere and ten years later, compare the bytes"
	@echo "make gates  synthesized netlists learn in simulation and are held against golden; a quarter of an hour"
	@echo "make soak  a simulated board learns for an hour, then 10,000 trainings are stopped and resumed; resumable"
	@echo "make mutants  small mistakes in what has changed since main: do the tests notice? Some ten minutes"
	@echo "make formal  prove what the gateware promises, and that each proof finds its mutants; some minutes"
	@echo "make clean   remove build products, but not .venv"

setup: .venv/.complete

.venv/.complete: .ci/setup pyproject.toml requirements.txt
	.ci/setup .venv
	@touch $@

demo: setup
	$(BIN)/python -m threefactor demo --out build/demo

test: setup
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)

bitstreams: setup
	$(BIN)/python -m threefactor bitstreams --workers 2 --out build/bitstreams $(BITSTREAM_OPTIONS)

board-check: setup
	$(BIN)/python -m threefactor board check --preset tiny $(BOARD_CHECK_OPTIONS)

fuzz: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement tests/fuzz/requirements.txt
	for target in $(FUZZ_TARGETS); do echo "$$target"; $(BIN)/python -m tests.fuzz $$target $(FUZZ_SECONDS); done

reproduce: setup
	THREEFACTOR_REPRODUCE=1 $(BIN)/python -m pytest --durations 1 -k same_elsewhere tests/test_threefactor_machines.py

crosscheck: setup
	$(BIN)/python -m threefactor crosscheck --out build/crosscheck $(CROSSCHECK_OPTIONS)

gates: setup
	$(BIN)/python -m threefactor gates $(GATES_OPTIONS)

soak: setup
	$(BIN)/python -m threefactor soak --out build/soak $(SOAK_OPTIONS)

mutants: setup
	$(BIN)/python -m threefactor mutate $(MUTANTS_OPTIONS)

formal: setup
	$(BIN)/python -m threefactor formal --workers 2 $(FORMAL_OPTIONS)

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
