"""`mortar hear`: what the ears make of a recording, with nothing said or done about it."""

from __future__ import annotations

import asyncio

from mortar.assistant.intents import Understanding
from mortar.clock import now_ms
from mortar.messages import (
    Event,
    Finished,
    Heard,
    Listen,
    NoSpeech,
    Partial,
    Rest,
    Scalar,
    SoundEnded,
    SpeechEnded,
    WakeHeard,
    Wire,
)
from mortar.worker import Worker

SAMPLES_PER_MS = 16


class Hearing:
    """Takes any speech, and starts afresh at the wake word: what follows it is the question."""

    def __init__(self, worker: Worker, understanding: Understanding) -> None:
        self._worker = worker
        self._understanding = understanding
        self._wake: str | None = None
        self._wake_ms: float | None = None
        self._heard: Heard | None = None
        self._last: Heard | None = None
        """What listen said last."""
        self._awaited: int | None = None
        """The utterance that listen is working on."""
        self._sound_is_over = False

    async def serve(self) -> None:
        while not self._is_done():
            mail = await self._worker.next()
            match mail.message:
                case Wire("ears"):
                    self._worker.send("ears", Listen(0))
                case WakeHeard(word, score, end_sample, t_ms):
                    self._wake, self._wake_ms = word, end_sample / SAMPLES_PER_MS
                    self._heard = None
                    self._awaited = None
                    self._emit("wake", t_ms, word=word, score=round(score, 3))
                case SpeechEnded(utterance, from_sample, to_sample, t_ms):
                    self._awaited = utterance
                    self._emit("speech_start", t_ms, from_sample=from_sample)
                    self._emit("speech_end", t_ms, to_sample=to_sample)
                    self._understand()
                case NoSpeech():
                    self._worker.send("ears", Listen(0))
                case Partial(_, text, t_ms):
                    self._emit("partial", t_ms, text=text)
                case Heard():
                    self._last = mail.message
                    self._understand()
                case SoundEnded():
                    self._sound_is_over = True
                case _:
                    pass
        self._finish()
        await asyncio.Event().wait()  # until told to stop

    def _understand(self) -> None:
        """Both the end of the speech and its words are there; either may come first."""
        if self._last is None or self._last.utterance != self._awaited:
            return
        self._heard, self._awaited = self._last, None
        self._emit("heard", now_ms(), text=self._heard.text)
        # A wake word may still come, with the question behind it.
        self._worker.send("ears", Rest() if self._wake else Listen(0))

    def _is_done(self) -> bool:
        if self._wake is not None and self._heard is not None:
            return True
        return self._sound_is_over and self._awaited is None

    def _finish(self) -> None:
        text = self._heard.text if self._heard else None
        intent = self._understanding.understand(text) if text else None
        self._worker.tell_supervisor(
            Finished(
                {
                    "wake": self._wake,
                    "wake_ms": self._wake_ms,
                    "text": text,
                    "intent": intent.name if intent else None,
                    "slots": dict(intent.slots) if intent else {},
                }
            )
        )

    def _emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self._worker.tell_supervisor(Event(event, at_ms, data))
