"""Wake words on disk: those that pymicro-wakeword carries, and a person's own in a folder.

A word is NAME.json, the description that the microWakeWord trainer goes with, and the .tflite that it
names. The file's name is the word as it is spoken, with underscores. Nothing here loads an engine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mortar import resources
from mortar.errors import MortarError, UsageError

NAME = re.compile(r"[a-z']+(_[a-z']+)*")

SPAN = 4.0
"""Logits that the cutoff moves over all of the sensitivity. A quarter of it takes "okay nabu" from 0.85
to 0.68 and "hey jarvis" from 0.97 to 0.92."""

LARGEST_CUTOFF = 255 / 256
"""The models' output has 8 bits: none says more."""


class _Micro(msgspec.Struct, frozen=True):
    probability_cutoff: Annotated[float, Meta(gt=0, lt=1)]
    sliding_window_size: Annotated[int, Meta(ge=1, le=100)]
    feature_step_size: Literal[10] = 10
    """ms: the engine has features for this step alone."""


class _Description(msgspec.Struct, frozen=True):
    """NAME.json, of which these fields are read."""

    type: Literal["micro"]
    model: Annotated[str, Meta(min_length=1)]
    micro: _Micro


@dataclass(frozen=True)
class WakeWord:
    """A word that was found, and how sure its model must be."""

    name: str
    model: Path
    cutoff: float
    """Mean probability over the window from which on it counts as said, 0..1."""
    window: int
    """Inferences that the mean is taken over, 30 ms each with the models that there are."""

    def at(self, sensitivity: float) -> WakeWord:
        """The same word with its cutoff moved: at 0.5 it stays, higher hears more."""
        logit = math.log(self.cutoff / (1 - self.cutoff)) - SPAN * (sensitivity - 0.5)
        return replace(self, cutoff=min(1 / (1 + math.exp(-logit)), LARGEST_CUTOFF))


def spoken(name: str) -> str:
    """The words of a wake word's name: "okay nabu" of "okay_nabu"."""
    return name.replace("_", " ")


def own_folder() -> Path:
    """Where a person puts wake words; it need not be there."""
    return resources.data_folder() / "wake-words"


def own() -> dict[str, Path]:
    """Name → description of every word in the person's folder, whether it can be used or not."""
    return _descriptions(own_folder())


def known() -> dict[str, Path]:
    """Name → description of every word; a person's own goes before one of the same name."""
    engine = find_spec("pymicro_wakeword")
    places = (engine.submodule_search_locations or []) if engine else []
    carried = [_descriptions(Path(place) / "models") for place in places]
    return {name: path for found in (*carried, own()) for name, path in found.items()}


def require_known(names: Iterable[str]) -> None:
    """Raises UsageError that lists the words there are."""
    there_are = known()
    if unknown := [name for name in names if name not in there_are]:
        raise UsageError(
            "wake-word-unknown",
            f"there is no wake word {unknown[0]!r}",
            f"use under [ears.wake_words]: {', '.join(there_are)}, or put your own in {own_folder()}",
        )


def read(path: Path) -> WakeWord:
    """The word that a description tells of. Raises MortarError that names the file."""
    try:
        told = msgspec.json.decode(path.read_bytes(), type=_Description)
        model = path.parent / told.model
        is_there = model.is_file()
    except OSError as error:
        raise unusable(path, error.strerror or str(error)) from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise unusable(path, str(error)) from None
    if NAME.fullmatch(path.stem) is None:
        raise unusable(path, "the file's name is not words in small letters with _ between")
    if not is_there:
        raise unusable(path, f"the model that it names, {told.model}, is not there")
    return WakeWord(path.stem, model, told.micro.probability_cutoff, told.micro.sliding_window_size)


def unusable(path: Path, why: str) -> MortarError:
    return MortarError(
        "wake-word-unusable", f"the wake word in {path} cannot be used: {why}", "see docs/wake-words.md"
    )


def _descriptions(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.json"))}
