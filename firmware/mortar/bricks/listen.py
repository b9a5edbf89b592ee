"""Speech to text: copies an utterance out of the audio ring while it is spoken, and says what was said.

And whether what somebody said over the assistant was "stop". What is to be remembered it writes down.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, TypeVar

from mortar import languages
from mortar.assistant.grammar import sentence_grammar
from mortar.assistant.outlook import Sentences
from mortar.assistant.wake_phrase import without_wake_word
from mortar.bricks.remark_judge import RemarkJudge
from mortar.bricks.scribe import Scribe, joined_flac
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.languages import Language
from mortar.messages import (
    Audio,
    AudioLost,
    AudioOffer,
    AudioTaken,
    Failure,
    Heard,
    KeepNote,
    KeepSound,
    LinkLost,
    Partial,
    Remark,
    SpeechJudged,
    SpeechPaused,
)
from mortar.rings.audio_ring import AudioRingReader
from mortar.runtimes import choose
from mortar.runtimes.interfaces import (
    Interrupted,
    PhraseRecogniser,
    Samples,
    SpeechToText,
    Transcript,
    Utterance,
)
from mortar.runtimes.wake_words import spoken
from mortar.settings import Listening
from mortar.traces.folder import Beside
from mortar.traces.keepsakes import Keepsakes
from mortar.word_graph import Grammar
from mortar.worker import Worker

LOAD_DEADLINE_ms = 60_000
"""A Whisper model of some hundred MB comes from an SD card."""

T = TypeVar("T")

ASSISTANT, EARS = "assistant", "ears"


async def main(worker: Worker) -> None:
    wake_phrases = [spoken(word) for word in worker.settings.ears.wake_words]
    settings, aborted = worker.settings.listen, worker.aborted.is_set
    language = languages.of(worker.settings.assistant.language)
    loaded = await worker.job("load", LOAD_DEADLINE_ms, _load, settings, language, wake_phrases, aborted)
    worker.ready({"speech to text": loaded.engine.unit})
    await _Listener(worker, loaded, wake_phrases).serve()


class _Loaded(NamedTuple):
    engine: SpeechToText
    stop_phrases: PhraseRecogniser
    sentences: Sentences


def _load(
    settings: Listening, language: Language, wake_phrases: list[str], should_stop: Callable[[], bool]
) -> _Loaded:
    def grammar() -> Grammar:
        # A wake word of one's own may be in no dictionary: it is heard all the same, but not in one breath.
        return sentence_grammar(choose.pronounceable(wake_phrases, language), language)

    engine = choose.speech_to_text(settings, grammar, language, should_stop)
    stop_phrases = choose.stop_phrases(settings, language.speech.stop, should_stop)
    return _Loaded(engine, stop_phrases, Sentences(language))


class _Spoken:
    """What is being said. The loop puts sound in, the worker's thread takes it to the engine."""

    def __init__(self, number: int, utterance: Utterance) -> None:
        self.number = number
        self.shown = ""
        """What was shown of it last."""
        self.sound: list[Samples] = []
        """All of it."""
        self._utterance = utterance
        self._unheard: deque[Samples] = deque()

    def add(self, samples: Samples) -> None:
        self.sound.append(samples)
        self._unheard.append(samples)

    def hear(self) -> str:
        text = ""
        while self._unheard:
            text = self._utterance.hear(self._unheard.popleft())
        return text

    def conclude(self) -> Transcript:
        self.hear()
        return self._utterance.conclude()


class _Listener:
    """Holds the utterance that is being spoken; the next one to begin takes its place.

    The engine follows it as it comes, and concludes in every pause already, so that the patience that
    waits for more speech is not followed by a second wait, and the ears are told whether the person can
    have ended. Where more is said, that conclusion is dropped.
    """

    def __init__(self, worker: Worker, loaded: _Loaded, wake_phrases: list[str]) -> None:
        self._worker = worker
        self._engine, self._sentences = loaded.engine, loaded.sentences
        self._remarks = RemarkJudge(worker, loaded.stop_phrases)
        self._scribe = Scribe(worker)
        self._keepsakes = Keepsakes(worker, Beside.SOUND, joined_flac, is_on=worker.settings.trace.sound)
        self._wake_phrases = wake_phrases
        self._ring: AudioRingReader | None = None
        self._spoken: _Spoken | None = None
        self._following: asyncio.Task[None] | None = None
        self._early: asyncio.Task[Transcript | MortarError] | None = None
        """Concludes what there was of the utterance at its last pause."""

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
                case SpeechPaused(utterance, to_sample):
                    if self._spoken is not None and self._spoken.number == utterance:
                        self._drop_early()
                        self._early = asyncio.create_task(self._judge(self._spoken, to_sample))
                case AudioLost(utterance):
                    self._lost(utterance)
                case KeepNote():
                    await self._scribe.keep(mail.message)
                case KeepSound(utterance, run):
                    self._keepsakes.keep(utterance, run)
                case Remark(_, first, end) if self._ring is not None and self._spoken is None:
                    self._remarks.take(mail.message, self._ring.read(first, end))
                case _:
                    pass

    def _begin(self, utterance: int) -> _Spoken:
        self._forget_spoken()
        self._remarks.drop()
        self._scribe.forget()
        self._spoken = _Spoken(utterance, self._engine.utterance())
        return self._spoken

    def _forget_spoken(self) -> None:
        self._drop_early()
        if self._following is not None:
            self._following.cancel()
        self._spoken = self._following = None

    def _drop_early(self) -> None:
        if self._early is not None:
            self._early.cancel()
        self._early = None

    def _forget_ring(self) -> None:
        """What was being spoken is gone with the ears; a new utterance comes with new ones."""
        if self._ring is not None:
            self._ring.close()
        self._ring = None
        self._forget_spoken()
        self._remarks.drop()

    async def _take(self, audio: Audio) -> None:
        if self._ring is None:
            return  # from ears that have died since
        spoken = self._spoken
        if spoken is None or spoken.number != audio.utterance:
            spoken = self._begin(audio.utterance)
        if audio.to_sample > audio.from_sample:
            self._drop_early()
            spoken.add(self._ring.read(audio.from_sample, audio.to_sample))
            self._worker.send(EARS, AudioTaken(audio.utterance, audio.to_sample))
        if audio.last:
            await self._finish(spoken)
        elif self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow(spoken))

    async def _follow(self, spoken: _Spoken) -> None:
        # What the engine has not heard yet, it hears when it concludes; or fails again, and then it is said.
        with suppress(Interrupted, MortarError):
            self._show(spoken, await self._job("hear", spoken.hear))

    async def _judge(self, spoken: _Spoken, to_sample: int) -> Transcript | MortarError:
        heard = await self._conclude(spoken)
        if isinstance(heard, Transcript):
            outlook = self._sentences.outlook(self._question(heard.text), heard.confidence)
            self._worker.send(EARS, SpeechJudged(spoken.number, to_sample, outlook))
        return heard

    async def _conclude(self, spoken: _Spoken) -> Transcript | MortarError:
        try:
            heard = await self._job("recognise", spoken.conclude)
        except Interrupted:
            return _late()
        except MortarError as error:
            return error
        self._show(spoken, heard.text)
        return heard

    async def _finish(self, spoken: _Spoken) -> None:
        heard = await (self._early or self._conclude(spoken))
        self._early = None
        self._scribe.take(spoken.number, spoken.sound)
        self._keepsakes.hold(spoken.number, spoken.sound)
        self._forget_spoken()
        if isinstance(heard, MortarError):
            self._failed(spoken.number, heard)
            return
        text = self._question(heard.text)
        self._tell(spoken.number, text, heard.confidence)

    async def _job(self, what: str, work: Callable[[], T]) -> T:
        return await self._worker.job(what, self._worker.settings.listen.deadline_ms, work)

    def _show(self, spoken: _Spoken, text: str | None) -> None:
        """Tell what is understood so far, where it is something new."""
        text = self._question(text)
        if text is not None and text != spoken.shown:
            spoken.shown = text
            self._worker.send(ASSISTANT, Partial(spoken.number, text, now_ms()))

    def _question(self, text: str | None) -> str | None:
        return without_wake_word(text, self._wake_phrases) or None if text else None

    def _lost(self, utterance: int) -> None:
        if self._spoken is not None and self._spoken.number == utterance:
            self._forget_spoken()
        lost = MortarError(
            "audio-lost",
            "speech to text was too slow to take the question from the audio ring",
            "close other programs that keep the processor busy, then ask again",
        )
        self._failed(utterance, lost)

    def _failed(self, utterance: int, error: MortarError) -> None:
        """The supervisor logs it, the assistant says it to the person who asked."""
        self._worker.failed(error)
        failure = Failure(error.code, error.what, error.do)
        self._tell(utterance, None, 0.0, failure)

    def _tell(
        self, utterance: int, text: str | None, confidence: float, failure: Failure | None = None
    ) -> None:
        is_dictated = self._worker.settings.listen.engine.is_dictation
        self._worker.send(ASSISTANT, Heard(utterance, text, confidence, now_ms(), failure, is_dictated))


def _late() -> MortarError:
    return MortarError(
        "listen-too-slow",
        "speech to text took longer than it may",
        "use a smaller model, or raise deadline_ms in [listen]",
    )
