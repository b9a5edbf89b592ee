"""Files that play the speaker: int16 mono, whole or not there at all."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mortar.errors import MortarError

Samples = npt.NDArray[np.int16]

PART = ".part"
"""Added to the name while a file is being written."""


class Output(Protocol):
    """Every method raises MortarError where the file system refuses."""

    def begin_turn(self, turn: int) -> None: ...

    def write(self, samples: Samples) -> None: ...

    def close(self) -> None: ...


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MortarError(
            "speaker-unwritable",
            f"{path}: {error.strerror or error}",
            "name a --speaker file where there is room and permission to write",
        ) from None


class WavFile:
    """Written beside its name and moved there when it is whole."""

    def __init__(self, path: Path, rate_Hz: int) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._rate_Hz = rate_Hz
        self._n_bytes = 0
        with _refused(path):
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._file = self._part.open("wb")
        with self._whole_or_nothing():
            self._file.write(_wav_header(0, rate_Hz))

    def begin_turn(self, turn: int) -> None:
        pass

    def write(self, samples: Samples) -> None:
        with self._whole_or_nothing():
            self._n_bytes += self._file.write(samples.astype("<i2").tobytes())
            self._file.flush()

    def close(self) -> None:
        """Puts the file in its place, unless it had to be given up before."""
        if self._file.closed:
            return
        with self._whole_or_nothing():
            self._file.seek(0)
            self._file.write(_wav_header(self._n_bytes, self._rate_Hz))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)

    @contextmanager
    def _whole_or_nothing(self) -> Iterator[None]:
        try:
            with _refused(self._path):
                yield
        except MortarError:
            with suppress(OSError):
                self._file.close()
            self._part.unlink(missing_ok=True)
            raise


class WavFolder:
    """One WAV file a turn: 1.wav, 2.wav ..."""

    def __init__(self, folder: Path, rate_Hz: int) -> None:
        self._folder = folder
        self._rate_Hz = rate_Hz
        self._turn = 0
        self._file: WavFile | None = None
        with _refused(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def begin_turn(self, turn: int) -> None:
        if turn != self._turn:
            self.close()
            self._turn = turn

    def write(self, samples: Samples) -> None:
        if self._file is None:
            self._file = WavFile(self._folder / f"{self._turn}.wav", self._rate_Hz)
        self._file.write(samples)

    def close(self) -> None:
        if self._file is not None:
            held, self._file = self._file, None
            held.close()


class RawFile:
    """Samples as they are, at once: also for a named pipe that something reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _refused(path):
            # Non-blocking: a pipe that nobody reads is an error and not a wait.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o644)

    def begin_turn(self, turn: int) -> None:
        pass

    def write(self, samples: Samples) -> None:
        data = memoryview(samples.tobytes())
        with _refused(self._path):
            while data:
                data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        os.close(self._descriptor)


def _wav_header(n_bytes: int, rate_Hz: int) -> bytes:
    """The 44 bytes before `n_bytes` of int16 mono."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_Hz, 2 * rate_Hz, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + n_bytes, b"WAVE") + form + struct.pack("<4sI", b"data", n_bytes)
    )
