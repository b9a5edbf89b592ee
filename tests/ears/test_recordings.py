"""Recordings of any kind become int16 mono at 16 kHz, or one clear line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mortar.drivers import recordings
from mortar.errors import MortarError


def tone(rate_Hz: int, channels: int, seconds: float = 1.0) -> np.ndarray:
    """440 Hz at half of full scale, float32 [n, channels]."""
    at = np.arange(int(rate_Hz * seconds)) / rate_Hz
    return np.repeat(0.5 * np.sin(2 * np.pi * 440 * at)[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate_Hz", "channels"),
    [
        (".wav", "PCM_16", 16_000, 1),
        (".wav", "PCM_24", 44_100, 2),
        (".wav", "FLOAT", 48_000, 1),
        (".wav", "PCM_U8", 8_000, 1),
        (".flac", "PCM_16", 22_050, 2),
        (".ogg", "VORBIS", 48_000, 1),
    ],
)
def test_any_format_keeps_pitch_level_and_length(
    tmp_path: Path, suffix: str, subtype: str, rate_Hz: int, channels: int
) -> None:
    """The tone is still 440 Hz at half of full scale for a second."""
    path = tmp_path / f"tone{suffix}"
    soundfile.write(path, tone(rate_Hz, channels), rate_Hz, subtype)
    samples = recordings.load(path)
    assert samples.dtype == np.int16
    assert abs(len(samples) - 16_000) < 200
    spectrum = np.abs(np.fft.rfft(samples[2_000:10_000]))
    assert abs(np.argmax(spectrum) * 2 - 440) <= 2
    assert 0.4 < np.abs(samples[2_000:10_000]).max() / 32_768 < 0.6


def test_raw_sound_is_taken_as_it_is(tmp_path: Path) -> None:
    """16-bit little-endian mono at 16 kHz, no header."""
    path = tmp_path / "sound.raw"
    np.array([1, -2, 3], "<i2").tofile(path)
    assert recordings.load(path).tolist() == [1, -2, 3]
    path.write_bytes(b"\x00\x01\x02")
    with pytest.raises(MortarError, match="odd number"):
        recordings.load(path)


def test_a_folder_is_its_recordings_in_name_order(tmp_path: Path) -> None:
    """Pictures and texts beside them are passed over; a folder without any is an error."""
    for name in ("2.wav", "1.flac", "notes.txt", "1.png"):
        (tmp_path / name).touch()
    assert [path.name for path in recordings.recordings(tmp_path)] == ["1.flac", "2.wav"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(MortarError, match="no recordings"):
        recordings.recordings(tmp_path / "empty")
