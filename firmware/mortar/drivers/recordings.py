"""Recordings as the ears need them: int16 mono at 16 kHz, whatever the file holds."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from mortar.errors import MortarError

RATE_Hz = 16_000
LONGEST_S = 600
"""A longer file is most likely the wrong one, and would take hundreds of megabytes."""

RAW_SUFFIXES = (".raw", ".pcm")
SUFFIXES = (".wav", ".flac", ".ogg", *RAW_SUFFIXES)

Samples = npt.NDArray[np.int16]


def recordings(path: Path) -> list[Path]:
    """The file itself, or a folder's recordings in name order. Raises MortarError for neither."""
    if not path.is_dir():
        return [path]
    found = sorted(held for held in path.iterdir() if held.suffix.lower() in SUFFIXES)
    if not found:
        raise MortarError(
            "recordings-missing", f"{path} holds no recordings", f"put {', '.join(SUFFIXES)} files there"
        )
    return found


def load(path: Path) -> Samples:
    """The recording, mixed to mono and resampled to 16 kHz; raw files are taken as exactly that.

    Raises MortarError naming the file: missing, not sound, empty, or longer than LONGEST_S.
    """
    try:
        samples = _raw(path) if path.suffix.lower() in RAW_SUFFIXES else _decoded(path)
    except OSError as error:
        raise MortarError(
            "recording-unreadable", f"{path}: {error.strerror or error}", "check the path and permissions"
        ) from None
    if not len(samples):
        raise MortarError("recording-empty", f"{path} holds no sound", "record it again")
    return samples


def flac(sound: Samples) -> bytes:
    """int16 mono at 16 kHz as a FLAC file: about half of its size, and nothing of it lost."""
    encoded = BytesIO()
    soundfile.write(encoded, sound, RATE_Hz, format="FLAC", subtype="PCM_16")
    return encoded.getvalue()


def _raw(path: Path) -> Samples:
    size = path.stat().st_size
    _check_length(path, size / 2 / RATE_Hz)
    if size % 2:
        raise MortarError(
            "recording-damaged",
            f"{path} has an odd number of bytes",
            "give raw sound as 16-bit little-endian mono at 16 kHz",
        )
    return np.fromfile(path, "<i2")


def _decoded(path: Path) -> Samples:
    with path.open("rb") as file:
        try:
            sound = soundfile.SoundFile(file)
            _check_length(path, sound.frames / sound.samplerate)
            waves = sound.read(dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            reason = str(error).rpartition(": ")[2].strip(" .")
            raise MortarError(
                "recording-damaged", f"{path} is not sound ({reason})", "give a WAV, FLAC or OGG file"
            ) from None
    resampled = soxr.resample(waves.mean(axis=1), sound.samplerate, RATE_Hz)
    samples: Samples = np.clip(np.round(resampled * 32_768), -32_768, 32_767).astype(np.int16)
    return samples


def _check_length(path: Path, seconds: float) -> None:
    if seconds > LONGEST_S:
        raise MortarError(
            "recording-long",
            f"{path} lasts {seconds / 60:.0f} minutes; a recording may last {LONGEST_S // 60}",
            "cut out the part with the question",
        )
