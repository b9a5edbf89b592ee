"""What speech to text makes of an utterance, and what the assistant would make of that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

from mortar import languages
from mortar.assistant.grammar import sentence_grammar
from mortar.assistant.intents import Understanding
from mortar.assistant.wake_phrase import without_wake_word
from mortar.runtimes import choose
from mortar.runtimes.interfaces import SpeechToText
from mortar.runtimes.recorded import transcribe
from mortar.settings import Listening, Recogniser
from mortar_tools.ears.corpus import WAKE_PHRASES, Utterance, made


@dataclass(frozen=True)
class Heard:
    """`text` is None where the recogniser rejects it."""

    utterance: Utterance
    text: str | None
    confidence: float
    is_command: bool
    """Something would be done about it."""
    is_understood: bool
    """It means what was asked, intent and slots."""


def hear(engine: Recogniser, tag: str, utterance: Utterance) -> Heard:
    """Made, recognised and understood; the process keeps its engine for the next."""
    heard = transcribe(_engine(engine, tag), made(utterance))
    text = without_wake_word(heard.text, WAKE_PHRASES) if heard.text else None
    understanding = _understanding(tag)
    meant = understanding.understand(text) if text else None
    is_understood = meant is not None and meant == understanding.understand(utterance.asked)
    return Heard(utterance, text or None, round(heard.confidence, 4), meant is not None, is_understood)


@cache
def _engine(engine: Recogniser, tag: str) -> SpeechToText:
    language = languages.of(tag)
    grammar = partial(sentence_grammar, WAKE_PHRASES, language)
    settings = Listening(engine=engine, language=tag)
    return choose.speech_to_text(settings, grammar, language, should_stop=lambda: False)


@cache
def _understanding(tag: str) -> Understanding:
    return Understanding(languages.of(tag))
