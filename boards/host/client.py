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
from golden.placement import contents_of, placements, state_of
from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.frames import LEAST_MEMORY
from golden.spec.memmap import Control, regions
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


@dataclass(frozen=True)
class Prediction:
    """The chip's answer to a sample: the winning class, and whether it changed weights."""

    winner: int
    updated: bool


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

    def __init__(self, line: Line, preset: Preset | None = None) -> None:
        self._pipe = Pipe(line)
        self._pipe.begin()
        self.samples, self.identity = self._identify()
        self._pipe.memory = self.identity.memory
        if preset is not None:
            self.use(preset)

    def use(self, preset: Preset) -> None:
        """Refuse the chip unless it was built from ``preset``; after that all methods can be used."""
        require_built_from(self.identity, preset)
        self._preset = preset
        self._regions = {region.name: region for region in regions(preset)}

    @property
    def pipe(self) -> Pipe:
        """The pipe, for who wants to count what went wrong on the line."""
        return self._pipe

    def close(self) -> None:
        """Release the line."""
        self._pipe.close()

    def load(self, state: State) -> None:
        """Give the chip ``state``."""
        self._write(loading(self._preset, contents_of(self._preset, state)))

    def state(self) -> State:
        """Return the state that the chip holds."""
        template = contents_of(self._preset, State.initial(self._preset.network))
        return state_of(self._preset, {name: self.read(name) for name in template})

    def require_loaded(self) -> None:
        """Read all weights, and raise UserError unless those of absent synapses, and no others, are marked as such.

        Memories that start with anything, such as iCE40's single-port RAM, are found out by that, unless they start
        with zeros and no synapse is absent. Of the tables, which are part of the bitstream, a host can read none.
        """
        for placement in placements(self._preset):
            region = placement.region
            if not region.name.endswith("weights"):
                continue
            wrong = np.count_nonzero((self.read(region.name) == region.form.low) != (placement.values < 0))
            if wrong:
                raise UserError(
                    f"the chip's {region.name} have never been loaded: {wrong:,} of them can't be weights of this "
                    "network; load a state first, with: threefactor board load"
                )

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
        flag = 1 << protocol.FLAG_BIT
        commands = (
            _Command(sampling(network, sample, int(label) if learn else 0, learn=learn), Answer.PREDICTION, 1)
            for sample, label in zip(samples, labels, strict=True)
        )
        for (found,) in self._answers(commands):
            self.samples = (self.samples + 1) % (1 << 8 * protocol.SAMPLES_BYTES)
            yield Prediction(found & flag - 1, bool(found & flag))

    def read(self, name: str) -> NDArray[np.int64]:
        """Read a whole region."""
        region = self._regions[name]
        size = element_bytes(region)
        room = (self._pipe.memory // 4 - 1) // size
        commands = []
        for first in range(0, region.elements, room):
            count = min(room, region.elements - first)
            place = protocol.address(region.number, first, size) + count.to_bytes(protocol.COUNT_BYTES, "little")
            commands.append(_Command(bytes((Command.READ,)) + place, Answer.DATA, count * size))
        raw = b"".join(self._answers(commands))
        values = [int.from_bytes(raw[first : first + size], "little") for first in range(0, len(raw), size)]
        return np.array([region.value(value) for value in values], dtype=np.int64)

    def write(self, name: str, elements: Elements) -> None:
        """Write a region from its first element on."""
        self._write(writing(self._regions[name], elements))

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
            while following is not None and following.size < credit and self._pipe.unsent <= self._pipe.memory:
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


def require_built_from(identity: Identity, preset: Preset) -> None:
    """Raise UserError unless a chip was built from a preset."""
    wanted = protocol.identity(preset, identity.clock_hz, identity.memory, identity.commit)
    if (identity.network, identity.layout) != (wanted.network, wanted.layout):
        adjustable = replace(preset, hardware=replace(preset.hardware, adjustable=True))
        same = identity.network in (preset.network.digest, built_digest(adjustable))
        other = ", with other hardware" if same else ""
        raise UserError(
            f"the chip was built from preset {identity.name} (digest {identity.network}), which is not preset "
            f"{preset.name} as it is now (digest {wanted.network}{other}); build and program it again, or name its "
            "preset"
        )
