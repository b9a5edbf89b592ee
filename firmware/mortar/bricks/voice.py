"""The voice: says sentences in order, each synthesised while those before it still sound; and plays notes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from mortar.bricks.earcons import earcon
from mortar.bricks.note_player import recording_at
from mortar.bricks.reading.aloud import read_aloud
from mortar.bricks.spoken import GAP_ms, Heard, audible
from mortar.clock import now_ms
from mortar.drivers.mixer import turn_mixer
from mortar.drivers.speaker import Speaker, open_speaker
from mortar.errors import MortarError
from mortar.messages import Chime, Failure, GoOn, Hold, Hush, Said, Say, SetVolume, SoundBegan, VolumeSet
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Samples, SpeechSynthesiser
from mortar.settings import Voice
from mortar.worker import Worker

LOAD_DEADLINE_ms = 30_000


@dataclass(frozen=True)
class _Sound:
    """A sentence, or an earcon (no index), on its way to the speaker."""

    turn: int
    index: int | None
    heard: Heard
    chunks: asyncio.Queue[Samples | None] = field(default_factory=asyncio.Queue)
    """Sound as it is made; None ends it."""

    def made(self, samples: Samples) -> None:
        self.heard.made(len(samples), now_ms())
        self.chunks.put_nowait(samples)


async def main(worker: Worker) -> None:
    engine = await worker.job("load", LOAD_DEADLINE_ms, _load, worker.settings.voice)
    voice = _Voice(worker, engine)
    try:
        if worker.run.speaker is not None:
            voice.open_speaker()  # a file that was asked for must open; a device may turn up later
        worker.ready({"voice": engine.unit})
        async with asyncio.TaskGroup() as tasks:
            await voice.serve(tasks)
    finally:
        voice.close()
        engine.close()


def _load(settings: Voice) -> SpeechSynthesiser:
    engine = choose.speech_synthesiser(settings)
    read_aloud("", engine.language)  # loads the language's rules: nobody should wait for that later
    return engine


class _Voice:
    """Each sentence and each earcon is a task; they queue for the speaker in the order they came."""

    def __init__(self, worker: Worker, engine: SpeechSynthesiser) -> None:
        self._worker = worker
        self._engine = engine
        self._gap = np.zeros(engine.rate_Hz * GAP_ms // 1_000, np.int16)
        self._speaker: Speaker | None = None
        self._speaker_free = asyncio.Lock()
        self._sounding: dict[asyncio.Task[None], _Sound] = {}
        self._complaint = ""
        self._is_held = False

    async def serve(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            match (mail := await self._worker.next()).message:
                case Say(turn, index, text, recording):
                    sound = self._sound(turn, index, text)
                    make = partial(self._load, recording) if recording else partial(self._make, text)
                    self._sounding[tasks.create_task(self._say(sound, make))] = sound
                case Chime(name, turn):
                    sound = self._sound(turn, None, "")
                    self._sounding[tasks.create_task(self._chime(sound, name))] = sound
                case Hush():
                    self._hush()
                case Hold():
                    self._hold()
                case GoOn():
                    self._go_on()
                case SetVolume():
                    tasks.create_task(self._set_volume(mail.message))

    def open_speaker(self) -> Speaker:
        if self._speaker is None:
            worker = self._worker
            self._speaker = open_speaker(worker.settings.speaker, worker.run, self._engine.rate_Hz)
            self._speaker.is_held = self._is_held
        return self._speaker

    def close(self) -> None:
        if self._speaker is not None:
            held, self._speaker = self._speaker, None
            held.close()

    def _sound(self, turn: int, index: int | None, text: str) -> _Sound:
        settings = self._worker.settings.voice
        return _Sound(turn, index, Heard(text, self._engine.rate_Hz, settings.words_per_minute))

    def _hush(self) -> None:
        for task, sound in self._sounding.items():
            task.cancel()
            self._told(sound, hushed=True)
        self._sounding.clear()
        self._keep(False)

    def _hold(self) -> None:
        for sound in self._sounding.values():
            sound.heard.held(now_ms())
        self._keep(True)

    def _go_on(self) -> None:
        for sound in self._sounding.values():
            sound.heard.went_on(now_ms())
        self._keep(False)

    def _keep(self, is_held: bool) -> None:
        self._is_held = is_held
        if self._speaker is not None:
            self._speaker.is_held = is_held

    def _ended(self, sound: _Sound, said: bool) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._sounding.pop(task, None) is not None:  # else `_hush` has told already
            self._told(sound, hushed=not said)

    def _told(self, sound: _Sound, hushed: bool) -> None:
        t_ms = now_ms()
        played = sound.heard.share(t_ms) if hushed else 1.0
        self._worker.send("assistant", Said(sound.turn, sound.index, hushed, t_ms, played))

    async def _set_volume(self, wanted: SetVolume) -> None:
        percent = None
        try:
            percent = await asyncio.to_thread(
                turn_mixer,
                self._worker.settings.speaker,
                wanted.percent,
                is_step=wanted.is_step,
                is_least=wanted.is_least,
            )
        except MortarError as error:
            self._complain(error, wanted.turn)
        self._worker.send("assistant", VolumeSet(wanted.turn, percent))

    # --- sound ---

    async def _say(self, sound: _Sound, make: Callable[[_Sound], Coroutine[None, None, None]]) -> None:
        making = asyncio.create_task(make(sound))
        try:
            async with self._speaker_free:
                said = await self._play(sound)
                try:
                    await making
                except MortarError as error:
                    self._complain(error, sound.turn)
                    await self._tone(self._sound(sound.turn, None, ""), "error")  # silence would tell nobody
                    said = False
                self._ended(sound, said)
        finally:
            making.cancel()

    async def _chime(self, sound: _Sound, name: str) -> None:
        async with self._speaker_free:
            self._ended(sound, await self._tone(sound, name))

    async def _tone(self, sound: _Sound, name: str) -> bool:
        sound.made(earcon(name, self._engine.rate_Hz))
        sound.chunks.put_nowait(None)
        return await self._play(sound)

    async def _play(self, sound: _Sound) -> bool:
        """Whether the sound was heard to its end. A speaker that fails is opened anew next time."""

        def first(t_ms: float) -> None:
            sound.heard.began(t_ms)
            self._worker.send("assistant", SoundBegan(sound.turn, sound.index, t_ms))

        try:
            speaker = self.open_speaker()
            speaker.begin_turn(sound.turn)
            await speaker.play(_queued(sound.chunks), first)
            self._worker.report(speaker=speaker.name, under_runs=speaker.under_runs)
        except MortarError as error:
            self._worker.report(speaker=f"waiting: {error.what}")
            self._complain(error, sound.turn)
            with suppress(MortarError):
                self.close()
            return False
        self._complaint = ""
        return True

    def _complain(self, error: MortarError, turn: int) -> None:
        """Once, and not for each sentence, until something was heard again."""
        if error.what != self._complaint:
            self._complaint = error.what
            self._worker.failed(error, turn)

    # --- speech ---

    async def _make(self, text: str, sound: _Sound) -> None:
        """Synthesise in the worker's thread, as far ahead of the speaker as it gets."""
        worker, loop = self._worker, asyncio.get_running_loop()

        def synthesise() -> None:
            words = read_aloud(text, self._engine.language)
            is_silent = True
            with closing(self._engine.synthesise(words)) as made:
                for samples in audible(made):
                    if worker.aborted.is_set():
                        raise MortarError(
                            "speech-too-slow",
                            f"{self._engine.unit} took too long for a sentence",
                            "raise voice.deadline_ms",
                        )
                    loop.call_soon_threadsafe(sound.made, samples)
                    is_silent = False
            if not is_silent:
                loop.call_soon_threadsafe(sound.chunks.put_nowait, self._gap)

        try:
            await worker.job("synthesise", worker.settings.voice.deadline_ms, synthesise)
            sound.heard.made_whole()
        finally:
            sound.chunks.put_nowait(None)

    async def _load(self, recording: str, sound: _Sound) -> None:
        """A note in somebody's own voice; the assistant is told where it cannot be played."""
        worker = self._worker
        deadline_ms, rate_Hz = worker.settings.voice.deadline_ms, self._engine.rate_Hz
        try:
            sound.made(await worker.job("load a note", deadline_ms, recording_at, recording, rate_Hz))
            sound.made(self._gap)
            sound.heard.made_whole()
        except MortarError as error:
            worker.send("assistant", Failure(error.code, error.what, error.do, sound.turn))
            raise
        finally:
            sound.chunks.put_nowait(None)


async def _queued(chunks: asyncio.Queue[Samples | None]) -> AsyncIterator[Samples]:
    while (samples := await chunks.get()) is not None:
        yield samples
