"""The client of a chip: load it, run samples, read it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from boards.host.commands import Elements, adjusting, element_bytes, loading, rates, sampling, writing
from boards.host.line import Line
from boards.host.pipe import Pipe
from golden.arith import Int
from golden.placement import contents_of, placements, state_of
from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.counters import COUNTER, counters
from golden.spec.errors import UserError
from golden.spec.frames import LEAST_MEMORY
from golden.spec.memmap import Control, Region, packed_neuron, regions
from golden.spec.protocol import Answer, Command, Fault, Identity, ProtocolError
from golden.spec.settings import SETTINGS, Settings, built_digest, settled
from golden.spec.training import require_shifts
from golden.state import State
from golden.stimulus import require_labels, require_samples
from golden.system.closing import Closing

_FAULTS: dict[int, str] = {
    Fault.COMMAND: "does not know a command of this program",
    Fault.PLACE: "has no such place in its memories",
    Fault.LABEL: "has no class of this number",
    Fault.CONTENTS: "was sent a level or an axon that it has not",
}


_COUNTERS, _POTENTIALS = "monitor.counters", "monitor.potentials"


@dataclass(frozen=True)
class Prediction:
    """The chip's answer to a sample: the winning class, and whether it changed weights."""

    winner: int
    updated: bool


@dataclass(frozen=True)
class Observation:
    """What a monitored chip tells of a sample.

    Attributes
    ----------
    prediction
        Its answer.
    potentials
        Class potentials, as the teacher saw them, shape (C,).
    steps
        By how much the sample raised each counter, by name; of marks how far they are.
    """

    prediction: Prediction
    potentials: Int
    steps: dict[str, int]

    @property
    def margin(self) -> int:
        """By how much the winner leads the runner-up."""
        runner_up, first = np.sort(self.potentials)[-2:]
        return int(first - runner_up)


@dataclass(frozen=True)
class _Command:
    """A command: its bytes, what its answer begins with, and how many bytes that has."""

    data: bytes
    answer: Answer
    size: int


class Client(Closing):
    """A chip at the other end of a line.

    Commands follow one another without waiting for answers, as many as the chip has memory for. Trouble on the line is
    made good (:class:`~boards.host.pipe.Pipe`); what cannot be is a :class:`UserError` of one sentence.

    Parameters
    ----------
    line
        Where the chip is; closed by :meth:`close`, or at the end of a ``with`` statement.
    preset
        What the chip must have been built from; it is refused at once if it was not. Without one, only
        ``identity`` and ``samples`` can be used.
    conversation
        See :class:`~boards.host.pipe.Pipe`.

    Attributes
    ----------
    identity
        What the chip says of itself.
    samples
        Predictions that it has made since power-up, modulo 2^16: all when it was opened, since then those heard of.

    Raises
    ------
    LineLostError, StateLostError
        In any method, see :class:`~boards.host.pipe.Pipe`.
    """

    def __init__(self, line: Line, preset: Preset | None = None, *, conversation: int | None = None) -> None:
        self._pipe = Pipe(line, conversation)
        self._pipe.begin()
        self.samples, self.identity = self._identify()
        self._pipe.memory = self.identity.memory
        if preset is not None:
            self.use(preset)

    def use(self, preset: Preset) -> None:
        """Refuse the chip unless it was built from ``preset``, monitored or not; after that all methods can be used."""
        self._preset = as_built(self.identity, preset)
        self._regions = {region.name: region for region in regions(self._preset)}

    @property
    def preset(self) -> Preset:
        """What the chip was built from."""
        return self._preset

    @property
    def monitored(self) -> bool:
        """Whether the chip counts what it does: :meth:`counters`, :meth:`observe` and :meth:`neurons` can be used."""
        return self._preset.hardware.monitored

    @property
    def pipe(self) -> Pipe:
        """The pipe, for who wants to count what went wrong on the line."""
        return self._pipe

    def close(self) -> None:
        """Release the line."""
        self._pipe.close()

    def load(self, state: State) -> None:
        """Give the chip ``state``."""
        self.write_contents(contents_of(self._preset, state))

    def state(self) -> State:
        """Return the state that the chip holds."""
        return state_of(self._preset, self.contents())

    def loaded_state(self, contents: dict[str, Int] | None = None) -> State:
        """Return the state as :meth:`state`, or raise UserError unless absent synapses, and no others, are marked so.

        It is read now, unless ``contents`` were before.

        Memories that start with anything, such as iCE40's single-port RAM, are found out by that, unless they start
        with zeros and no synapse is absent. Of the tables, which are part of the bitstream, a host can read none.
        """
        contents = self.contents() if contents is None else contents
        for placement in placements(self._preset):
            region = placement.region
            if not region.name.endswith("weights"):
                continue
            wrong = np.count_nonzero((contents[region.name] == region.form.low) != (placement.values < 0))
            if wrong:
                raise UserError(
                    f"the chip's {region.name} have never been loaded: {wrong:,} of them can't be weights of this "
                    "network; load a state first, with: threefactor board load"
                )
        return state_of(self._preset, contents)

    def contents(self) -> dict[str, Int]:
        """Return the elements of all regions that hold the state, whatever they are, by region."""
        template = contents_of(self._preset, State.initial(self._preset.network))
        return {name: self.read(name) for name in template}

    def write_contents(self, contents: dict[str, Int]) -> None:
        """Write regions that hold the state, as :meth:`contents` returned them."""
        self._write(loading(self._preset, contents))

    def set_shifts(self, layer: int, readout: int) -> None:
        """Set the learning rates, shifts of 1..12."""
        require_shifts((layer, readout))
        self._write(rates(self._preset, (layer, readout)))

    def shifts(self) -> tuple[int, int]:
        """Return the learning rates that the chip has, layer and readout."""
        control = self.read("control")
        return int(control[Control.LAYER_SHIFT]), int(control[Control.READOUT_SHIFT])

    def set_settings(self, settings: Settings | None = None) -> None:
        """Set margin, leak, homeostasis and what is frozen, by default to what the preset has.

        Raises
        ------
        UserError
            If others than those of the preset are named for a chip that has no registers for them.
        """
        self._write(adjusting(self._preset, settings))

    def settings(self) -> Settings:
        """Return the settings that the chip has; without registers for them, those that it was built with."""
        if not self._preset.hardware.adjustable:
            return Settings.of(self._preset.network)
        found = self.read("control")[Control.SETTINGS :].tolist()
        return settled(Settings(**dict(zip(SETTINGS, found, strict=False))), self._preset.network)

    def run(self, samples: NDArray[np.integer], labels: NDArray[np.integer], *, learn: bool) -> Iterator[Prediction]:
        """Run samples one after the other and yield the prediction of each as it comes.

        The next ones are on their way meanwhile: who stops in the middle has sent more than it has seen.

        Parameters
        ----------
        samples
            Levels 0..15 (or -15..15), shape (n, inputs), or events, shape (n, T, inputs).
        labels
            Class of each sample, shape (n,); without ``learn`` they change nothing.
        learn
            Adapt thresholds and weights.
        """
        network = self._preset.network
        require_samples(network, samples, labels)
        if learn:
            require_labels(network, labels)
        commands = (
            _Command(sampling(network, sample, int(label) if learn else 0, learn=learn), Answer.PREDICTION, 1)
            for sample, label in zip(samples, labels, strict=True)
        )
        for found in self._answers(commands):
            yield self._prediction(found)

    def counters(self) -> dict[str, int]:
        """Return all counters of a monitored chip, by name (golden.spec.counters)."""
        self._require_monitored()
        return dict(zip(self._counted, self.read(_COUNTERS).tolist(), strict=True))

    def neurons(self) -> tuple[Int, Int]:
        """Return membrane potential and spike count of every neuron at the end of the last sample, shape (K, N) each.

        Before the first sample since power-up they are anything.
        """
        self._require_monitored()
        network, layout = self._preset.network, packed_neuron(self._preset.network)
        names = [name for name in self._regions if name.endswith(".neurons")]
        neurons = [layout.unpack(raw) for name in names for raw in self.read(name).tolist()]
        shape = network.layers, network.neurons
        potentials, counts = (
            np.array([one[name] for one in neurons]).reshape(shape) for name in ("potential", "count")
        )
        return potentials, counts

    def observe(
        self, samples: NDArray[np.integer], labels: NDArray[np.integer], *, learn: bool
    ) -> Iterator[Observation]:
        """Run samples as :meth:`run`, and read of each what a monitored chip tells, all of it sent ahead.

        No sample is on its way while the one before runs, since it could not be told apart.
        """
        self._require_monitored()
        network = self._preset.network
        require_samples(network, samples, labels)
        potentials, totals = self._regions[_POTENTIALS], self._regions[_COUNTERS]
        reads = [*self._reading(potentials)], [*self._reading(totals)]
        before = self.counters()

        def commands() -> Iterator[_Command]:
            for sample, label in zip(samples, labels, strict=True):
                data = sampling(network, sample, int(label) if learn else 0, learn=learn)
                yield from (_Command(data, Answer.PREDICTION, 1), *reads[0], *reads[1])

        answers = self._answers(commands())
        for _ in range(len(samples)):
            prediction = self._prediction(next(answers))
            shown = _elements(potentials, b"".join(next(answers) for _ in reads[0]))
            after = dict(zip(self._counted, _elements(totals, b"".join(next(answers) for _ in reads[1])), strict=True))
            yield Observation(prediction, np.array(shown, dtype=np.int64), self._since(before, after))
            before = after

    def read(self, name: str) -> NDArray[np.int64]:
        """Read a whole region."""
        region = self._regions[name]
        return np.array(_elements(region, b"".join(self._answers(self._reading(region)))), dtype=np.int64)

    def write(self, name: str, elements: Elements) -> None:
        """Write a region from its first element on."""
        self._write(writing(self._regions[name], elements))

    @property
    def _counted(self) -> list[str]:
        return [counter.name for counter in counters(self._preset)]

    def _since(self, before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
        marks = {counter.name for counter in counters(self._preset) if counter.mark}
        codes = 1 << COUNTER.bits
        return {name: value if name in marks else (value - before[name]) % codes for name, value in after.items()}

    def _require_monitored(self) -> None:
        if not self.monitored:
            raise UserError("the chip does not count what it does; build it with monitored = true under [hardware]")

    def _prediction(self, answer: bytes) -> Prediction:
        self.samples = (self.samples + 1) % (1 << 8 * protocol.SAMPLES_BYTES)
        flag = 1 << protocol.FLAG_BIT
        return Prediction(answer[0] & flag - 1, bool(answer[0] & flag))

    def _reading(self, region: Region) -> Iterator[_Command]:
        """READ of a whole region, in as many commands as the memory of the chip asks for."""
        size = element_bytes(region)
        room = (self._pipe.memory // 4 - 1) // size
        for first in range(0, region.elements, room):
            count = min(room, region.elements - first)
            place = protocol.address(region.number, first, size) + count.to_bytes(protocol.COUNT_BYTES, "little")
            yield _Command(bytes((Command.READ,)) + place, Answer.DATA, count * size)

    def _write(self, commands: Iterable[bytes]) -> None:
        for _ in self._answers(_Command(command, Answer.DONE, 0) for command in commands):
            pass

    def _identify(self) -> tuple[int, Identity]:
        self._pipe.write(bytes((Command.IDENTIFY,)))
        head = self._pipe.read(1 + protocol.SAMPLES_BYTES + 1)
        content = self._pipe.read(head[-1])
        if head[0] != Answer.IDENTITY:
            raise UserError("the chip does not say what it is; build and program it again")
        try:
            identity = Identity.decode(content)
        except ProtocolError as error:
            raise UserError(f"{error}; build and program the chip again") from None
        if identity.memory < LEAST_MEMORY:
            raise UserError(
                f"the chip claims a memory of {identity.memory} bytes and every chip has {LEAST_MEMORY}; build and "
                "program it again"
            )
        return int.from_bytes(head[1:-1], "little"), identity

    def _answers(self, commands: Iterable[_Command]) -> Iterator[bytes]:
        """Send commands, no more than the chip has memory for their answers, and yield what each answers."""
        waiting, rest = deque[_Command](), iter(commands)
        credit, following = self._pipe.memory, next(rest, None)
        while waiting or following is not None:
            # As long as there is room, and more than the line takes at once is not piled up here.
            while (
                following is not None
                and following.size < credit
                and (not waiting or self._pipe.unsent <= self._pipe.memory)
            ):
                self._pipe.write(following.data)
                credit -= 1 + following.size
                waiting.append(following)
                following = next(rest, None)
            command = waiting.popleft()
            kind = self._pipe.read(1)[0]
            if kind == Answer.FAULT:
                reason = _FAULTS.get(self._pipe.read(1)[0], "has a reason that this program does not know")
                raise UserError(f"the chip refused, since it {reason}; build it again")
            if kind != command.answer:
                raise UserError("the chip answered to another command; build and program it again")
            yield self._pipe.read(command.size)
            credit += 1 + command.size


def as_built(identity: Identity, preset: Preset) -> Preset:
    """Return the preset that a chip was built from: this one, monitored or not, or raise UserError."""
    for monitored in (False, True):
        built = replace(preset, hardware=replace(preset.hardware, monitored=monitored))
        wanted = protocol.identity(built, identity.clock_hz, identity.memory, identity.commit)
        if (identity.network, identity.layout) == (wanted.network, wanted.layout):
            return built
    adjustable = replace(preset, hardware=replace(preset.hardware, adjustable=True))
    same = identity.network in (preset.network.digest, built_digest(adjustable))
    other = ", with other hardware" if same else ""
    raise UserError(
        f"the chip was built from preset {identity.name} (digest {identity.network}), which is not preset "
        f"{preset.name} as it is now (digest {built_digest(preset)}{other}); build and program it again, or name its "
        "preset"
    )


def _elements(region: Region, raw: bytes) -> list[int]:
    size = element_bytes(region)
    return [region.value(int.from_bytes(raw[at : at + size], "little")) for at in range(0, len(raw), size)]
