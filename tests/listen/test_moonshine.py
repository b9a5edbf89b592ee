"""Free dictation by Moonshine with its real weights: voices, what is no voice, and models of one's own."""

from __future__ import annotations

import threading
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mortar.drivers import recordings
from mortar.errors import MortarError
from mortar.runtimes import choose
from mortar.runtimes.circles import goes_in_circles
from mortar.runtimes.interfaces import Interrupted, Samples, SpeechToText
from mortar.runtimes.moonshine_model import packaged
from mortar.runtimes.recorded import transcribe
from mortar.runtimes.spelling import letters
from mortar.settings import Listening, Recogniser
from mortar_tools.wake import sounds
from voices import RATE_Hz, in_room, pause, speak

READER = packaged("en").parent / "two_cities.wav"
"""A person reads the first sentence of A Tale of Two Cities: it comes with the weights."""

stop = threading.Event()


@cache
def dictation(model: str = "", language: str = "en") -> SpeechToText:
    chosen = Listening(engine=Recogniser.MOONSHINE, model=model, language=language, threads=1)
    return choose.speech_to_text(chosen, lambda: pytest.fail("no grammar is asked for"), {}, stop.is_set)


def said(text: str) -> Samples:
    return in_room(pause(300), speak(text), pause(160))


@pytest.mark.parametrize(
    ("from_s", "to_s", "text"),
    [
        (0.9, 4.5, "It was the best of times, it was the worst of times"),
        (20.8, 24.3, "we had everything before us, we had nothing before us"),
        (28.6, 32.5, "in short, the period was so far like the present period"),
    ],
)
def test_a_reader_is_written_down_word_for_word(from_s: float, to_s: float, text: str) -> None:
    """Real speech; capitals and punctuation are Moonshine's."""
    sound = recordings.load(READER)[round(from_s * RATE_Hz) : round(to_s * RATE_Hz)]
    heard = transcribe(dictation(), sound)
    assert letters(heard.text or "") == letters(text)
    assert 0.8 < heard.confidence <= 1


def test_twelve_seconds_are_one_utterance() -> None:
    """As long as people speak in one go."""
    heard = transcribe(dictation(), recordings.load(READER)[round(32.6 * RATE_Hz) :])
    asked = (
        "that some of its noisiest authorities insisted on its being received, for good or for evil, in the "
        "superlative degree of comparison only"
    )
    assert SequenceMatcher(None, letters(heard.text or ""), letters(asked)).ratio() > 0.95


def test_an_utterance_knows_nothing_of_the_one_before() -> None:
    """And goes on behind a pause in which it was concluded already."""
    utterance = dictation().utterance()
    utterance.hear(said("what can you do"))
    assert utterance.conclude().text == "What can you do?"
    utterance.hear(said("tell me a story"))
    assert (utterance.conclude().text or "").startswith("What can you do?")
    assert transcribe(dictation(), said("what time is it")).text == "What time is it?"


def seeded(make: str, length: int) -> Samples:
    return sounds.recorded(0.3 * getattr(sounds, make)(length, np.random.default_rng(5)))


@pytest.mark.parametrize("seconds", [0, 0.02, 0.5, 2])
def test_silence_is_no_text(seconds: float) -> None:
    """Moonshine itself writes "You"."""
    assert transcribe(dictation(), pause(1_000 * seconds)).text is None


@pytest.mark.parametrize("make", ["noise", "running", "music", "household"])
@pytest.mark.parametrize("seconds", [0.5, 2])
def test_sounds_of_a_home_are_no_text(make: str, seconds: float) -> None:
    """Moonshine itself writes "Thank you for watching!"."""
    assert transcribe(dictation(), seeded(make, round(seconds * RATE_Hz))).text is None


def test_hum_is_no_text() -> None:
    """Moonshine itself goes in circles."""
    at_s = np.arange(RATE_Hz) / RATE_Hz
    assert transcribe(dictation(), sounds.recorded(0.1 * np.sin(2 * np.pi * 100 * at_s))).text is None


def test_the_same_words_over_and_over_are_a_circle() -> None:
    """What people say twice is none."""
    assert goes_in_circles("I'm going to go to the location. " * 4)
    assert not goes_in_circles("We had everything before us, we had nothing before us.")
    assert not goes_in_circles("no no no")


def test_work_is_given_up_when_asked() -> None:
    """It works on afterwards."""
    stop.set()
    with pytest.raises(Interrupted):
        transcribe(dictation(), said("what can you do"))
    stop.clear()
    assert transcribe(dictation(), said("what can you do")).text == "What can you do?"


# --- models -------------------------------------------------------------------------------------


def test_a_model_of_ones_own_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named as the others are; it may know another language."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "mortar/models").mkdir(parents=True)
    (tmp_path / "mortar/models/mine").symlink_to(packaged("en"))
    assert transcribe(dictation("mine", language="uk"), said("what can you do")).text == "What can you do?"


def test_the_packaged_model_knows_english_alone() -> None:
    """It would quietly write English."""
    with pytest.raises(MortarError) as raised:
        dictation(language="de")
    assert raised.value.code == "language-not-in-model"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: None, "dictation-model-missing"),
        (lambda path: path.mkdir(), "dictation-model-incomplete"),
        (lambda path: path.write_bytes(b"a file"), "dictation-model-incomplete"),
    ],
    ids=["nothing", "empty folder", "file"],
)
def test_a_model_that_is_none_is_one_clear_line(tmp_path: Path, make, code: str) -> None:  # type: ignore[no-untyped-def]
    """It names the path."""
    make(tmp_path / "model")
    with pytest.raises(MortarError) as raised:
        dictation(str(tmp_path / "model"))
    assert raised.value.code == code
    assert str(tmp_path / "model") in str(raised.value)


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a later version, which brings no weights."""
    monkeypatch.setattr("mortar.runtimes.moonshine_model.find_spec", lambda name: None)
    dictation.cache_clear()
    with pytest.raises(MortarError, match="make setup") as raised:
        dictation()
    assert raised.value.code == "moonshine-missing"
