"""The manifest of a vision-language model that was pulled in parts, from the catalogue and the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mortar.catalogue import Model, Role
from mortar.installing.lock import Held
from mortar.runtimes.manifest import MANIFEST
from mortar.runtimes.model_folder import ModelFolder
from mortar.whole_files import written_whole


def write(folder: Path, name: str, known: Model, held: Mapping[Role, tuple[str, Held]]) -> Path:
    """`held` is each part's file and what it was found to be.

    Tiles are left out where the model was trained with text between them, which nobody writes yet: it gets
    the whole picture, which it knows as well. Raises OSError, and MortarError where no manifest comes of it.
    """
    language, mmproj = (_part(*held[role]) for role in (Role.LANGUAGE, Role.MMPROJ))
    vision = {
        **mmproj,
        **{key: getattr(known, key) for key in ("n_tok", "n_embd", "width_px", "height_px")},
        "mean": list(known.mean),
        "std": list(known.std),
    }
    if known.tiles is not None and not known.has_marks:
        vision["tiles"] = msgspec.to_builtins(known.tiles)
    table: dict[str, Any] = {"name": name, "licence": known.licence, "vision": vision, "language": language}
    if known.prompt is not None:
        table["prompt"] = msgspec.to_builtins(known.prompt)
    table["about"] = {"title": known.title, "source": " ".join(known.source.split())}
    path = folder / MANIFEST
    with written_whole(path, folder / f"{MANIFEST}.part", 0o644) as file:
        file.write("\n".join(_toml(table)).encode() + b"\n")
    return ModelFolder(folder).path / MANIFEST


def _part(file: str, held: Held) -> dict[str, object]:
    return {"file": file, "sha256": held.sha256, "size_bytes": held.size_bytes}


def _toml(table: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """Lines. Strings, numbers and lists are written in TOML as they are in JSON; what is None is left out."""
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
        if not (isinstance(value, dict) or value is None)
    ]
    yield from [f"\n[{name}]", *lines] if name and lines else lines
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _toml(value, f"{name}.{key}" if name else key)
