"""Which engine a brick gets: one small function a kind. Engines are imported where they are chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mortar.runtimes.interfaces import (
    KeyphraseSpotter,
    LanguageModel,
    SpeechDetector,
    SpeechSynthesiser,
    SpeechToText,
    VisionEncoder,
    WakeWordSpotter,
)
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Ears, Eye, Language, Voice


def wake_word_spotter(settings: Ears) -> WakeWordSpotter:
    from mortar.runtimes.microwakeword import MicroWakeWordSpotter

    return MicroWakeWordSpotter(settings.wake_word, settings.wake_threshold)


def stop_spotter() -> KeyphraseSpotter:
    from mortar.runtimes.keyphrases import StopSpotter

    return StopSpotter()


def speech_detector() -> SpeechDetector:
    from mortar.runtimes.silero import SileroSpeechDetector

    return SileroSpeechDetector()


def speech_to_text(grammar: str, pronunciations: Mapping[str, str]) -> SpeechToText:
    from mortar.runtimes.pocketsphinx import PocketSphinx

    return PocketSphinx(grammar, pronunciations)


def speech_synthesiser(settings: Voice) -> SpeechSynthesiser:
    from mortar.runtimes.espeak import EspeakNg

    return EspeakNg(settings)


def vision_encoder(settings: Eye, folder: ModelFolder) -> VisionEncoder:
    from mortar.runtimes.tflite import TfliteVisionEncoder

    part = folder.manifest.vision
    return TfliteVisionEncoder(
        folder.verified(part),
        width_px=part.width_px,
        height_px=part.height_px,
        n_tok=part.n_tok,
        n_embd=part.n_embd,
        threads=settings.threads,
    )


def language_model(settings: Language, folder: ModelFolder, should_stop: Callable[[], bool]) -> LanguageModel:
    from mortar.runtimes.llama import LlamaLanguageModel

    return LlamaLanguageModel(
        folder.verified(folder.manifest.language),
        n_ctx=settings.context_tok,
        threads=settings.threads,
        should_stop=should_stop,
    )
