"""What is done to an utterance before PocketSphinx hears it."""

from __future__ import annotations

import numpy as np
import pytest

from mortar.runtimes.interfaces import Samples
from mortar.runtimes.noise import FAINT, evened
from voices import RATE_Hz, in_room, pause, speak

BEFORE = 200 * RATE_Hz // 1_000
"""Samples in which nobody speaks yet."""
QUESTION = (pause(400), speak("what time is it"), pause(400))


def level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64)))))


def test_steady_noise_is_taken_out() -> None:
    """Where nobody speaks it falls by 10 dB and more; the speech stays."""
    noisy = in_room(*QUESTION, snr_dB=10)
    heard = evened(noisy)
    assert level(heard[:BEFORE]) < level(noisy[:BEFORE]) / 10 ** (10 / 20)
    assert level(heard) > 0.5 * level(np.concatenate(QUESTION))


def test_digital_silence_gets_noise_far_below_the_speech() -> None:
    clean = np.concatenate(QUESTION)
    assert FAINT <= level(evened(clean)[:BEFORE]) < level(clean) / 10 ** (25 / 20)


@pytest.mark.parametrize("length", [0, 1, 159, 161, 16_000])
def test_an_utterance_stays_as_long_as_it_was(length: int) -> None:
    """Of nothing but silence, too."""
    heard = evened(np.zeros(length, np.int16))
    assert heard.dtype == np.int16 and len(heard) == length
