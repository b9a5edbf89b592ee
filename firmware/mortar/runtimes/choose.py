"""Which engine a brick gets: one small function a kind. Engines are imported where they are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from mortar import languages
from mortar.errors import MortarError
from mortar.languages.tables import Stop
from mortar.runtimes.interfaces import (
    LanguageModel,
    PhraseRecogniser,
    SpeechDetector,
    SpeechSynthesiser,
    SpeechToText,
    VisionEncoder,
    WakeWordSpotter,
)
from mortar.runtimes.manifest import Prompt
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.wake_words import WakeWord
from mortar.settings import Ears, Eye, Language, Listening, Recogniser, Voice, VoiceEngine
from mortar.word_graph import Grammar


def wake_word_spotter(settings: Ears, complain: Callable[[MortarError], None]) -> WakeWordSpotter:
    """`complain` gets the words that cannot be used; where none can, it is raised."""
    from mortar.runtimes.microwakeword import spotter

    return spotter(settings.wake_words, settings.wake_cooldown_ms, complain)


def usable_wake_word(description: Path) -> WakeWord:
    """Raises MortarError where the engine cannot run it."""
    from mortar.runtimes.microwakeword import usable

    return usable(description)


def speech_detector() -> SpeechDetector:
    from mortar.runtimes.silero import SileroSpeechDetector

    return SileroSpeechDetector()


def speech_to_text(
    settings: Listening,
    grammar: Callable[[], Grammar],
    language: languages.Language,
    should_stop: Callable[[], bool],
) -> SpeechToText:
    """`grammar` makes the sentences of `language` that an engine without dictation is to know."""
    match settings.engine:
        case Recogniser.BUNDLED:
            from mortar.runtimes.bundled import Bundled

            return Bundled(grammar(), language, settings.threads, should_stop)
        case Recogniser.POCKETSPHINX:
            from mortar.runtimes.pocketsphinx import PocketSphinx

            return PocketSphinx(grammar(), language)
        case Recogniser.MOONSHINE:
            from mortar.runtimes.moonshine import MoonshineDictation

            return MoonshineDictation(settings, should_stop)
        case Recogniser.WHISPER:
            from mortar.runtimes.whisper import Whisper

            return Whisper(settings, should_stop)
        case Recogniser.SHERPA:
            from mortar.runtimes.sherpa import Sherpa

            return Sherpa(settings, should_stop)


def stop_phrases(settings: Listening, stop: Stop, should_stop: Callable[[], bool]) -> PhraseRecogniser:
    """By the model of the engine that is loaded already, and PocketSphinx; or by PocketSphinx alone."""
    from mortar.runtimes.keyphrases import KeyPhrases

    packaged = settings.engine is Recogniser.MOONSHINE and not settings.model
    if settings.engine is not Recogniser.BUNDLED and not packaged:
        return KeyPhrases(stop)

    from mortar.runtimes.moonshine_model import loaded
    from mortar.runtimes.moonshine_model import packaged as weights
    from mortar.runtimes.stop_phrases import StopPhrases

    return StopPhrases(stop, loaded(weights(settings.language), settings.threads), should_stop)


def pronounceable(phrases: Iterable[str], language: languages.Language) -> list[str]:
    """Those of `phrases` that can stand in a grammar."""
    from mortar.runtimes.pocketsphinx import pronounceable

    return pronounceable(phrases, language)


def speech_synthesiser(settings: Voice) -> SpeechSynthesiser:
    """The engine that `voice.engine` names, as loud as the others."""
    from mortar.runtimes.loudness import Levelled

    match settings.engine:
        case VoiceEngine.ESPEAK_NG:
            from mortar.runtimes.espeak import EspeakNg

            return Levelled(EspeakNg(settings))
        case VoiceEngine.PIPER:
            from mortar.runtimes.piper import Piper

            return Levelled(Piper(settings))


def vision_encoder(settings: Eye, folder: ModelFolder) -> VisionEncoder:
    """On the best unit that there is. Raises MortarError where there is none, or it does not load."""
    from mortar.runtimes.places import best

    return best(settings, folder)


def prompt(settings: Language, folder: ModelFolder, model: LanguageModel) -> Prompt:
    """The manifest's, else what the model's chat template gives. Raises MortarError where neither does."""
    from mortar.runtimes.prompts import prompt

    return prompt(folder, model, settings.system)


def language_model(settings: Language, folder: ModelFolder, should_stop: Callable[[], bool]) -> LanguageModel:
    from mortar.runtimes.llama.model import BATCH_TOK, LlamaLanguageModel
    from mortar.runtimes.llama.placing import Placing
    from mortar.runtimes.projectors import rows

    lie = rows(folder)
    # Rows that attend to each other are computed at once.
    whole_tok = 0 if lie.causal else folder.vision.n_tok
    return LlamaLanguageModel(
        folder.verified(folder.manifest.language),
        n_ctx=settings.context_tok,
        threads=settings.threads,
        should_stop=should_stop,
        placing=Placing.of(settings),
        batch_tok=max(BATCH_TOK, whole_tok),
        rows=lie,
    )
