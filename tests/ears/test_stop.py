"""Stopping and listening on, with the ears as a real worker and with all that is real behind them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from harness import Brick, started
from mortar.bricks import ears
from mortar.messages import (
    AudioOffer,
    Listen,
    NoSpeech,
    Outlook,
    Remark,
    Remarked,
    Report,
    Rest,
    SoundEnded,
    Speaking,
    SpeechEnded,
    SpeechJudged,
    SpeechPaused,
    SpokenOver,
    StopHeard,
    WakeHeard,
)
from mortar.rings.audio_ring import AudioRingReader
from mortar.runtimes.interfaces import Samples
from mortar.settings import Ears, RunOptions, Settings
from voices import RATE_Hz, in_room, pause, speak

PEERS = ["assistant", "listen"]

ANSWER = "I see a cat on the left, and there are two dogs and a banana on the right of it."


def over_the_answer(path: Path, word: str, voice: str = "en-us", echo_dB: float = -15.0) -> RunOptions:
    """A microphone with the assistant's answer in it, and somebody who says `word` into that."""
    sound = speak(ANSWER) * 10 ** (echo_dB / 20)
    at = len(sound) * 3 // 4
    sound[at : at + len(speak(word, voice))] += speak(word, voice)
    return heard_in(path, np.clip(sound, -32_768, 32_767).astype(np.int16))


def heard_in(path: Path, *parts: Samples) -> RunOptions:
    soundfile.write(path, in_room(*parts, pause(800), snr_dB=50), RATE_Hz)
    return RunOptions(mic=str(path), fast=True, hear=True)  # it plays once it was told Rest or Listen


async def all_heard(brick: Brick, saying: str) -> list[object]:
    """Everything that the ears tell while the assistant says `saying`."""
    await brick.ready()
    brick["assistant"].send(Speaking(saying))
    brick["assistant"].send(Rest())
    await brick["assistant"].expect(SoundEnded)
    return list(brick["assistant"].seen)


@pytest.mark.parametrize("voice", ["en-us", "en-gb+m7", "en-us+m3"])
def test_listen_judges_what_is_said_over_an_answer(tmp_path: Path, voice: str) -> None:
    """It finds the whole word in the ring. Where it was a phrase, the assistant is told."""

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=over_the_answer(tmp_path / "a.wav", "stop", voice)) as brick:
            offer = await brick["listen"].expect(AudioOffer)
            ring = AudioRingReader(offer, os.dup(brick["listen"].descriptors[0]))
            await brick.ready()
            brick["assistant"].send(Speaking(ANSWER))
            brick["assistant"].send(Rest())
            assert (await brick["assistant"].expect(SpokenOver)).is_so
            remark = await brick["listen"].expect(Remark)
            loud = np.square(ring.read(remark.loud_from, remark.loud_to).astype(float)).sum()
            assert loud > 0.8 * np.square(speak("stop", voice).astype(float)).sum()
            brick["listen"].send(Remarked(remark.number, "stop"))
            assert (await brick["assistant"].expect(StopHeard)).phrase == "stop"
            assert not (await brick["assistant"].expect(SpokenOver)).is_so

    asyncio.run(scenario())


def test_an_answer_does_not_wake_itself(tmp_path: Path) -> None:
    """Its own voice alone in the microphone, as loud as a person's."""
    run = heard_in(tmp_path / "a.wav", speak(ANSWER), pause(300), speak(ANSWER, "en-gb"))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            assert not any(isinstance(m, WakeHeard) for m in await all_heard(brick, ANSWER))

    asyncio.run(scenario())


def test_the_wake_word_in_its_own_mouth_wakes_nobody(tmp_path: Path) -> None:
    """ "Say okay nabu, and ask", it says."""
    run = heard_in(tmp_path / "a.wav", pause(700), speak("okay nabu"), pause(700))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            heard = await all_heard(brick, "Say okay nabu, and ask.")
            assert not any(isinstance(message, WakeHeard) for message in heard)
            while not (await brick["supervisor"].expect(Report)).figures["own_wakes"]:
                pass  # it reports when the microphone opens, too

    asyncio.run(scenario())


@pytest.mark.parametrize(("louder_dB", "wakes"), [(0.0, False), (12.0, True)])
def test_the_wake_word_in_a_note_wakes_nobody(tmp_path: Path, louder_dB: float, wakes: bool) -> None:
    """A recording plays whose words nobody knows. Who means it is louder than the loudspeaker."""
    echo = 10 ** (-15 / 20)
    wake = (speak("okay nabu") * (echo * 10 ** (louder_dB / 20))).astype(np.int16)
    note = (speak("the ladder is with the neighbours since the first of may") * echo).astype(np.int16)
    run = heard_in(tmp_path / "a.wav", note, pause(100), wake, pause(300), note)

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Speaking(None))
            brick["assistant"].send(Rest())
            if wakes:
                await brick["assistant"].expect(WakeHeard)
            else:
                await brick["assistant"].expect(SoundEnded)
                assert not any(isinstance(message, WakeHeard) for message in brick["assistant"].seen)

    asyncio.run(scenario())


def test_a_note_is_not_ended_by_a_breath(tmp_path: Path) -> None:
    """Whatever listen thinks of the sentence, the pause is as long as the assistant wants it."""
    parts = (pause(500), speak("where is the key"), pause(1_200), speak("in the drawer"), pause(2_500))
    soundfile.write(tmp_path / "q.wav", in_room(*parts), RATE_Hz)
    run = RunOptions(mic=str(tmp_path / "q.wav"))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Listen(1, patience_ms=5_000, pause_ms=1_800))
            paused = await brick["listen"].expect(SpeechPaused)
            brick["listen"].send(SpeechJudged(paused.utterance, paused.to_sample, Outlook.CLOSED))
            ended = await brick["assistant"].expect(SpeechEnded)
            assert ended.to_sample > sum(map(len, parts[:4])) - RATE_Hz // 4

    asyncio.run(scenario())


def test_the_wake_word_over_an_answer_is_heard(tmp_path: Path) -> None:
    run = heard_in(tmp_path / "a.wav", pause(700), speak("okay nabu"), pause(700))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Speaking("I see a cat."))
            brick["assistant"].send(Rest())
            await brick["assistant"].expect(WakeHeard)

    asyncio.run(scenario())


@pytest.mark.parametrize("saying", ["what do you see", ""])
def test_what_was_heard_in_its_own_speech_is_marked(tmp_path: Path, saying: str) -> None:
    run = heard_in(tmp_path / "a.wav", pause(300), speak("what do you see"), pause(1_000))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Speaking(saying))
            brick["assistant"].send(Listen(1))
            assert (await brick["assistant"].expect(SpeechEnded)).in_own_speech is bool(saying)

    asyncio.run(scenario())


def test_a_verdict_ends_a_question_early_and_a_late_one_does_nothing(tmp_path: Path) -> None:
    """Listen says that the first pause is the end: true once the ears know it, whatever the patience."""
    patient = msgspec.convert({"ears": msgspec.to_builtins(Ears(end_patience_ms=5_000))}, Settings)
    soundfile.write(tmp_path / "q.wav", in_room(pause(500), speak("where is the key"), pause(4_000)), RATE_Hz)
    run = RunOptions(mic=str(tmp_path / "q.wav"))

    async def scenario() -> None:
        async with started(ears.main, PEERS, settings=patient, run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Listen(1))
            while True:
                paused = await brick["listen"].expect(SpeechPaused)
                late = SpeechJudged(paused.utterance, paused.to_sample - 1, Outlook.CLOSED)
                brick["listen"].send(late)
                if paused.to_sample > 0.5 * RATE_Hz + len(speak("where is the key")) * 0.8:
                    break
            brick["listen"].send(SpeechJudged(paused.utterance, paused.to_sample, Outlook.CLOSED))
            ended = await brick["assistant"].expect(SpeechEnded)
            assert ended.to_sample == paused.to_sample

    asyncio.run(scenario())


def test_a_follow_up_is_waited_for_no_longer_than_told(tmp_path: Path) -> None:
    run = heard_in(tmp_path / "a.wav", pause(1_500))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick.ready()
            brick["assistant"].send(Listen(1, patience_ms=1_000))
            await brick["assistant"].expect(NoSpeech)
            assert not any(isinstance(message, SoundEnded) for message in brick["assistant"].seen)

    asyncio.run(scenario())
