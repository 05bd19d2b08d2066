# Threefactor. Targets: setup, demo, test, formal, bitstreams, board-check, clean. Each does what it needs first.

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
FORMAL_OPTIONS ?=
PYTEST_OPTIONS ?= --numprocesses 2 --dist worksteal --durations 10

.PHONY: help setup demo test formal bitstreams board-check clean

help:
	@echo "make setup   install everything into .venv"
	@echo "make demo    train, prove the hardware equal, build a bitstream, write build/demo/report.html"
	@echo "make test    lint, check types, run all tests"
	@echo "make formal  prove what the gateware promises, and that each proof finds its mutants; some minutes"
	@echo "make bitstreams  build all designs of boards/budgets.json, check them; some 50 minutes, resumable"
	@echo "make board-check  train on a simulated board over a line full of trouble; an hour or two"
	@echo "make clean   remove build products, but not .venv"

setup: .venv/.complete

.venv/.complete: .ci/setup pyproject.toml constraints.txt
	.ci/setup .venv
	@touch $@

demo: setup
	$(BIN)/python -m threefactor demo --out build/demo

test: setup
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)

formal: setup
	$(BIN)/python -m threefactor formal --workers 2 $(FORMAL_OPTIONS)

bitstreams: setup
	$(BIN)/python -m threefactor bitstreams --workers 2 --out build/bitstreams $(BITSTREAM_OPTIONS)

board-check: setup
	$(BIN)/python -m threefactor board check --preset tiny $(BOARD_CHECK_OPTIONS)

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
