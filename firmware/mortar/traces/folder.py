"""The folder of traces: each a small file that is its owner's alone, written whole or not at all."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path

import msgspec

from mortar import resources
from mortar.errors import MortarError, UsageError
from mortar.traces.trace import SCHEMA, Trace
from mortar.whole_files import UNFINISHED, alone_in, sync_folder, written_whole

FOLDER = "traces"
"""In the data folder."""

LAST = "last"

TRACE = ".json"


class Beside(StrEnum):
    """Suffixes of what may lie beside a trace, under its number. It never outlives it."""

    SOUND = ".flac"
    """The question, 16 kHz mono."""
    PICTURE = ".jpg"
    """What the question was about."""


_NAME = re.compile(rf"(\d{{6,}})({'|'.join(map(re.escape, (TRACE, *Beside)))})")


class _Head(msgspec.Struct):
    """What every schema begins with."""

    schema: int


class TraceFolder:
    """Numbered files; numbers go on where the last one is, whoever wrote it."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or resources.data_folder() / FOLDER

    def keep(self, trace: Trace, most: int) -> int:
        """Write it and remove the oldest beyond `most`; gives its number.

        Blocks until it is on the disk. Raises MortarError where it cannot be; nothing is lost then.
        """
        try:
            with alone_in(self._path):
                number = max((number for number, _ in self._files()), default=0) + 1
                self._write(self._file(number), msgspec.json.format(msgspec.json.encode(trace), indent=1))
                self._remove_beyond(most)
                sync_folder(self._path)
        except OSError as error:
            raise self._unwritable(error) from None
        return number

    def attach(self, number: int, beside: Beside, content: bytes) -> None:
        """Keep it beside that trace, unless the trace has gone by now.

        Blocks until it is on the disk. Raises MortarError as `keep` does; then there is nothing of it.
        """
        try:
            with alone_in(self._path):
                if self._file(number).exists():
                    self._write(self._file(number, beside), content)
                    sync_folder(self._path)
        except OSError as error:
            raise self._unwritable(error) from None

    def prune(self, most: int) -> None:
        """Remove all but the newest `most`, with what lies beside them. Raises MortarError as `keep` does."""
        if not self._path.exists():
            return
        try:
            with alone_in(self._path):
                self._remove_beyond(most)
        except OSError as error:
            raise self._unwritable(error) from None

    def numbers(self) -> list[int]:
        """Oldest first."""
        return sorted(number for number, suffix in self._files() if suffix == TRACE)

    def find(self, name: str) -> Path:
        """The file of a run: its number, "last", or a path. Raises UsageError that says what there is."""
        if name.endswith(".json"):
            return Path(name)
        numbers = self.numbers()
        if name == LAST and numbers:
            return self._file(numbers[-1])
        if name.isdecimal() and int(name) in numbers:
            return self._file(int(name))
        kept = f"the runs {numbers[0]} to {numbers[-1]} are kept" if numbers else "no run is kept yet"
        raise UsageError("run-unknown", f"there is no run {name}; {kept}", "give one of those, or 'last'")

    def _file(self, number: int, suffix: str = TRACE) -> Path:
        return self._path / f"{number:06d}{suffix}"

    def _files(self) -> list[tuple[int, str]]:
        """Number and suffix of each that there is."""
        names = os.listdir(self._path) if self._path.is_dir() else []
        return [(int(found[1]), found[2]) for name in names if (found := _NAME.fullmatch(name))]

    def _write(self, path: Path, data: bytes) -> None:
        with written_whole(path, self._path / UNFINISHED) as file:
            file.write(data)

    def _remove_beyond(self, most: int) -> None:
        numbers = self.numbers()
        kept = set(numbers[max(0, len(numbers) - most) :])
        for number, suffix in self._files():
            if number not in kept:
                self._file(number, suffix).unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> MortarError:
        return MortarError(
            "trace-unwritable",
            f"{self._path}: no trace of a run can be kept ({error.strerror})",
            "make room on the disk, or set runs = 0 in [trace]",
        )


def beside(trace: Path) -> list[Path]:
    """What lies beside the file of a trace."""
    places = (trace.with_suffix(suffix) for suffix in Beside)
    return [place for place in places if place != trace and place.exists()]


def read(path: Path) -> Trace:
    """Raises MortarError that names the file where it is missing, damaged, or of a newer program."""
    try:
        data = path.read_bytes()
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema > SCHEMA:
            raise MortarError(
                "trace-newer",
                f"{path} was written by a newer Mortar (schema {schema}, this one reads {SCHEMA})",
                "update Mortar",
            )
        return msgspec.json.decode(data, type=Trace)
    except OSError as error:
        raise MortarError(
            "trace-unreadable", f"{path}: {error.strerror}", "check the path and permissions"
        ) from None
    except msgspec.DecodeError as error:  # also ValidationError
        raise MortarError("trace-damaged", f"{path} is damaged ({error})", "remove it") from None
