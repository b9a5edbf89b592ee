"""Wake words, and speech to text."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from mortar.settings.section import Section

Sensitivity = Annotated[float, Meta(ge=0, le=1)]


class Ears(Section, frozen=True):
    wake_words: Annotated[dict[str, Sensitivity], Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: {"okay_nabu": 0.5}
    )
    """The wake words that are listened for, each with its sensitivity, 0..1: 0.5 is what its model was
    made for, more hears more of what is said and of what is not. A table of yours replaces this one.
    See [wake-words.md](wake-words.md)."""
    wake_cooldown_ms: Annotated[int, Meta(ge=0, le=60_000)] = 1_000
    """After a wake word, no other is heard for so long."""
    preroll_ms: Annotated[int, Meta(ge=0, le=5_000)] = 400
    """Sound kept from before the speech began, so that its first sound is not cut."""
    speech_threshold: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """Silero speech probability above which a window counts as voiced, 0..1."""
    start_patience_ms: Annotated[int, Meta(ge=500, le=60_000)] = 5_000
    """How long to wait for speech after the wake word."""
    end_patience_ms: Annotated[int, Meta(ge=100, le=5_000)] = 700
    """Silence that ends a question (Home Assistant's default pause is 700 ms too)."""
    complete_patience_ms: Annotated[int, Meta(ge=100, le=5_000)] = 320
    """Silence that ends a question which is a whole sentence and cannot go on."""
    hesitation_patience_ms: Annotated[int, Meta(ge=100, le=5_000)] = 1_100
    """Silence that ends what is no sentence yet: people who hesitate are waited for."""
    longest_speech_ms: Annotated[int, Meta(ge=1_000, le=30_000)] = 15_000
    """A question is cut after this long."""


class Recogniser(StrEnum):
    """Engines of speech to text."""

    BUNDLED = "bundled"
    POCKETSPHINX = "pocketsphinx"
    MOONSHINE = "moonshine"
    WHISPER = "whisper"
    SHERPA = "sherpa"

    @property
    def is_dictation(self) -> bool:
        """Whether it hears any words, and not only those of the sentence templates."""
        return self not in (Recogniser.BUNDLED, Recogniser.POCKETSPHINX)


class Listening(Section, frozen=True):
    engine: Recogniser = Recogniser.BUNDLED
    """"bundled": the English [sentences](sentences.md) and nothing else. "pocketsphinx": those of any
    language, with less memory and more errors. "moonshine": free dictation in English. "whisper" or
    "sherpa": free dictation with a model of yours, see [dictation.md](dictation.md)."""
    model: str = ""
    """Model of moonshine, whisper or sherpa: its name among the installed models, or a path with a slash in
    it. Without one, moonshine takes that which comes with Mortar."""
    language: Annotated[str, Meta(pattern="^[a-z]{2,3}$")] = "en"
    """What people speak, for a Whisper model of many languages: en, de, fr ..."""
    threads: Annotated[int, Meta(ge=1, le=16)] = 2
    """CPU threads of speech to text; PocketSphinx has one."""
    deadline_ms: Annotated[int, Meta(ge=500, le=120_000)] = 15_000
    """Longest time speech to text may take for one question."""
