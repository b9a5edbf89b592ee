"""A model that is nothing but GGUF files: its manifest is made of what they say of themselves.

FILE.gguf, or a folder with it, and beside it mmproj*.gguf where it sees. Nobody vouches for them: their
hashes are unknown. Whether they are there to their end is looked at.
"""

from __future__ import annotations

from pathlib import Path

from mortar.errors import MortarError
from mortar.runtimes import gguf_file
from mortar.runtimes.gguf_file import Header
from mortar.runtimes.manifest import GGUF, UNKNOWN, Manifest, Part, VisionPart
from mortar.runtimes.projectors import merged, projector

TOWER = "clip"
"""Architecture of an mmproj file."""


def language_file(path: Path) -> Path | None:
    """The language model's file at `path`, itself or alone in a folder; None where there is none. Raises
    MortarError where there are several."""
    if path.suffix == GGUF:
        return path
    found = [file for file in sorted(path.glob(f"*{GGUF}")) if not _is_mmproj(file)]
    if len(found) > 1:
        raise MortarError(
            "model-missing",
            f"{path} has no manifest and several models: {', '.join(file.name for file in found)}",
            "give the file of one of them, and keep each with its own mmproj file in a folder",
        )
    return found[0] if found else None


def manifest(path: Path) -> Manifest:
    """Of the language model in `path`. Raises MortarError where that, or what is beside it, is none."""
    header = gguf_file.read(path)
    architecture = header.text("general.architecture")
    if architecture == TOWER:
        raise MortarError(
            "model-damaged",
            f"{path} is a vision encoder and no language model",
            "give the language model's file; the vision encoder is found beside it",
        )
    n_embd = header.count(f"{architecture}.embedding_length")
    held = header.keys.get("general.name")
    licence = header.keys.get("general.license")
    return Manifest(
        name=held if isinstance(held, str) else path.stem,
        licence=licence if isinstance(licence, str) else "unknown",
        language=Part(path.name, UNKNOWN, path.stat().st_size),
        vision=_vision(path, n_embd, rows=1 + header.counted(f"{architecture}.n_deepstack_layers")),
    )


def _vision(language: Path, n_embd: int, rows: int) -> VisionPart | None:
    """Of the first mmproj file beside it that fits it; each of its tokens is so many rows of `n_embd` in one
    (deepstack)."""
    found = [file for file in sorted(language.parent.glob(f"*{GGUF}")) if _is_mmproj(file)]
    headers = [gguf_file.read(file) for file in found]
    widths = [header.count("clip.vision.projection_dim") for header in headers]
    if found and n_embd not in widths:
        raise MortarError(
            "models-differ",
            f"{found[0].name} is of another model: its tokens have {widths[0]} numbers, and {language.name} "
            f"takes {n_embd}",
            "put the model's own mmproj file beside it",
        )
    return _part(headers[widths.index(n_embd)], n_embd * rows) if found else None


def _part(header: Header, n_embd: int) -> VisionPart:
    known = projector(header)
    edge_px, patch_px = header.count("clip.vision.image_size"), header.count("clip.vision.patch_size")
    across = edge_px // patch_px // merged(header, known)
    return VisionPart(
        header.path.name,
        UNKNOWN,
        header.path.stat().st_size,
        n_tok=across**2,
        n_embd=n_embd,
        width_px=edge_px,
        height_px=edge_px,
        mean=header.colour("clip.vision.image_mean"),
        std=header.colour("clip.vision.image_std"),
    )


def _is_mmproj(file: Path) -> bool:
    return "mmproj" in file.name.lower()
