"""Makes a file, asks what it makes of held-out data, and throws it away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mortar_tools.quantise.kinds import Kind
from mortar_tools.quantise.marks import Marks
from mortar_tools.quantise.papers import Examiner
from mortar_tools.quantise.source import Source


@dataclass(frozen=True)
class Trials:
    """Of one float model, on one paper."""

    source: Source
    examiner: Examiner
    folder: Path
    """For the files: one at a time, as large as the float model at most."""
    done: Callable[[], None]
    """Told after each."""

    def marks(self, kinds: Mapping[str, Kind]) -> Marks:
        """Of the model with some matrices in these kinds, the others in floats."""
        marks, _ = self.measured(lambda path: self.source.write(kinds, path))
        return marks

    def measured(self, write: Callable[[Path], None]) -> tuple[Marks, int]:
        """Of the file that `write` makes, and its bytes."""
        path = self.folder / "trial.gguf"
        try:
            write(path)
            marks, size_bytes = self.examiner.marks(path), path.stat().st_size
        finally:
            path.unlink(missing_ok=True)
        self.done()
        return marks, size_bytes
