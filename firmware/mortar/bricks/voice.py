"""The voice: says sentences in order, each synthesised while those before it still sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing, suppress

import numpy as np

from mortar.bricks.earcons import earcon
from mortar.clock import now_ms
from mortar.drivers.mixer import turn_mixer
from mortar.drivers.speaker import Speaker, open_speaker
from mortar.errors import MortarError
from mortar.messages import Chime, Hush, Said, Say, SetVolume, SoundBegan, VolumeSet
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Samples, SpeechSynthesiser
from mortar.worker import Worker

LOAD_DEADLINE_ms = 30_000

AUDIBLE = 100
"""Magnitude of a sample that can be heard, of 32,767: 50 dB below full scale."""

Chunks = asyncio.Queue[Samples | None]
"""Sound as it is made; None ends it."""


async def main(worker: Worker) -> None:
    engine = await worker.job("load", LOAD_DEADLINE_ms, choose.speech_synthesiser, worker.settings.voice)
    voice = _Voice(worker, engine)
    try:
        if worker.run.speaker is not None:
            voice.open_speaker()  # a file that was asked for must open; a device may turn up later
        worker.ready({"voice": engine.unit})
        async with asyncio.TaskGroup() as tasks:
            await voice.serve(tasks)
    finally:
        voice.close()


class _Voice:
    """Each sentence and each earcon is a task; they queue for the speaker in the order they came."""

    def __init__(self, worker: Worker, engine: SpeechSynthesiser) -> None:
        self._worker = worker
        self._engine = engine
        self._speaker: Speaker | None = None
        self._speaker_free = asyncio.Lock()
        self._sounding: dict[asyncio.Task[None], tuple[int, int | None]] = {}
        self._complaint = ""

    async def serve(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            match (mail := await self._worker.next()).message:
                case Say(turn, index, text):
                    self._sounding[tasks.create_task(self._say(turn, index, text))] = (turn, index)
                case Chime(name, turn):
                    self._sounding[tasks.create_task(self._chime(turn, name))] = (turn, None)
                case Hush():
                    self._hush()
                case SetVolume():
                    tasks.create_task(self._set_volume(mail.message))

    def open_speaker(self) -> Speaker:
        if self._speaker is None:
            worker = self._worker
            self._speaker = open_speaker(worker.settings.speaker, worker.run, self._engine.rate_Hz)
        return self._speaker

    def close(self) -> None:
        if self._speaker is not None:
            held, self._speaker = self._speaker, None
            held.close()

    def _hush(self) -> None:
        for task, (turn, index) in self._sounding.items():
            task.cancel()
            self._worker.send("assistant", Said(turn, index, True, now_ms()))
        self._sounding.clear()

    def _ended(self, turn: int, index: int | None, said: bool) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._sounding.pop(task, None) is not None:  # else `_hush` has told already
            self._worker.send("assistant", Said(turn, index, not said, now_ms()))

    async def _set_volume(self, wanted: SetVolume) -> None:
        percent = None
        try:
            percent = await asyncio.to_thread(
                turn_mixer, self._worker.settings.speaker, wanted.percent, is_step=wanted.is_step
            )
        except MortarError as error:
            self._complain(error, wanted.turn)
        self._worker.send("assistant", VolumeSet(wanted.turn, percent))

    # --- sound ---

    async def _say(self, turn: int, index: int, text: str) -> None:
        chunks: Chunks = asyncio.Queue()
        making = asyncio.create_task(self._make(text, chunks))
        try:
            async with self._speaker_free:
                said = await self._play(turn, index, chunks)
                await making
                self._ended(turn, index, said)
        except MortarError as error:
            self._complain(error, turn)
            self._ended(turn, index, said=False)
        finally:
            making.cancel()

    async def _chime(self, turn: int, name: str) -> None:
        chunks: Chunks = asyncio.Queue()
        chunks.put_nowait(earcon(name, self._engine.rate_Hz))
        chunks.put_nowait(None)
        async with self._speaker_free:
            self._ended(turn, None, await self._play(turn, None, chunks))

    async def _play(self, turn: int, index: int | None, chunks: Chunks) -> bool:
        """Whether the sound was heard to its end. A speaker that fails is opened anew next time."""

        def first(t_ms: float) -> None:
            self._worker.send("assistant", SoundBegan(turn, index, t_ms))

        try:
            speaker = self.open_speaker()
            speaker.begin_turn(turn)
            await speaker.play(_from_first_audible(chunks), first)
            self._worker.report(speaker=speaker.name, under_runs=speaker.under_runs)
        except MortarError as error:
            self._worker.report(speaker=f"waiting: {error.what}")
            self._complain(error, turn)
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

    async def _make(self, text: str, chunks: Chunks) -> None:
        """Synthesise in the worker's thread, as far ahead of the speaker as it gets."""
        worker, loop = self._worker, asyncio.get_running_loop()

        def synthesise() -> None:
            with closing(self._engine.synthesise(text)) as made:
                for samples in made:
                    if worker.aborted.is_set():
                        raise MortarError(
                            "speech-too-slow",
                            f"{self._engine.unit} took too long for a sentence",
                            "raise voice.deadline_ms",
                        )
                    loop.call_soon_threadsafe(chunks.put_nowait, samples)

        try:
            await worker.job("synthesise", worker.settings.voice.deadline_ms, synthesise)
        finally:
            chunks.put_nowait(None)


async def _from_first_audible(chunks: Chunks) -> AsyncIterator[Samples]:
    """The sound without the silence that engines put in front: what sounds first is heard first."""
    began = False
    while (samples := await chunks.get()) is not None:
        if not began:
            audible = np.flatnonzero(np.abs(samples.astype(np.int32)) > AUDIBLE)
            if not len(audible):
                continue
            began = True
            samples = samples[audible[0] :]
        yield samples
