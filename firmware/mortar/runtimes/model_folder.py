"""A vision-language model on disk: a folder with its parts and the manifest that vouches for them.

The manifest (manifest.toml) gives each part's size and SHA-256, so a file that is truncated,
damaged or swapped for another is found at load, by name, before an engine reads it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from mortar.errors import MortarError
from mortar.runtimes.manifest import MANIFEST, UNKNOWN, Manifest, Part, VisionPart


class ModelFolder:
    """An opened model: a folder with a manifest, or GGUF files without. Raises MortarError where there is no
    model, or the manifest is wrong."""

    def __init__(self, path: Path) -> None:
        # It makes manifests of what this file defines.
        from mortar.runtimes import plain_model

        plain = None if (path / MANIFEST).exists() else plain_model.language_file(path)
        self.path = plain.parent if plain else path
        self.manifest = plain_model.manifest(plain) if plain else _read_manifest(path / MANIFEST)

    @property
    def vision(self) -> VisionPart:
        """The part that sees. Raises MortarError where there is none."""
        if self.manifest.vision is None:
            raise MortarError(
                "model-sees-nothing",
                f"the model {self.manifest.name} knows text alone, and can't look",
                "use a model that sees; a GGUF file's own mmproj file belongs beside it",
            )
        return self.manifest.vision

    def verified(self, part: Part) -> Path:
        """The part's path, after its size and SHA-256 were found to be the manifest's."""
        return verified_part(self.path, part, _RESTORE)

    def identity(self, part: Part) -> str:
        """Text that another file in the part's place would not have: its SHA-256, or what the disk knows of
        it. Raises OSError where it is missing."""
        if part.sha256 != UNKNOWN:
            return part.sha256
        held = (self.path / part.file).stat()
        return f"{held.st_ino}-{held.st_size}-{held.st_mtime_ns}"


def verified_part(folder: Path, part: Part, restore: str) -> Path:
    """The path of a file that is what its manifest says, as far as that knows; else MortarError, with
    `restore` for what to do."""
    path = folder / part.file
    try:
        size_bytes = path.stat().st_size
        if size_bytes != part.size_bytes:
            raise _damaged(path, f"has {size_bytes} bytes instead of {part.size_bytes}", restore)
        if part.sha256 == UNKNOWN:
            return path
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MortarError("model-missing", f"{path}: {error.strerror}", restore) from None
    if digest != part.sha256:
        raise _damaged(path, "is not the file that the manifest names (SHA-256 differs)", restore)
    return path


_RESTORE = "restore it with `git checkout models/cards` (bundled model) or `mortar models pull`"


def _read_manifest(path: Path) -> Manifest:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise MortarError("model-missing", f"{path}: {error.strerror}", _RESTORE) from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise MortarError("model-manifest-wrong", f"{path}: {error}", _RESTORE) from None


def _damaged(path: Path, why: str, restore: str) -> MortarError:
    return MortarError("model-damaged", f"{path} {why}", restore)
