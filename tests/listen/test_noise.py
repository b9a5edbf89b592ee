"""What is done to an utterance before recognisers hear it."""

from __future__ import annotations

import numpy as np
import pytest

from mortar.runtimes.interfaces import Samples
from mortar.runtimes.noise import FAINT, Evener, NOISY_dB, Sound, loudness_range_dB
from voices import RATE_Hz, in_room, pause, speak

BEFORE = 200 * RATE_Hz // 1_000
"""Samples in which nobody speaks yet."""
QUESTION = (pause(400), speak("what time is it"), pause(400))


def evened(samples: Samples) -> Sound:
    return Evener(samples, loudness_range_dB(samples) < NOISY_dB).take(samples)


def level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64)))))


def test_steady_noise_is_taken_out() -> None:
    """Where nobody speaks it falls by 10 dB and more; the speech stays."""
    noisy = in_room(*QUESTION, snr_dB=10)
    heard = evened(noisy).clean
    assert level(heard[:BEFORE]) < level(noisy[:BEFORE]) / 10 ** (10 / 20)
    assert level(heard) > 0.5 * level(np.concatenate(QUESTION))


def test_digital_silence_gets_noise_far_below_the_speech() -> None:
    clean = np.concatenate(QUESTION)
    assert FAINT <= level(evened(clean).even[:BEFORE]) < level(clean) / 10 ** (25 / 20)


@pytest.mark.parametrize("snr_dB", [10, 35])
def test_an_utterance_in_pieces_is_heard_as_in_one(snr_dB: float) -> None:
    """But for less than a frame of 10 ms, which waits for the rest of it."""
    whole = in_room(*QUESTION, snr_dB=snr_dB)
    is_noisy = loudness_range_dB(whole) < NOISY_dB
    at_once = Evener(whole, is_noisy).take(whole)
    evener = Evener(whole, is_noisy)
    pieces = [evener.take(piece) for piece in np.split(whole, [1, 160, 5_003, 5_004, 20_000])]
    for one, several in zip(at_once, zip(*pieces, strict=True), strict=True):
        assert np.array_equal(np.concatenate(several), one)


@pytest.mark.parametrize("length", [0, 1, 159, 161, 16_000])
def test_nothing_but_silence_is_heard_too(length: int) -> None:
    for heard in evened(np.zeros(length, np.int16)):
        assert heard.dtype == np.int16 and 0 <= length - len(heard) < 160
