"""The ears as a real worker, with real engines, hearing synthetic speakers."""

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
from mortar.clock import now_ms
from mortar.messages import (
    AllReady,
    Audio,
    AudioOffer,
    Listen,
    MicrophoneOpened,
    NoSpeech,
    Rest,
    SoundEnded,
    SpeechBegan,
    SpeechEnded,
    WakeHeard,
)
from mortar.rings.audio_ring import AudioRingReader
from mortar.runtimes.interfaces import Samples
from mortar.settings import RunOptions
from voices import WAKING, RATE_Hz, in_room, pause, speak

PEERS = ["assistant", "listen"]


def recorded(path: Path, *parts: Samples, snr_dB: float = 35.0) -> RunOptions:
    """A run whose microphone plays these parts, faster than real time."""
    soundfile.write(path, in_room(*parts, snr_dB=snr_dB), RATE_Hz)
    return RunOptions(mic=str(path), fast=True)


async def one_question(brick: Brick) -> tuple[WakeHeard, SpeechEnded, Samples]:
    """Wake word and question; gives what the ears hand over of the question."""
    offer = await brick["listen"].expect(AudioOffer)
    reader = AudioRingReader(offer, os.dup(brick["listen"].descriptors[0]))
    woken = await brick["assistant"].expect(WakeHeard)
    ended = await brick["assistant"].expect(SpeechEnded)
    while not (audio := await brick["listen"].expect(Audio)).last:
        assert audio.utterance == ended.utterance
    assert audio.to_sample == ended.to_sample
    return woken, ended, reader.read(ended.from_sample, ended.to_sample)


@pytest.mark.parametrize("voice", WAKING)
@pytest.mark.parametrize("snr_dB", [35.0, 20.0])
def test_wake_word_and_question(tmp_path: Path, voice: str, snr_dB: float) -> None:
    """The wake word is heard, and the question handed over without it, whole."""
    question = speak("how many cats are there", voice)
    lead, gap = pause(700), pause(500)
    wake = speak("okay nabu", voice)
    run = recorded(tmp_path / "q.wav", lead, wake, gap, question, pause(1_500), snr_dB=snr_dB)
    began = len(lead) + len(wake) + len(gap)

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            woken, ended, heard = await one_question(brick)
            assert woken.word == "okay_nabu"
            assert len(lead) < woken.end_sample < began + RATE_Hz // 4
            assert began - RATE_Hz // 2 < ended.from_sample <= began + RATE_Hz // 20
            assert began + len(question) * 0.8 < ended.to_sample < began + len(question) + RATE_Hz // 2
            assert np.abs(heard.astype(int)).max() > 8_000

    asyncio.run(scenario())


def test_one_breath(tmp_path: Path) -> None:
    """No pause between wake word and question: nothing of the question is lost."""
    together = speak("okay nabu what do you see")
    run = recorded(tmp_path / "q.wav", pause(700), together, pause(1_500))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            _, ended, _ = await one_question(brick)
            assert ended.from_sample <= RATE_Hz, "the wake word is handed over too"
            assert ended.to_sample >= 0.7 * RATE_Hz + len(together) * 0.85

    asyncio.run(scenario())


def test_woken_for_nothing(tmp_path: Path) -> None:
    """The wake word and then quiet: said so, and the next wake word is heard."""
    wake = speak("okay nabu")
    run = recorded(tmp_path / "q.wav", pause(700), wake, pause(7_000), wake, pause(1_000))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick["assistant"].expect(WakeHeard)
            await brick["assistant"].expect(NoSpeech)
            brick["assistant"].send(Rest())
            await brick["assistant"].expect(WakeHeard)

    asyncio.run(scenario())


def test_listening_without_a_wake_word(tmp_path: Path) -> None:
    """The button: whatever is said next is the question."""
    run = recorded(tmp_path / "q.wav", pause(600), speak("what do you see"), pause(1_500))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            brick["assistant"].send(Listen(1))
            await brick["assistant"].expect(SpeechBegan)
            await brick["assistant"].expect(SpeechEnded)

    asyncio.run(scenario())


def test_hearing_waits_for_the_first_listen(tmp_path: Path) -> None:
    """`mortar hear` misses nothing of a recording that begins with speech."""
    run = recorded(tmp_path / "q.wav", pause(100), speak("what do you see"), pause(1_500))
    run = msgspec.structs.replace(run, hear=True)

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick.ready()
            await brick["listen"].expect(AudioOffer)
            brick["assistant"].send(Listen(0))
            assert (await brick["assistant"].expect(SpeechBegan)).from_sample < RATE_Hz // 5

    asyncio.run(scenario())


def test_a_recording_is_played_to_nobody_who_is_not_there_yet(tmp_path: Path) -> None:
    """The ears are up long before a large model: the recording begins when everything is."""
    run = recorded(tmp_path / "q.wav", pause(100), speak("okay nabu"), pause(500))

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run, all_ready=False) as brick:
            await brick.ready()
            for _ in range(3):  # it has had its chance
                await brick["listen"].expect(AudioOffer)
                brick.wire("listen")
            all_ready_ms = now_ms()
            brick["supervisor"].send(AllReady())
            assert (await brick["assistant"].expect(MicrophoneOpened)).t_ms >= all_ready_ms
            await brick["assistant"].expect(WakeHeard)

    asyncio.run(scenario())


def test_other_speech_does_not_wake(tmp_path: Path) -> None:
    """Sentences and noise with no wake word in them, then the end of the recording."""
    talk = [
        speak(text, voice) for text in ("what time is it", "okay then", "a nap would do") for voice in WAKING
    ]
    run = recorded(tmp_path / "q.wav", *talk, pause(1_000), snr_dB=15)

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=run) as brick:
            await brick["assistant"].expect(SoundEnded)
            assert not any(isinstance(message, WakeHeard) for message in brick["assistant"].seen)

    asyncio.run(scenario())


def test_a_folder_plays_one_recording_a_turn(tmp_path: Path) -> None:
    """The next recording begins when the turn has ended, and the end is told again to who asks late."""
    folder = tmp_path / "session"
    folder.mkdir()
    for name in ("1.wav", "2.wav"):
        recorded(
            folder / name, pause(500), speak("okay nabu"), pause(400), speak("what time is it"), pause(1_500)
        )

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=RunOptions(mic=str(folder), fast=True)) as brick:
            for _ in range(2):
                await brick["assistant"].expect(WakeHeard)
                await brick["assistant"].expect(SpeechEnded)
                brick["assistant"].send(Rest())
            await brick["assistant"].expect(SoundEnded)
            brick.wire("assistant")
            await brick["assistant"].expect(SoundEnded)

    asyncio.run(scenario())
