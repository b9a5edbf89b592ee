"""Whether a remark was a phrase that stops the assistant, with the real recognisers and weights."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from mortar import languages
from mortar.bricks.remarks import Remarks
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Interrupted, PhraseRecogniser, Samples
from mortar.runtimes.moonshine import MoonshineDictation
from mortar.runtimes.moonshine_model import loaded, packaged
from mortar.settings import Listening, Recogniser
from mortar_tools.echo.room import BLOCK, Room, echo_path
from voices import RATE_Hz, in_room, pause, speak

UNITS = {
    Recogniser.BUNDLED: "pocketsphinx+moonshine/cpu",
    Recogniser.MOONSHINE: "pocketsphinx+moonshine/cpu",
    Recogniser.POCKETSPHINX: "pocketsphinx/cpu",
    Recogniser.WHISPER: "pocketsphinx/cpu",
}

STOP = languages.of().speech.stop
ANSWER = speak("I see a cat on the left, and two dogs and a banana on the right of it.")


@cache
def phrases(engine: Recogniser = Recogniser.BUNDLED, stopped: bool = False) -> PhraseRecogniser:
    return choose.stop_phrases(Listening(engine=engine, threads=1), STOP, lambda: stopped)


def judged(words: str, voice: str = "en-us", engine: Recogniser = Recogniser.BUNDLED) -> list[str | None]:
    """What is made of each remark, where somebody says `words` over an answer 10 dB below them."""
    room, remarks = Room(echo_path(-10.0, 3), 3), Remarks()
    played = np.concatenate([ANSWER, ANSWER, pause(300)])
    heard = np.zeros(0, np.int16)
    found: list[str | None] = []
    for at in range(0, len(played) - BLOCK, BLOCK):
        if at // BLOCK == len(ANSWER) * 3 // 2 // BLOCK:
            room.person(speak(words, voice))
        block = room.block(played[at : at + BLOCK])
        heard = np.concatenate([heard, block])
        if remark := remarks.add(block, len(heard)):
            loud = (remark.loud_from - remark.from_sample, remark.loud_to - remark.from_sample)
            found.append(phrases(engine).phrase(heard[remark.from_sample :], *loud))
    return found


@pytest.mark.parametrize(
    ("words", "voice"),
    [
        *(("stop", voice) for voice in ("en-us", "en-us+m3", "en-gb", "en-gb+m7")),
        *((words, "en-us") for words in ("be quiet", "cancel", "never mind")),
    ],
)
def test_a_phrase_is_known(words: str, voice: str) -> None:
    assert words in judged(words, voice)


@pytest.mark.parametrize("words", ["hello there", "that is nice", "what about this one", "a long way"])
def test_another_remark_is_none(words: str) -> None:
    assert not any(judged(words))


def test_a_phrase_is_all_that_was_said() -> None:
    """ "Stop" alone, and not at the end of something else."""
    sound = in_room(pause(256), speak("that is a long way to the bus stop"), pause(160))
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 1_000)
    assert phrases().phrase(sound, int(loud[0]), int(loud[-1])) is None


@pytest.mark.parametrize("engine", [Recogniser.BUNDLED, Recogniser.POCKETSPHINX])
def test_noise_is_no_phrase(engine: Recogniser) -> None:
    """A hiss as long as the word."""
    hiss = np.random.default_rng(0).normal(0, 3_000, RATE_Hz * 3 // 10).astype(np.int16)
    sound: Samples = in_room(pause(250), hiss, pause(160))
    assert phrases(engine).phrase(sound, RATE_Hz // 4, RATE_Hz // 4 + len(hiss)) is None


@pytest.mark.parametrize(("engine", "unit"), UNITS.items(), ids=str)
def test_whose_weights_are_there_anyway_judges_too(engine: Recogniser, unit: str) -> None:
    assert phrases(engine).unit == unit


def test_with_pocketsphinx_alone_stop_is_known_too() -> None:
    assert judged("stop", engine=Recogniser.POCKETSPHINX) == ["stop"]


def test_the_weights_are_loaded_once() -> None:
    """For the engine and for the phrases."""
    settings = Listening(engine=Recogniser.MOONSHINE, threads=1)
    loaded.cache_clear()
    engine = MoonshineDictation(settings, lambda: False)
    choose.stop_phrases(settings, STOP, lambda: False)
    assert engine.transcribe(pause(500)).text is None
    assert loaded(packaged("en"), 1) is not None and loaded.cache_info().misses == 1


def test_it_can_be_interrupted() -> None:
    with pytest.raises(Interrupted):
        phrases(stopped=True).phrase(speak("stop"), 0, len(speak("stop")))
