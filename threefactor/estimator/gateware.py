"""The processor of a classifier: compared, estimated, built, written as Verilog.

What needs Amaranth is imported when it is asked for: whoever only trains does not wait for it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boards.catalogue import Board, board_named
from golden.spec.config import Preset
from golden.system.places import cache_folder
from golden.system.writing import write_text
from threefactor.estimator.preparation import Prepared

if TYPE_CHECKING:
    from boards.bitstream.report import BuildReport
    from boards.estimate.estimate import Estimate
    from sim.compare.comparison import Comparison


class Gateware(ABC):
    """What can be done with the processor of a classifier, fitted or with a preset."""

    board: str | Board

    @abstractmethod
    def _processor(self) -> Preset:
        """The preset that was fitted or named; raises scikit-learn's NotFittedError if there is none yet."""

    @abstractmethod
    def _prepared(self, X: Any, y: Any, classes: Any = None) -> Prepared:  # noqa: N803 - scikit-learn's names
        """What ``fit`` trains of these samples."""

    def compare(
        self,
        X: Any,  # noqa: N803
        y: Any,
        backend: str = "verilator",
        samples: int | None = None,
        *,
        folder: Path | str | None = None,
    ) -> Comparison:
        """Train as ``fit`` does, in the golden model and in the gateware, and stop where they differ.

        The classifier itself stays as it is.

        Parameters
        ----------
        X, y
            As ``fit`` takes them.
        backend
            Simulator of the processor.
        samples
            Stop after so many; by default after the last epoch.
        folder
            Keeps how far the comparison has come; the same call goes on from there.

        Returns
        -------
        Comparison
            ``equal`` says whether prediction, update flag and digest of all learned state agree after every sample,
            ``first_divergence`` where they part.
        """
        from sim.backends.catalogue import open_backend
        from sim.compare.comparison import compare

        given = self._prepared(X, y)
        with open_backend(backend, given.preset) as processor:
            return compare(processor, given.dataset, samples=samples, folder=None if folder is None else Path(folder))

    def estimate(self, board: str | Board | None = None) -> Estimate:
        """Estimate logic, memory and frequency on a board, by default the classifier's, without building."""
        from boards.estimate.estimate import estimate

        return estimate(self._processor(), self._target(board))

    def build(self, board: str | Board | None = None, out: Path | str = "build/boards") -> BuildReport:
        """Build the bitstream for a board, by default the classifier's, into the folder ``out``: some minutes.

        Raises
        ------
        UserError
            As :func:`boards.bitstream.build.build`.
        """
        from boards.bitstream.build import build

        return build(self._target(board), self._processor(), Path(out))

    def to_verilog(self, path: Path | str | None = None) -> str:
        """Return the Verilog of the processor, as for any tools, and write it to ``path`` if that is given."""
        from rtl.verilog import processor_verilog

        cache_folder()  # for Amaranth's Yosys, which keeps there what it compiled of itself
        text, _ = processor_verilog(self._processor())
        if path is not None:
            write_text(Path(path), text)
        return str(text)

    def _target(self, board: str | Board | None) -> Board:
        wanted = self.board if board is None else board
        return wanted if isinstance(wanted, Board) else board_named(wanted)
