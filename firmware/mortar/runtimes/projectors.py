"""What a vision encoder's projector means for the language model: projectors.toml beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from mortar.errors import MortarError
from mortar.runtimes import gguf_file
from mortar.runtimes.gguf_file import Header
from mortar.runtimes.model_folder import ModelFolder


class Projector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    begin: str = ""
    end: str = ""
    merged: int = 1
    causal: bool = True


@dataclass(frozen=True)
class Rows:
    """How a picture's rows stand in the language model."""

    columns: int
    """So many beside each other, where it counts positions along several axes."""
    causal: bool
    """Each attends to those before it alone; else they attend to each other."""


ONE_BY_ONE = Rows(columns=1, causal=True)
"""As words do."""

FILE = Path(__file__).with_suffix(".toml")


def projector(mmproj: Header) -> Projector:
    """Of a vision encoder's file. Raises MortarError where Mortar does not know its type."""
    known = msgspec.toml.decode(FILE.read_bytes(), type=dict[str, Projector])
    name = mmproj.text("clip.projector_type", "clip.vision.projector_type")
    if name not in known:
        raise MortarError(
            "projector-unknown",
            f"{mmproj.path} has a projector of type {name}, which Mortar does not know",
            f"use a model with one of {', '.join(known)}",
        )
    return known[name]


def merged(mmproj: Header, known: Projector) -> int:
    """Edge of the square of patches that one token is made of."""
    return mmproj.count("clip.vision.projector.scale_factor", known.merged)


def rows(folder: ModelFolder) -> Rows:
    """Of the pictures of a model that sees by llama.cpp alone; Mortar's own eyes are of models that read them
    as words. Raises MortarError where its mmproj file is none that Mortar knows."""
    vision = folder.manifest.vision
    if vision is None or vision is not folder.manifest.mmproj:
        return ONE_BY_ONE
    mmproj = gguf_file.read(folder.path / vision.file)
    known = projector(mmproj)
    token_px = mmproj.count("clip.vision.patch_size") * merged(mmproj, known)
    return Rows(columns=vision.width_px // token_px, causal=known.causal)
