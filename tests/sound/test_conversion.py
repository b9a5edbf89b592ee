"""Any rate and channel count becomes mono at 16 kHz, and nothing is heard of where the calls were cut."""

from __future__ import annotations

import numpy as np
import pytest

from mortar.bricks.levels import Levels
from mortar.drivers.conversion import Blocks, Converter
from mortar.drivers.recordings import Samples

RATE_Hz = 16_000


def tone(rate_Hz: int, pitch_Hz: float, length_s: float = 2.0, n_channels: int = 1) -> Samples:
    """int16 [n, channels] at −12 dBFS."""
    t_s = np.arange(round(rate_Hz * length_s)) / rate_Hz
    wave = np.round(8_192 * np.sin(2 * np.pi * pitch_Hz * t_s)).astype(np.int16)
    return np.repeat(wave[:, np.newaxis], n_channels, axis=1)


def converted(frames: Samples, from_Hz: int, step: int) -> Samples:
    converter = Converter(from_Hz, RATE_Hz)
    parts = [converter.convert(frames[first : first + step]) for first in range(0, len(frames), step)]
    return np.concatenate([*parts, converter.convert(frames[:0], last=True)])


def distortion_dB(sound: Samples, pitch_Hz: float) -> float:
    """All that is not the tone, against the tone; the edges left out."""
    middle = sound[RATE_Hz // 4 : -RATE_Hz // 4].astype(float)
    t_s = np.arange(len(middle)) / RATE_Hz
    basis = np.stack([np.sin(2 * np.pi * pitch_Hz * t_s), np.cos(2 * np.pi * pitch_Hz * t_s)])
    fitted = np.linalg.lstsq(basis.T, middle, rcond=None)[0] @ basis
    return float(10 * np.log10(np.mean(np.square(middle - fitted)) / np.mean(np.square(fitted))))


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("from_Hz", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_a_tone_stays_that_tone(from_Hz: int, n_channels: int) -> None:
    """Same pitch, same length, and the rest 60 dB below: no seams, no aliases."""
    sound = converted(tone(from_Hz, 1_000, n_channels=n_channels), from_Hz, step=from_Hz * 32 // 1_000)
    assert sound.dtype == np.int16
    assert len(sound) == pytest.approx(2 * RATE_Hz, abs=2)
    assert distortion_dB(sound, 1_000) < -60
    assert np.abs(sound.astype(int)).max() == pytest.approx(8_192, rel=0.01)


def test_what_16_kHz_cannot_hold_is_gone() -> None:
    """A tone at 12 kHz would come back at 4 kHz."""
    sound = converted(tone(48_000, 12_000), 48_000, step=1_536)
    assert np.abs(sound[RATE_Hz // 4 : -RATE_Hz // 4].astype(int)).max() < 8


def test_one_silent_channel_leaves_the_other() -> None:
    """A mono microphone on a stereo card."""
    frames = tone(48_000, 1_000, n_channels=2)
    frames[:, 1] = 0
    assert distortion_dB(converted(frames, 48_000, step=1_536), 1_000) < -60


def test_blocks_have_one_size_and_lose_nothing() -> None:
    """However the sound arrives."""
    sound = np.arange(10_000, dtype=np.int16)
    blocks = Blocks(512)
    cut = [block for first in range(0, len(sound), 333) for block in blocks.add(sound[first : first + 333])]
    assert {len(block) for block in cut} == {512}
    np.testing.assert_array_equal(np.concatenate(cut), sound[: len(cut) * 512])
    assert len(sound) - len(cut) * 512 < 512


def test_levels_tell_a_good_microphone_from_a_bad_one() -> None:
    """Peak, clipping and offset, each seen by itself; silence is no error."""
    good, clipped, offset, silent = Levels(), Levels(), Levels(), Levels()
    wave = tone(16_000, 440)[:, 0]
    good.add(wave)
    clipped.add(np.clip(wave.astype(int) * 8, -32_768, 32_767).astype(np.int16))
    offset.add(wave + np.int16(3_277))
    silent.add(np.zeros(512, np.int16))
    assert good.figures() == {"peak_dBFS": -12.0, "clipped_percent": 0.0, "dc_percent": 0.0}
    assert clipped.figures()["clipped_percent"] > 50
    assert offset.figures()["dc_percent"] == pytest.approx(10, abs=0.1)
    assert silent.figures()["peak_dBFS"] < -90
