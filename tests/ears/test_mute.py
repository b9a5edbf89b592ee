"""The ears as a real worker, muted: no sound is taken, none is kept, and nothing opens before it was told."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import soundfile

from harness import Brick, started
from mortar.bricks import ears
from mortar.messages import (
    AudioOffer,
    Failure,
    Listen,
    Message,
    MicrophoneOpened,
    SpeechBegan,
    SpeechEnded,
    WakeHeard,
)
from mortar.privacy import BOTH, NONE
from mortar.rings.audio_ring import AudioRingReader
from mortar.settings import RunOptions
from voices import RATE_Hz, in_room, pause, speak

PEERS = ["assistant", "listen"]


def somebody_asks(folder: Path, *, fast: bool = True) -> RunOptions:
    sound = in_room(pause(700), speak("okay nabu"), pause(400), speak("what do you see"), pause(3_000))
    soundfile.write(folder / "q.wav", sound, RATE_Hz)
    return RunOptions(mic=str(folder / "q.wav"), fast=fast)


def seen(brick: Brick, *kinds: type[Message]) -> list[Message]:
    """What the assistant was told of these kinds, up to what was expected last."""
    return [message for message in brick["assistant"].seen if isinstance(message, kinds)]


async def muted(brick: Brick) -> None:
    brick.switch(BOTH)
    await brick.obeyed()


def test_ears_that_were_not_told_open_no_microphone(tmp_path: Path) -> None:
    """All is ready, and a recording waits to be played: it begins once the supervisor has spoken."""

    async def scenario() -> None:
        run = somebody_asks(tmp_path)
        async with started(ears.main, PEERS, run=run, closed=None) as brick:
            await brick.ready()
            brick["assistant"].send(Listen(1))
            brick.wire("listen")  # answered after whatever was to be done before it
            await brick["listen"].expect(AudioOffer)
            assert seen(brick, MicrophoneOpened) == []
            brick.switch(NONE)
            await brick["assistant"].expect(MicrophoneOpened)
            assert seen(brick, SpeechBegan, WakeHeard) == []

    asyncio.run(scenario())


def test_muted_from_the_start_nothing_is_heard_and_a_question_is_refused(tmp_path: Path) -> None:
    """The press that asks is answered with why; once unmuted, the wake word is heard as ever."""

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=somebody_asks(tmp_path), closed=BOTH) as brick:
            await brick.obeyed()
            brick["assistant"].send(Listen(1))
            assert (await brick["assistant"].expect(Failure)).code == "microphone-muted"
            assert seen(brick, MicrophoneOpened, WakeHeard) == []
            brick.switch(NONE)
            await brick["assistant"].expect(MicrophoneOpened)
            await brick["assistant"].expect(WakeHeard)

    asyncio.run(scenario())


def test_a_question_in_progress_is_dropped_and_its_sound_forgotten(tmp_path: Path) -> None:
    """Muted in the middle of a word: its end is never told, and not a sample stays in the ring."""

    async def scenario() -> None:
        run = somebody_asks(tmp_path, fast=False)
        async with started(ears.main, PEERS, run=run) as brick:
            offer = await brick["listen"].expect(AudioOffer)
            reader = AudioRingReader(offer, os.dup(brick["listen"].descriptors[0]))
            await brick["assistant"].expect(SpeechBegan)
            assert np.any(reader.read(0, offer.capacity))
            await muted(brick)
            assert not np.any(reader.read(0, offer.capacity))
            brick["assistant"].send(Listen(2))
            await brick["assistant"].expect(Failure)
            assert seen(brick, SpeechEnded) == []

    asyncio.run(scenario())


def test_the_second_half_of_a_question_is_not_taken_for_one(tmp_path: Path) -> None:
    """Unmuted, the ears wait for the wake word, whatever was awaited before."""

    async def scenario() -> None:
        async with started(ears.main, PEERS, run=somebody_asks(tmp_path, fast=False)) as brick:
            await brick["assistant"].expect(SpeechBegan)
            await muted(brick)
            brick.switch(NONE)
            await brick["assistant"].expect(MicrophoneOpened)
            brick["assistant"].send(Listen(3, patience_ms=1_000))
            await brick["assistant"].expect(SpeechBegan)
            assert len(seen(brick, SpeechBegan)) == 2, "only once it was asked to listen"

    asyncio.run(scenario())
