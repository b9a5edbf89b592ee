"""The voice."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from mortar.settings.section import Section


class VoiceEngine(StrEnum):
    ESPEAK_NG = "espeak-ng"
    PIPER = "piper"


class Voice(Section, frozen=True):
    engine: VoiceEngine = VoiceEngine.ESPEAK_NG
    """"espeak-ng" (comes with Mortar), or "piper" with an installed voice (docs/voice.md)."""
    model: str = ""
    """Piper's voice: the name of an installed one (en_GB-alba-medium), or the path of its .onnx file."""
    language: str = "en-us"
    """espeak-ng's voice (espeak-ng --voices); a Piper voice has its own language."""
    words_per_minute: Annotated[int, Meta(ge=80, le=400)] = 170
    """Speaking rate; for Piper, 170 is the pace that the voice was trained with."""
    deadline_ms: Annotated[int, Meta(ge=500, le=120_000)] = 15_000
    """Longest time one sentence may take to be synthesised."""
