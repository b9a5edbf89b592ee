"""Whether what somebody said over the assistant was meant to stop it: listen's second task."""

from __future__ import annotations

import asyncio
from functools import partial

from mortar.errors import MortarError
from mortar.messages import Remark, Remarked
from mortar.runtimes.interfaces import Interrupted, PhraseRecogniser, Samples
from mortar.worker import Worker


class RemarkJudge:
    """One remark at a time, in the worker's thread; the next one takes its place."""

    def __init__(self, worker: Worker, phrases: PhraseRecogniser) -> None:
        self._worker = worker
        self._phrases = phrases
        self._judging: asyncio.Task[None] | None = None

    def take(self, remark: Remark, sound: Samples) -> None:
        """`sound`, int16 [to_sample - from_sample], is all of it. The ears are told."""
        self.drop()
        self._judging = asyncio.create_task(self._judge(remark, sound))

    def drop(self) -> None:
        """Nobody waits for the answer any more, or a question comes first."""
        if self._judging is not None:
            self._judging.cancel()
        self._judging = None

    async def _judge(self, remark: Remark, sound: Samples) -> None:
        loud_from, loud_to = remark.loud_from - remark.from_sample, remark.loud_to - remark.from_sample
        work = partial(self._phrases.phrase, sound, loud_from, loud_to)
        try:
            phrase = await self._worker.job("judge a remark", self._worker.settings.listen.deadline_ms, work)
        except Interrupted:
            return
        except MortarError as error:
            self._worker.failed(error)
            return
        self._worker.send("ears", Remarked(remark.number, phrase))
