"""What is proven of a design: claims about it in a bench, how they are proven, and mutants that must be refuted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from inspect import getsource
from types import CodeType, FunctionType
from typing import Any

from amaranth import ClockDomain, Elaboratable, Fragment, Module, Signal, Value
from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume
from amaranth.lib import wiring


class MutantError(RuntimeError):
    """A mutant does not fit the source that it changes: it would test nothing and say nothing."""


@dataclass(frozen=True)
class Mutant:
    """A small change of the source of the design under proof, which the proof must find.

    Attributes
    ----------
    name
        What is wrong with the changed design.
    module
        Module of rtl that is changed.
    before, after
        Text that occurs once in it, and what takes its place.
    """

    name: str
    module: str
    before: str
    after: str


@dataclass(frozen=True)
class Proof:
    """Claims about one design.

    Attributes
    ----------
    name
        Stem of the file in rtl, and what is special, after a dot.
    claim
        What is proven, in a sentence.
    build
        Makes the bench.
    depth
        Steps of the induction, or cycles from the start where it is bounded.
    mutants
        Each must be refuted, within ``depth`` cycles from the start and ``further`` ones.
    bounded
        Whether only that many cycles after the start are looked at.
    further
        Cycles that mutants need beyond the depth of the induction.
    quick
        Whether it belongs to the quick tier.
    """

    name: str
    claim: str
    build: Callable[[], Bench]
    depth: int
    mutants: tuple[Mutant, ...]
    bounded: bool = False
    further: int = 0
    quick: bool = True

    @property
    def method(self) -> str:
        """How far the proof goes, in a few words."""
        return f"bounded, {self.depth} cycles" if self.bounded else f"induction, k = {self.depth}"

    def netlist(self, mutant: Mutant | None = None) -> str:
        """RTLIL of the bench, of the design as it is or with a mutant."""
        if mutant is None:
            return self.build().netlist()
        with mutated(mutant):
            return self.build().netlist()


class Bench:
    """A design with free inputs, and claims about it.

    Every input takes any value in every cycle, unless something is assumed of it. There is no reset: registers start
    as after power-up, and in an induction with any contents that no claim excludes.
    """

    def __init__(self) -> None:
        self.m: Any = Module()
        self.m.domains.sync = domain = ClockDomain(reset_less=True)
        self._ports: list[Any] = [domain.clk]

    def netlist(self) -> str:
        """RTLIL of all, module ``top``."""
        text: str = rtlil.convert(self.m, name="top", ports=self._ports, emit_src=False)
        return text

    def free(self, shape: Any, name: str) -> Any:
        """Signal that may have any value in any cycle."""
        signal = Signal(shape, name=name)
        self._ports.append(Value.cast(signal))
        return signal

    def constant(self, shape: Any, name: str) -> Any:
        """Signal that may have any value, the same in all cycles."""
        signal = self.free(shape, name)
        before, begun = self.before(signal), self.begun()
        self.assume(~begun | (Value.cast(signal) == before))
        return signal

    def add(
        self,
        component: Any,
        name: str = "design",
        driven: tuple[str, ...] = (),
        freed: tuple[str, ...] = (),
        seen: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Add a component, all its inputs free but those that the bench drives; return its registers and wires by name.

        A name that occurs twice, or has none of its own, has a number behind it: ``signal``, ``signal_2``, ...
        Of its parts those ``freed`` are left out, and what they give is free: a contract takes their place. Of its
        memories those ``seen`` have one more port, each time that they are named, which the bench reads at once. Both
        stand under their own names, the ports in a list with ``.seen`` behind the name. A memory of a part has the name
        of the part and a dot before its own.
        """
        elaborated = component.elaborate(None)
        component._MustUse__used = True  # or Amaranth warns
        parts = {part: _part(elaborated, part) for part in (*freed, *seen)}
        ports: dict[str, list[Any]] = {f"{part}.seen": [] for part in seen}
        for part in seen:
            ports[f"{part}.seen"].append(parts[part].read_port(domain="comb"))
        for part in freed:
            elaborated._named_submodules[part] = (self._contract(parts[part], part), None)
        # Elaborated once and for all, so that the registers of inner parts are those that are returned.
        fragment = Fragment.get(elaborated, None)
        self.m.submodules[name] = _Elaborated(fragment)
        for path, member, value in component.signature.flatten(component):
            if member.flow == wiring.In and "__".join(map(str, path)) not in driven:
                signal = Value.cast(value)
                self.m.d.comb += signal.eq(self.free(signal.shape(), f"{name}__{'__'.join(map(str, path))}"))
        return _signals(fragment) | parts | ports

    def _contract(self, part: Any, name: str) -> Any:
        """Stand in for a part: all that it gives is free."""
        part._MustUse__used = True
        module: Any = Module()
        for path, member, value in part.signature.flatten(part):
            if member.flow == wiring.Out:
                signal = Value.cast(value)
                module.d.comb += signal.eq(self.free(signal.shape(), f"{name}__{'__'.join(map(str, path))}"))
        return module

    def apart(self, memory: Any, when: Any = 1) -> None:
        """Claim that no word of a memory is read in the cycle in which it is written, if it is read for somebody."""
        for write in memory.write_ports:
            for read in memory.read_ports:
                if read.domain != "comb":  # that is one of ours
                    self.claim(~(write.en.any() & read.en & (write.addr == read.addr)), when)

    def claim(self, condition: Any, when: Any = 1) -> None:
        """Claim that something holds in every cycle, or in those in which ``when`` does."""
        with self.m.If(when):
            self.m.d.comb += Assert(condition)

    def assume(self, condition: Any, when: Any = 1) -> None:
        """Look only at behaviour in which something holds."""
        with self.m.If(when):
            self.m.d.comb += Assume(condition)

    def before(self, value: Any, cycles: int = 1) -> Any:
        """Value as it was that many cycles before."""
        for _ in range(cycles):
            value = Value.cast(value)
            register = Signal(value.shape(), name="before")
            self.m.d.sync += register.eq(value)
            value = register
        return value

    def begun(self, cycles: int = 1) -> Any:
        """Whether so many cycles have passed."""
        flag: Any = 1
        for _ in range(cycles):
            register = Signal(name="begun")
            self.m.d.sync += register.eq(flag)
            flag = register
        return flag

    def waits(self, stream: Any) -> Any:
        """Whether a payload was offered in the cycle before and not taken, and what must hold now of the stream."""
        waited = self.before(stream.valid & ~stream.ready)
        return ~waited | (stream.valid & (Value.cast(stream.payload) == self.before(stream.payload)))


class _Elaborated(Elaboratable):
    def __init__(self, fragment: Any) -> None:
        self._fragment = fragment

    def elaborate(self, platform: object) -> Any:
        return self._fragment


def _part(module: Any, path: str) -> Any:
    """Part of a part, which is elaborated in its place."""
    name, _, rest = path.partition(".")
    found = getattr(module.submodules, name)
    if not rest:
        return found
    if not isinstance(found, Module):
        found._MustUse__used = True
        found = found.elaborate(None)
        module._named_submodules[name] = (found, None)
    return _part(found, rest)


def _signals(fragment: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    statements = [statement for group in fragment.statements.values() for statement in group]
    signals = {signal.duid: signal for one in statements for signal in (*one._lhs_signals(), *one._rhs_signals())}
    for _, signal in sorted(signals.items()):  # in the order in which they were made
        name, number = signal.name.lstrip("$"), 1
        while (name if number == 1 else f"{name}_{number}") in found:
            number += 1
        found[name if number == 1 else f"{name}_{number}"] = signal
    for inner, name, _ in fragment.subfragments:
        found |= {f"{name}.{key}": signal for key, signal in _signals(inner).items()}
    return found


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """Run a block with the functions of a module compiled from its changed source.

    Functions stay the objects that they are, whoever imported them, and get other code for the time being.
    """
    module = import_module(mutant.module)
    source = getsource(module)
    if source.count(mutant.before) != 1:
        raise MutantError(f"{mutant.before!r} occurs {source.count(mutant.before)} times in {mutant.module}, not once")
    changed = _codes(compile(source.replace(mutant.before, mutant.after), module.__file__ or mutant.module, "exec"))
    kept: list[tuple[FunctionType, CodeType]] = []
    try:
        for function in _functions(module):
            if function.__qualname__ in changed:
                kept.append((function, function.__code__))
                function.__code__ = changed[function.__qualname__]
        yield
    finally:
        for function, code in kept:
            function.__code__ = code


def _codes(code: CodeType) -> dict[str, CodeType]:
    """Code of functions and methods by qualified name."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    found = {one.co_qualname: one for one in inner}
    for one in inner:
        found |= _codes(one)
    return found


def _functions(module: Any) -> Iterator[FunctionType]:
    for value in vars(sys.modules[module.__name__]).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        members = vars(value).values() if isinstance(value, type) else [value]
        yield from (member for member in members if isinstance(member, FunctionType))
