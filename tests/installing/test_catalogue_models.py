"""Entries of Mortar's own catalogue, held against the shapes of the models that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from installing.hub_stand_in import Hub
from installing.models import SMALL, Mortar, host_small, installed
from mortar import catalogue
from mortar.catalogue import Kind, Model, Role
from mortar.installing import manifest
from mortar.installing.lock import Held
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.fake_model.shapes import SHAPES

KNOWN = catalogue.entries()
PULLED = {name: entry for name, entry in KNOWN.items() if entry.parts}

SHAPED = {
    "smolvlm-256m-instruct": "smolvlm-256m",
    "smolvlm-500m-instruct": "smolvlm-500m",
    "llava-onevision-qwen2-0.5b": "llava-onevision-qwen2-0.5b",
    "qwen2-vl-2b-instruct": "qwen2-vl-2b",
}
"""Catalogue → shape of the same model."""


@pytest.mark.parametrize(("name", "shaped"), SHAPED.items())
def test_an_entry_has_the_width_of_its_model(name: str, shaped: str) -> None:
    """The two were written down from the models' own files independently."""
    known, tower = KNOWN[name], SHAPES[shaped].tower
    assert isinstance(known, Model) and tower is not None
    assert known.n_embd == SHAPES[shaped].language.width
    assert known.patch_px == tower.patch_px


@pytest.mark.parametrize("name", [name for name, entry in PULLED.items() if isinstance(entry, Model)])
def test_each_entry_makes_a_manifest_that_can_be_opened(name: str, tmp_path: Path) -> None:
    """Quotes, signs and all; tiles only where no text has to stand between them."""
    known = PULLED[name]
    assert isinstance(known, Model)
    held = {role: (part.name, Held("0" * 64, 1)) for role, part in known.parts.items()}
    manifest.write(tmp_path, name, known, held)
    opened = ModelFolder(tmp_path)
    assert (opened.manifest.name, opened.manifest.licence) == (name, known.licence)
    assert (opened.vision.n_tok, opened.vision.n_embd) == (known.n_tok, known.n_embd)
    assert (opened.vision.mean, opened.vision.std) == (known.mean, known.std)
    assert opened.vision.tiles == (None if known.has_marks else known.tiles)
    assert opened.manifest.mmproj == opened.vision


def test_an_entry_for_tiles_without_marks_keeps_them(tmp_path: Path) -> None:
    known = KNOWN["llava-onevision-qwen2-0.5b"]
    assert isinstance(known, Model) and known.tiles is not None
    held = {role: (f"{role}.gguf", Held("0" * 64, 1)) for role in (Role.LANGUAGE, Role.MMPROJ)}
    manifest.write(tmp_path, "llava", known, held)
    assert ModelFolder(tmp_path).vision.tiles == known.tiles


def test_no_checksum_is_made_up() -> None:
    """Where somebody verified one, this test says by whom."""
    assert {part.sha256 for entry in PULLED.values() for part in entry.parts.values()} == {"unknown"}


def test_every_kind_of_model_can_be_pulled() -> None:
    assert {entry.kind for entry in PULLED.values()} == set(Kind)


def test_a_models_parts_are_put_together_from_the_catalogue(
    mortar: Mortar, hub: Hub, data: Path, tmp_path: Path
) -> None:
    """Random weights in SmolVLM's family: manifest, chat template and tower fit together, so it answers. The
    words mean nothing."""
    host_small(hub, data, tmp_path)
    assert mortar("pull", SMALL) == 0
    assert ModelFolder(installed(data, SMALL)).manifest.prompt is None
