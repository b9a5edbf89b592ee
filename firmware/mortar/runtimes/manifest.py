"""What a model's manifest.toml says: its parts, how it sees, how it is asked, when it is sure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

MANIFEST = "manifest.toml"

MMPROJ = "mmproj"
"""Name, among the manifest's extra files, of the vision encoder as llama.cpp reads it."""

GGUF = ".gguf"

UNKNOWN = "unknown"
"""In the place of a SHA-256 that nobody has given."""

Count = Annotated[int, Meta(ge=1)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the manifest's tables: unknown keys are refused."""


class Part(Table, frozen=True):
    """One file of the model."""

    file: str
    sha256: Annotated[str, Meta(pattern=f"^([0-9a-f]{{64}}|{UNKNOWN})$")]
    size_bytes: Count


Colour = tuple[float, float, float]
"""A number each for red, green and blue."""


class Fit(StrEnum):
    """How a picture comes to the shape of its tiles."""

    SQUASH = "squash"
    LETTERBOX = "letterbox"


class Thumbnail(StrEnum):
    """Where the whole picture, as small as a tile, stands among the tiles."""

    FIRST = "first"
    LAST = "last"


class Tiles(Table, frozen=True):
    """How a large picture is cut for a model that was trained with tiles, each as large as its input."""

    most_across: Annotated[int, Meta(ge=1, le=16)]
    """Most tiles beside each other or above each other."""
    most: Annotated[int, Meta(ge=1, le=64)]
    """Most tiles in all; the thumbnail is not counted."""
    fit: Fit
    thumbnail: Thumbnail = Thumbnail.FIRST


class VisionPart(Part, frozen=True):
    """The vision encoder: a picture of `width_px` × `height_px` in, float32 [n_tok, n_embd] out.

    It takes (value / 255 - mean) / std of each colour.
    """

    n_tok: Count
    n_embd: Count
    width_px: Count
    height_px: Count
    mean: Colour = (0.5, 0.5, 0.5)
    std: Colour = (0.5, 0.5, 0.5)
    tiles: Tiles | None = None
    """None: every picture is squashed into one."""
    closeup: bool = False
    """It was trained to see a close-up of what lies in the picture behind the whole of it."""


class Prompt(Table, frozen=True):
    """The text around what the model reads.

    begin (before_question QUESTION before_answer ANSWER end)* before_image IMAGE after_image
    before_question QUESTION before_answer, then the model writes until end.
    """

    begin: str
    before_image: str
    after_image: str
    before_question: str
    before_answer: str
    end: str
    most_earlier_turns: Annotated[int, Meta(ge=0)]
    """Turns that the model was trained to be reminded of; older ones are left out."""
    before_seen_question: str | None = None
    """Of a question behind a picture; None: before_question."""
    before_told_answer: str | None = None
    """Of an answer of an earlier turn; None: before_answer."""
    control: list[str] | None = None
    """The control tokens in these texts: what stands between them is read as one text with what people say
    beside it, as the model was trained. None: each text is control tokens and nothing else."""
    stop: list[Annotated[str, Meta(min_length=1)]] = []
    """Texts that end an answer, beside the model's own end token; nothing of them is said."""

    def question_lead(self, *, is_seen: bool) -> str:
        """Before a question, behind a picture or not."""
        seen = self.before_seen_question
        return seen if is_seen and seen is not None else self.before_question

    def answer_lead(self, *, is_told: bool) -> str:
        """Before an answer, of an earlier turn or not."""
        told = self.before_told_answer
        return told if is_told and told is not None else self.before_answer


class Taught(Table, frozen=True):
    """Of a model that was taught the questions of the sentence templates and no others.

    Measured on the bundled one, on the 24 pictures of docs/gallery: of 180 questions about anything at all it
    answers 169 with one of `cannot`, 9 with "it is too dark", where it is, and 2 with nonsense, at 0.54 and
    0.02. Of 100 questions about the cards in other words than it was taught it answers 73 so, and 11 below
    0.6, with nonsense or a guess; 16 are answered. Of 200 that it was taught 34 are below 0.6 as well: they
    are answered all the same, since few of those are wrong in every word.
    """

    least_confidence: Annotated[float, Meta(ge=0, le=1)]
    """An answer to any other question that it is less sure of is not given."""
    cannot: list[str]
    """Its own words for that it can't answer: of any other question, what to do about it is said instead."""

    def refuses(self, text: str, confidence: float) -> bool:
        """Whether this answer to another question is none."""
        return confidence < self.least_confidence or text in self.cannot


class SelfTest(StrEnum):
    """What an answer is judged by, bricks/language/selftests.py; of each, more is surer."""

    PROBABILITY = "probability"
    """Of the whole answer, 0..1."""
    MEAN_LOG_PROBABILITY = "mean_log_probability"
    """Of its tokens, nats."""
    LEAST_LOG_PROBABILITY = "least_log_probability"
    """Of its least probable token, nats."""
    DECIDING_ENTROPY = "deciding_entropy"
    """Of the most open choice of a token, nats; negative, so that more is surer."""
    FORM = "form"
    """1 where the answer is whole and made of words, else 0."""
    AGREEMENT = "agreement"
    """With the answer to the same question in other words, 0..1."""
    ANSWERS = "answers"
    """0 where the model says, in words that it was taught, that it cannot answer; else 1."""


Least = dict[SelfTest, float]
"""An answer that scores less in one of these is not sure."""


class SelfTests(Table, frozen=True):
    """When an answer of this model may be relied on, as `mortar tools calibrate --write` found it; see
    docs/cascade.md."""

    least: Least
    """Where it is asked first, or alone."""
    error: Annotated[float, Meta(gt=0, lt=1)]
    """Of the answers that are sure, at most this share is wrong ..."""
    confidence: Annotated[float, Meta(gt=0, lt=1)]
    """... with this probability, of the draw of the calibration's questions."""
    after: dict[str, Least] = {}
    """Where it is asked what smaller models were not sure of, by their names: "small", "tiny+small". Those
    questions are harder."""

    def least_after(self, before: Sequence[str]) -> Least:
        """For what the models of these names left; as if it were asked first where that was not
        calibrated."""
        return self.after.get(BETWEEN.join(before), self.least)


BETWEEN = "+"
"""Names of models in a row."""


class Manifest(Table, frozen=True):
    name: str
    licence: str
    language: Part
    vision: VisionPart | None = None
    """None: it knows text alone."""
    prompt: Prompt | None = None
    """None: its chat template gives it."""
    taught: Taught | None = None
    """None: it may be asked anything."""
    selftests: SelfTests | None = None
    """None: nobody has calibrated it."""
    languages: list[str] = []
    """Those it speaks (en, de ...), where it speaks few; empty: whatever it is asked in."""
    extra: dict[str, Part] = {}
    """The same weights in other formats, by name: the program doesn't need them, other tools do."""
    about: dict[str, object] = {}
    """Facts for people: how it was trained, how well it does."""

    @property
    def mmproj(self) -> Part | None:
        """The vision encoder as llama.cpp reads it; None where there is no such file."""
        is_own = self.vision is not None and self.vision.file.endswith(GGUF)
        return self.vision if is_own else self.extra.get(MMPROJ)
