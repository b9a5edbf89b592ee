"""A fine-tuned model as a folder: `mortar describe --model FOLDER` takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.export.command import write_vision
from mortar_tools.cards.export.quantise import Type
from mortar_tools.cards.training.model import Cards
from mortar_tools.cards.training.restored import language_weights, read_language
from mortar_tools.prune.trial import write
from mortar_tools.weights.folder import copy_vision, finish

SUFFIX = "finetuned"


def write_parts(base: ModelFolder, model: Cards, tower: bool, wanted: Type, draft: Path) -> Path:
    """The files of both parts: the encoder's anew where `tower` has learned, else as they are. Gives the
    language model's."""
    source = read_language(base)
    language = write(replace(source, weights=language_weights(model.language)), wanted, draft)
    if not tower:
        copy_vision(base, draft)
        return language
    held = base.manifest
    shipped, extra = write_vision(model.vision, f"{held.name}-{SUFFIX}", draft, everything=False)
    # Under the names that the manifest has for them; a wide file is only the way to the shipped one.
    shipped.rename(draft / held.vision.file)
    extra[MMPROJ].rename(draft / held.extra[MMPROJ].file)
    (draft / "vision-f32.tflite").unlink(missing_ok=True)
    return language


def write_manifest(
    base: ModelFolder, draft: Path, language: Path, about: Mapping[str, object]
) -> ModelFolder:
    """The folder as it is to be opened."""
    finish(base, draft, language, about, SUFFIX)
    return ModelFolder(draft)
