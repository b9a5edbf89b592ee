"""What takes long to load, once for many simulated loops."""

from __future__ import annotations

from functools import cache, partial

import msgspec
import numpy as np
import soxr

from mortar import languages
from mortar.assistant.grammar import sentence_grammar
from mortar.assistant.intents import Understanding
from mortar.assistant.outlook import Sentences
from mortar.assistant.wake_phrase import without_wake_word
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Samples, SpeechSynthesiser
from mortar.runtimes.recorded import transcribe
from mortar.runtimes.wake_words import spoken
from mortar.settings import Settings
from mortar_tools.session import SPEECH_PEAK, RATE_Hz


class Engines:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        language = languages.of(settings.assistant.language)
        self.understanding = Understanding(language)
        self.sentences = Sentences(language)
        self._wake_phrases = [spoken(word) for word in settings.ears.wake_words]
        self._recogniser = choose.speech_to_text(
            settings.listen,
            partial(sentence_grammar, self._wake_phrases, language),
            language,
            should_stop=lambda: False,
        )
        self.stop_phrases = choose.stop_phrases(
            settings.listen, language.speech.stop, should_stop=lambda: False
        )
        self._synthesiser: SpeechSynthesiser = choose.speech_synthesiser(settings.voice)
        self.spoken = cache(self._spoken)

    def heard(self, sound: Samples) -> tuple[str | None, float]:
        """The question that listen makes of an utterance, int16 [samples] at 16 kHz, and how sure it is."""
        heard = transcribe(self._recogniser, sound)
        return without_wake_word(heard.text or "", self._wake_phrases) or None, heard.confidence

    def _spoken(self, text: str) -> Samples:
        """How the assistant says it, int16 at 16 kHz, as loud as the people of these evaluations."""
        sound = np.concatenate(list(self._synthesiser.synthesise(text))).astype(np.float32)
        sound = soxr.resample(sound, self._synthesiser.rate_Hz, RATE_Hz)
        spoken: Samples = (sound * (SPEECH_PEAK * 32_767 / np.abs(sound).max())).astype(np.int16)
        return spoken


def settings(**ears: float) -> Settings:
    """Defaults, with a follow-up that is short: an echo comes at once or not at all."""
    return msgspec.convert({"ears": ears, "assistant": {"follow_up_ms": 1_500}}, Settings)
