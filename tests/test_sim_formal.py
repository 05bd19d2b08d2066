"""Proofs are proven, mutants refuted, and a proof that fails or says nothing is reported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from amaranth.lib.memory import Memory
from click.testing import CliRunner

import rtl.streams
from rtl.link import Link
from rtl.modulators import Broadcast
from rtl.receiver import FrameReceiver
from sim.formal import catalogue, modulators, streams
from sim.formal.proof import Bench, Mutant, MutantError, Proof, mutated
from sim.formal.running import PROVEN, REFUTED, outcomes
from threefactor.cli import main

BUFFER = next(proof for proof in streams.PROOFS if proof.name == "streams.buffer")
LOST = BUFFER.mutants[0]


def test_names_are_unique_and_every_proof_has_a_mutant() -> None:
    names = [proof.name for proof in catalogue.PROOFS]
    assert len(set(names)) == len(names)
    assert all(proof.mutants for proof in catalogue.PROOFS)
    assert any(proof.quick for proof in catalogue.PROOFS)


@pytest.mark.parametrize(
    "mutant",
    {(mutant.module, mutant.before): mutant for proof in catalogue.PROOFS for mutant in proof.mutants}.values(),
    ids=lambda mutant: mutant.name,
)
def test_mutants_fit_their_source(mutant: Mutant) -> None:
    with mutated(mutant):
        pass


def test_a_mutant_changes_the_netlist_and_leaves_no_trace() -> None:
    plain = BUFFER.netlist()
    code = rtl.streams.Buffer.elaborate.__code__
    assert BUFFER.netlist(LOST) != plain
    assert rtl.streams.Buffer.elaborate.__code__ is code
    assert BUFFER.netlist() == plain


def test_a_mutant_that_does_not_fit_is_refused() -> None:
    with (
        pytest.raises(MutantError, match="occurs 0 times in rtl.streams, not once"),
        mutated(replace(LOST, before="?")),
    ):
        pass


@pytest.mark.slow
def test_a_proof_and_its_mutant() -> None:
    [outcome] = outcomes([replace(BUFFER, mutants=(LOST,))])
    assert outcome.verdict == PROVEN, outcome.log
    assert outcome.passed and not outcome.survivors


@pytest.mark.slow
def test_a_wrong_claim_is_refuted() -> None:
    def wrong() -> Bench:
        bench = Bench()
        value = bench.free(4, "value")
        bench.claim(bench.before(value) != 9)
        return bench

    [outcome] = outcomes([replace(BUFFER, build=wrong, mutants=())])
    assert outcome.verdict == REFUTED and not outcome.passed
    assert "Assert failed" in outcome.log or "failed assertion" in outcome.log


@pytest.mark.slow
def test_registers_of_inner_parts_are_those_of_the_design() -> None:
    def busy() -> Bench:
        bench, design = Bench(), FrameReceiver(1)
        left = bench.add(design)["checksum.signal"]
        bench.claim(left == -1)
        return bench

    [outcome] = outcomes([replace(BUFFER, build=busy, depth=4, mutants=())])
    assert outcome.verdict == REFUTED, outcome.log


@pytest.mark.slow
def test_what_is_freed_gives_anything_and_a_collision_is_found() -> None:
    def freed() -> Bench:
        bench, design = Bench(), Link(8)
        inner = bench.add(design, freed=("receiver", "sender"), seen=("ring",))
        bench.claim(~inner["receiver"].ends)
        return bench

    def collides() -> Bench:
        bench, memory = Bench(), Memory(shape=4, depth=4, init=[])
        write, read = memory.write_port(), memory.read_port()
        bench.m.submodules.memory = memory
        bench.m.d.comb += [write.addr.eq(bench.free(2, "place")), read.addr.eq(1), write.en.eq(1)]
        bench.apart(memory)
        return bench

    for outcome in outcomes([replace(BUFFER, build=build, mutants=()) for build in (freed, collides)]):
        assert outcome.verdict == REFUTED, outcome.log


def test_a_memory_of_a_part_is_seen() -> None:
    bench, design = Bench(), Broadcast(modulators.NETWORK, modulators.HARDWARE, modulators.FEEDBACK)
    inner = bench.add(design, seen=("gated.cells",))
    [port] = inner["gated.cells.seen"]
    assert port.domain == "comb" and port in inner["gated.cells"].read_ports
    assert "memory" in bench.netlist()


@pytest.mark.slow
@pytest.mark.parametrize("mutants", [(), (LOST,)], ids=["no mutant", "a mutant that survives"])
def test_an_empty_proof_is_reported(
    mutants: tuple[Mutant, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty() -> Bench:
        bench = Bench()
        bench.claim(bench.free(1, "value") | 1)
        return bench

    proof: Proof = replace(BUFFER, name="empty", build=empty, mutants=mutants)
    monkeypatch.setattr("threefactor.commands.formal.PROOFS", (proof,))
    done = CliRunner().invoke(main, ["formal", "--json", str(tmp_path / "formal.json")])
    assert done.exit_code == 1
    assert ("no mutant" if not mutants else LOST.name) in done.output
    [found] = json.loads((tmp_path / "formal.json").read_text())["proofs"]
    assert found["verdict"] == PROVEN
    assert not found["passed"]


def test_an_unknown_name_is_one_sentence() -> None:
    done = CliRunner().invoke(main, ["formal", "--only", "nothing"])
    assert done.exit_code == 2
    assert "no proof begins with 'nothing'" in done.output
