"""The models that Mortar knows: where their parts are, and how a vision encoder wants its pictures.

models/catalogue.toml, and above it a catalogue.toml of one's own in the data folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.manifest import Colour, Count, Prompt, Table, Tiles


class Kind(StrEnum):
    """What a model is for."""

    VISION_LANGUAGE = "vision-language"
    SPEECH_TO_TEXT = "speech-to-text"
    VOICE = "voice"


class Weights(StrEnum):
    """Where a model's weights are."""

    BUNDLED = "bundled"
    PUBLISHED = "published"
    NONE = "none"
    """It is known from its paper."""


class Frames(StrEnum):
    """What a model was trained to make of several frames. None of them was trained to have them averaged."""

    EACH = "each"
    """A picture each."""
    PAIRS = "pairs"
    """Two frames that follow each other share their tokens."""


class Role(StrEnum):
    """What a part is to its model."""

    LANGUAGE = "language"
    MMPROJ = "mmproj"
    """The vision encoder, as llama.cpp reads it."""
    MODEL = "model"
    VOICE = "voice"
    CONFIG = "config"
    CARD = "card"
    """The model card, which has the licence."""


UNKNOWN = "unknown"
"""In the place of a checksum: nobody has verified one."""


class Published(Table, frozen=True):
    """A part of a model: a file in a repository on a hub."""

    repository: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")]
    file: Annotated[str, Meta(pattern=r"^([A-Za-z0-9_][\w.-]*/)*[A-Za-z0-9_][\w.-]*$")]
    """Its path there: no part of it begins with a point, so it leads nowhere else."""
    format: str
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64}|unknown)$")]
    size_MB: float | Literal["unknown"]
    """As the hub's page shows it: for people, and rounded."""
    revision: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][\w.-]*$")] = "main"

    @property
    def name(self) -> str:
        """Of the installed file."""
        return self.file.rpartition("/")[2]

    @property
    def verified(self) -> str | None:
        """The SHA-256 that somebody has verified."""
        return None if self.sha256 == UNKNOWN else self.sha256


class Entry(Table, frozen=True, kw_only=True):
    """What is known of any model."""

    kind: Kind
    title: str
    weights: Weights
    licence: str
    source: str
    """Of every figure and every address."""
    about: str = ""
    parts: dict[Role, Published] = msgspec.field(default_factory=dict)
    """Empty: it is published in no form that Mortar runs, as far as is known for certain."""


class Speech(Entry, frozen=True, kw_only=True):
    """Ears or a voice."""

    languages: list[str]
    """Those it speaks or understands (en, de ...); empty: about a hundred."""


class Marks(Table, frozen=True):
    """Text among the image tokens. {row} and {column} count from 1."""

    before_tile: str = ""
    after_row: str = ""
    before_thumbnail: str = ""
    after_thumbnail: str = ""


class Model(Entry, frozen=True, kw_only=True):
    """What is known of a vision-language model, above all of its vision encoder."""

    kind: Kind = Kind.VISION_LANGUAGE
    width_px: Count
    height_px: Count
    patch_px: Count
    merged: Count
    """Edge of the square of patches that one image token is made of; 1: no token reduction."""
    n_embd: Count | None = None
    """Width of an image token; None: that is not published."""
    mean: Colour = (0.5, 0.5, 0.5)
    std: Colour = (0.5, 0.5, 0.5)
    tiles: Tiles | None = None
    """None: it was trained without."""
    marks: Marks = Marks()
    frames: Frames | None = None
    """None: it knows single pictures, or what it makes of several is not published."""
    prompt: Prompt | None = None
    """None: its own file says it, as a chat template."""

    @property
    def n_tok(self) -> int:
        """Image tokens of one tile. Patches that don't fill a square are padded to one (27 → 28 → 14)."""
        columns, rows = self.width_px // self.patch_px, self.height_px // self.patch_px
        return -(-columns // self.merged) * -(-rows // self.merged)

    @property
    def has_marks(self) -> bool:
        """Whether it was trained with text between its tiles."""
        return self.marks != Marks()


NAME = r"^[A-Za-z0-9][\w.-]*$"
Name = Annotated[str, Meta(pattern=NAME)]
"""Of a model; of its folder too."""


def entries(path: Path | None = None) -> dict[str, Entry]:
    """Name → model: Mortar's own catalogue and above it the person's, or the one at `path` alone.

    Raises MortarError where one is wrong.
    """
    if path is not None:
        return _read(path)
    own = resources.data_folder() / "catalogue.toml"
    return _read(resources.catalogue()) | (_read(own, "correct it, or delete it") if own.exists() else {})


def load(path: Path | None = None) -> dict[str, Model]:
    """Those of them that are vision-language models."""
    return {name: entry for name, entry in entries(path).items() if isinstance(entry, Model)}


_RESTORE = "restore it with `git checkout models/catalogue.toml`, or install Mortar again"


def _read(path: Path, do: str = _RESTORE) -> dict[str, Entry]:
    try:
        return {name: _entry(name, table) for name, table in _tables(path.read_bytes()).items()}
    except OSError as error:
        raise MortarError("catalogue-unreadable", f"{path}: {error.strerror}", do) from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise MortarError("catalogue-wrong", f"{path}: {error}", do) from None


def _tables(content: bytes) -> dict[Name, dict[str, Any]]:
    return msgspec.toml.decode(content, type=dict[Name, dict[str, Any]])


def _entry(name: str, table: Mapping[str, Any]) -> Entry:
    is_speech = table.get("kind", Kind.VISION_LANGUAGE) != Kind.VISION_LANGUAGE
    try:
        entry: Entry = msgspec.convert(table, Speech if is_speech else Model)
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"{name}: {error}") from None
    if entry.parts and entry.parts.keys() != PARTS[entry.kind]:
        raise msgspec.ValidationError(f"{name}: its parts must be {', '.join(sorted(PARTS[entry.kind]))}")
    if entry.parts and isinstance(entry, Model) and entry.n_embd is None:
        raise msgspec.ValidationError(f"{name}: its parts are of no use without n_embd")
    return entry


PARTS: dict[Kind, frozenset[Role]] = {
    Kind.VISION_LANGUAGE: frozenset({Role.LANGUAGE, Role.MMPROJ}),
    Kind.SPEECH_TO_TEXT: frozenset({Role.MODEL}),
    Kind.VOICE: frozenset({Role.VOICE, Role.CONFIG, Role.CARD}),
}
"""Of each kind of model."""
