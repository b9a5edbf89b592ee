"""The manifest of a model folder with random weights. It has no [prompt]: the chat template gives that."""

from __future__ import annotations

import hashlib
from pathlib import Path

import tomlkit

from mortar.runtimes.manifest import MANIFEST
from mortar_tools.fake_model.shapes import Shape, Tower

ABOUT = "random weights: what it says means nothing"


def write(folder: Path, name: str, shape: Shape, seed: int, language: Path, mmproj: Path | None) -> None:
    """Into `folder`, for the files that are there."""
    document = tomlkit.document()
    document.update({"name": name, "licence": "none: random weights"})
    if shape.tower and mmproj:
        document["vision"] = _part(mmproj) | _sight(shape.tower, shape.language.row)
    document["language"] = _part(language)
    document["about"] = {"weights": ABOUT, "shape_of": shape.title, "source": shape.source, "seed": seed}
    (folder / MANIFEST).write_text(tomlkit.dumps(document), encoding="utf-8")


def _part(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "sha256": digest, "size_bytes": path.stat().st_size}


def _sight(tower: Tower, n_embd: int) -> dict[str, object]:
    return {
        "n_tok": tower.n_tok,
        "n_embd": n_embd,
        "width_px": tower.picture_px,
        "height_px": tower.picture_px,
        "mean": list(tower.mean),
        "std": list(tower.std),
    }
