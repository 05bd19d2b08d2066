"""The client of the serial link: load a processor, run samples, read it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from boards.host.line import ANSWER_SECONDS, Line
from golden.placement import contents_of, state_of
from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.memmap import CONTROL, Control, Region, regions
from golden.spec.protocol import Answer, Command, Fault, Frame, FrameError
from golden.spec.training import require_shifts
from golden.state import State
from golden.stimulus import require_labels, require_samples

ATTEMPTS = 3
_FAULTS = {Fault.COMMAND: "does not know the command", Fault.ORDER: "was in the middle of another sample"}


@dataclass(frozen=True)
class Prediction:
    """The processor's answer to a sample: the winning class, and whether it changed weights."""

    winner: int
    updated: bool


class Client:
    """A processor at the other end of a line.

    Everything is one command and its answer. A command that arrived damaged had no effect and is sent again; every
    other trouble (silence, a pulled cable, a processor of another configuration) is a :class:`UserError` of one
    sentence.

    Parameters
    ----------
    preset
        What the processor was built from. A processor that was not is refused at once.
    line
        Where it is; closed by :meth:`close`, or at the end of a ``with`` statement.
    """

    def __init__(self, preset: Preset, line: Line) -> None:
        self.preset = preset
        self._line, self._sequence = line, 0
        self._regions = {region.name: region for region in regions(preset)}
        found = self._command(Command.IDENTIFY)
        if found[:1] != bytes((protocol.PROTOCOL,)):
            raise UserError(
                f"the processor speaks protocol {found[0]} and this program protocol {protocol.PROTOCOL}; "
                "build it again"
            )
        if found != protocol.identity(preset):
            raise UserError(
                f"the processor on the board was not built from preset {preset.name} as it is now "
                f"(digest {preset.network.digest}, found {found[1:9].hex()}); build and program it again"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the line."""
        self._line.close()

    def load(self, state: State) -> None:
        """Reset the processor, which clears what a broken-off sample has left behind, and give it ``state``."""
        self._command(Command.RESET)
        for name, elements in contents_of(self.preset, state).items():
            self.write(name, elements)

    def state(self) -> State:
        """Return the state that the processor holds."""
        template = contents_of(self.preset, State.initial(self.preset.network))
        return state_of(self.preset, {name: self.read(name) for name in template})

    def set_shifts(self, layer: int, readout: int) -> None:
        """Set the learning rates, shifts of 1..12."""
        require_shifts((layer, readout))
        for element, shift in ((Control.LAYER_SHIFT, layer), (Control.READOUT_SHIFT, readout)):
            self._command(Command.WRITE, protocol.address(CONTROL, element, 1) + bytes((shift,)))

    def run(self, sample: NDArray[np.integer], label: int, *, learn: bool) -> Prediction:
        """Run one sample and let the processor learn from it.

        Parameters
        ----------
        sample
            Levels 0..15 (or -15..15), shape (inputs,), or events, shape (T, inputs).
        label
            Class of the sample; without ``learn`` it changes nothing.
        learn
            Adapt thresholds and weights.
        """
        network, lesson = self.preset.network, np.array([label])
        require_samples(network, sample[None], lesson)
        if learn:
            require_labels(network, lesson)
        if network.encoder == "events":
            packed = protocol.pack_events([np.flatnonzero(step).tolist() for step in sample])
        elif network.signed_input:
            packed = sample.astype(np.int8).tobytes()
        else:
            packed = protocol.pack_levels(sample.astype(np.uint8).tobytes())
        contents = bytes((label | 1 << protocol.LEARN_BIT if learn else 0,)) + packed
        for first in range(0, len(contents), protocol.MAX_PAYLOAD):
            command = Command.CONTINUE if first else Command.BEGIN
            answer = self._command(command, contents[first : first + protocol.MAX_PAYLOAD])
        if len(answer) != protocol.PREDICTION_BYTES:
            raise UserError(f"the processor did not take {len(packed)} bytes for a whole sample; check its shape")
        return Prediction(answer[0], bool(answer[1]))

    def write(self, name: str, elements: Sequence[int] | NDArray[np.int64]) -> None:
        """Write a region from its first element on."""
        region = self._regions[name]
        size, mask = _size(region), (1 << region.form.bits) - 1
        raw = b"".join((int(element) & mask).to_bytes(size, "little") for element in elements)
        room = (protocol.MAX_PAYLOAD - protocol.ADDRESS_BYTES) // size * size
        for first in range(0, len(raw), room):
            address = protocol.address(region.number, first // size, size)
            self._command(Command.WRITE, address + raw[first : first + room])

    def read(self, name: str) -> NDArray[np.int64]:
        """Read a whole region."""
        region = self._regions[name]
        size = _size(region)
        raw, room = b"", protocol.MAX_PAYLOAD // size * size
        for first in range(0, region.elements * size, room):
            count = min(room, region.elements * size - first)
            raw += self._command(Command.READ, protocol.address(region.number, first // size, size) + bytes((count,)))
        values = [int.from_bytes(raw[first : first + size], "little") for first in range(0, len(raw), size)]
        return np.array([region.value(value) for value in values], dtype=np.int64)

    def _command(self, command: Command, payload: bytes = b"") -> bytes:
        """Send a command, again if it arrived damaged, and return the payload of its answer."""
        for _ in range(ATTEMPTS):
            self._sequence = self._sequence + 1 & 0xFF
            answer = self._exchange(Frame(self._sequence, command, payload))
            if answer.kind != Answer.ERROR:
                return answer.payload
            fault = Fault(answer.payload[0])
            if fault != Fault.FRAME:
                raise UserError(f"the processor refused {command.name} since it {_FAULTS[fault]}; load its state again")
        raise UserError(f"{ATTEMPTS} frames in a row arrived damaged at the processor; check cable and baud rate")

    def _exchange(self, frame: Frame) -> Frame:
        try:
            self._line.write(frame.encode())
            head = self._line.read(protocol.HEADER_BYTES)
            body = self._line.read(head[-1] + protocol.CRC_BYTES) if len(head) == protocol.HEADER_BYTES else b""
        except OSError as error:
            raise UserError(f"the connection to the board broke off ({error}); check the cable") from None
        if not body:
            raise UserError(
                f"the board does not answer within {ANSWER_SECONDS:g} s; check cable and port, and program it"
            )
        try:
            answer = Frame.decode(head + body)
        except FrameError as error:
            raise UserError(
                f"the board answered with {error}; check cable and baud rate, and load its state again"
            ) from None
        if answer.sequence != frame.sequence and answer.kind != Answer.ERROR:
            raise UserError("the board answered to another command than the last; load its state again")
        return answer


def _size(region: Region) -> int:
    return (region.form.bits + 7) // 8
