"""What a vision encoder's projector means for the language model: projectors.toml beside this file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mortar.errors import MortarError
from mortar.runtimes.gguf_file import Header


class Projector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    begin: str = ""
    end: str = ""
    merged: int = 1
    causal: bool = True


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
