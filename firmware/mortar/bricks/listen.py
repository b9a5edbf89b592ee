"""Speech to text: copies an utterance out of the audio ring while it is spoken, then recognises it."""

from __future__ import annotations

import asyncio

import numpy as np

from mortar.assistant.grammar import PRONUNCIATIONS, sentence_grammar
from mortar.assistant.outlook import Sentences
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import (
    Audio,
    AudioLost,
    AudioOffer,
    AudioTaken,
    Heard,
    LinkLost,
    SpeechJudged,
    SpeechPaused,
)
from mortar.rings.audio_ring import AudioRingReader
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Samples, SpeechToText, Transcript
from mortar.worker import Worker

LOAD_DEADLINE_ms = 30_000

ASSISTANT, EARS = "assistant", "ears"


async def main(worker: Worker) -> None:
    wake_word = worker.settings.ears.wake_word
    engine, sentences = await worker.job("load", LOAD_DEADLINE_ms, _load, wake_word)
    worker.ready({"speech to text": engine.unit})
    await _Listener(worker, engine, sentences, wake_word.replace("_", " ")).serve()


def _load(wake_word: str) -> tuple[SpeechToText, Sentences]:
    return choose.speech_to_text(sentence_grammar(wake_word), PRONUNCIATIONS), Sentences()


class _Listener:
    """Holds the utterance that is being spoken; the next one to begin takes its place.

    It is recognised in every pause already, so that the patience that waits for more speech is not
    followed by a second wait, and the ears are told whether the person can have ended. What more speech
    follows is thrown away.
    """

    def __init__(self, worker: Worker, engine: SpeechToText, sentences: Sentences, wake_word: str) -> None:
        self._worker = worker
        self._engine = engine
        self._wake_word = wake_word
        self._sentences = sentences
        self._ring: AudioRingReader | None = None
        self._utterance: int | None = None
        self._sound: list[Samples] = []
        self._early: asyncio.Task[Transcript] | None = None
        """Recognises what there was of the utterance at its last pause."""

    async def serve(self) -> None:
        while True:
            mail = await self._worker.next()
            match mail.message:
                case AudioOffer():
                    self._forget_ring()
                    self._ring = AudioRingReader(mail.message, mail.descriptors[0])
                case LinkLost(peer) if peer == EARS:
                    self._forget_ring()
                case Audio():
                    await self._take(mail.message)
                case SpeechPaused(utterance, to_sample) if utterance == self._utterance:
                    self._drop_early()
                    self._early = asyncio.create_task(self._judge(utterance, to_sample))
                case AudioLost(utterance):
                    self._lost(utterance)
                case _:
                    pass

    def _begin(self, utterance: int | None) -> None:
        self._utterance, self._sound = utterance, []
        self._drop_early()

    def _drop_early(self) -> None:
        if self._early is not None:
            self._early.cancel()
        self._early = None

    def _forget_ring(self) -> None:
        """What was being spoken is gone with the ears; a new utterance comes with new ones."""
        if self._ring is not None:
            self._ring.close()
        self._ring = None
        self._begin(None)

    async def _take(self, audio: Audio) -> None:
        if self._ring is None:
            return  # from ears that have died since
        if audio.utterance != self._utterance:
            self._begin(audio.utterance)
        if audio.to_sample > audio.from_sample:
            self._drop_early()
            self._sound.append(self._ring.read(audio.from_sample, audio.to_sample))
            self._worker.send(EARS, AudioTaken(audio.utterance, audio.to_sample))
        if audio.last:
            heard = await (self._early or self._recognise())
            self._early = None
            self._begin(None)
            self._tell(audio.utterance, heard)

    async def _judge(self, utterance: int, to_sample: int) -> Transcript:
        heard = await self._recognise()
        outlook = self._sentences.outlook(self._question(heard), heard.confidence)
        self._worker.send(EARS, SpeechJudged(utterance, to_sample, outlook))
        return heard

    async def _recognise(self) -> Transcript:
        deadline_ms = self._worker.settings.listen.deadline_ms
        sound = np.concatenate(self._sound)
        return await self._worker.job("recognise", deadline_ms, self._engine.transcribe, sound)

    def _tell(self, utterance: int, heard: Transcript) -> None:
        self._worker.send(ASSISTANT, Heard(utterance, self._question(heard), heard.confidence, now_ms()))

    def _question(self, heard: Transcript) -> str | None:
        return heard.text.removeprefix(self._wake_word).strip() or None if heard.text else None

    def _lost(self, utterance: int) -> None:
        if utterance == self._utterance:
            self._begin(None)
        self._worker.send(ASSISTANT, Heard(utterance, None, 0.0, now_ms()))
        self._worker.failed(
            MortarError(
                "audio-lost",
                "speech to text was too slow to take the question from the audio ring",
                "close other programs that keep the processor busy, then ask again",
            )
        )
