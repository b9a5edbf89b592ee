"""Every voice is as loud as every other, as BS.1770 measures it."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mortar.runtimes import choose
from mortar.runtimes.interfaces import Samples
from mortar.runtimes.loudness import SPEECH_LUFS, loudness_LUFS
from mortar.settings import Voice, VoiceEngine
from voice.piper_voices import make_voice

SENTENCES = (
    "I see a cat on the left, a dog in the middle, and two cups on the right.",
    "There are two cats.",
)


def tone(pitch_Hz: float, peak: float, length_s: float, rate_Hz: int) -> Samples:
    t_s = np.arange(round(length_s * rate_Hz)) / rate_Hz
    return np.round(32_767 * peak * np.sin(2 * np.pi * pitch_Hz * t_s)).astype(np.int16)


@pytest.mark.parametrize("rate_Hz", [16_000, 22_050, 48_000])
@pytest.mark.parametrize(("peak", "LUFS"), [(1.0, -3.01), (0.1, -23.01)])
def test_the_reference_tone_has_the_loudness_of_the_standard(rate_Hz: int, peak: float, LUFS: float) -> None:
    """BS.1770-4: 997 Hz at full scale in one channel is -3.01 LUFS."""
    assert loudness_LUFS(tone(997, peak, 2, rate_Hz), rate_Hz) == pytest.approx(LUFS, abs=0.1)


def test_low_sound_counts_less_and_pauses_do_not() -> None:
    """The two things that a plain mean of squares gets wrong."""
    loud = tone(997, 0.1, 2, 16_000)
    assert loudness_LUFS(tone(40, 0.1, 2, 16_000), 16_000) < loudness_LUFS(loud, 16_000) - 5
    paused = np.concatenate([loud, np.zeros(64_000, np.int16)])
    assert loudness_LUFS(paused, 16_000) == pytest.approx(loudness_LUFS(loud, 16_000), abs=0.7)


def test_silence_has_none() -> None:
    assert loudness_LUFS(np.zeros(16_000, np.int16), 16_000) == -np.inf
    assert loudness_LUFS(tone(997, 1.0, 0.1, 16_000), 16_000) == -np.inf


@pytest.mark.parametrize(
    "settings",
    [{"language": "en-us"}, {"language": "en-gb"}, {"language": "de"}, {"loudness": 0.01}, {"loudness": 0.9}],
    ids=str,
)
def test_voices_are_equally_loud(tmp_path: Path, settings: dict[str, object]) -> None:
    """espeak-ng's voices and two of Piper's, one 39 dB quieter than the other; peaks are not cut off."""
    if "loudness" in settings:
        model = make_voice(tmp_path, **settings)
        voice = Voice(engine=VoiceEngine.PIPER, model=str(model))
    else:
        voice = Voice(**settings)
    with closing(choose.speech_synthesiser(voice)) as engine:
        sounds = [np.concatenate([*engine.synthesise(sentence)]) for sentence in SENTENCES]
    for sound in sounds:
        assert loudness_LUFS(sound, engine.rate_Hz) == pytest.approx(SPEECH_LUFS, abs=2.5)
        assert np.mean(np.abs(sound.astype(int)) >= 32_767) < 1e-4
