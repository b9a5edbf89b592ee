"""A model folder that is another one with a changed language model, and maybe a changed tower."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from msgspec.structs import replace

from mortar.errors import UsageError
from mortar.runtimes.manifest import MANIFEST, MMPROJ, Manifest, Part
from mortar.runtimes.model_folder import ModelFolder


def require_new(out: Path) -> None:
    """Raises UsageError where `out` already holds something, or cannot be made."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        taken = any(out.iterdir()) if out.exists() else False
    except OSError as error:
        raise UsageError("out-unusable", f"{out}: {error.strerror}", "choose another folder") from None
    if taken:
        raise UsageError("out-unusable", f"{out} is not empty", "choose a folder that is not there yet")


@contextmanager
def drafted(out: Path) -> Iterator[Path]:
    """A folder to write into; it becomes `out` at the end of the block, or leaves no trace if that fails."""
    require_new(out)
    draft = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        yield draft
        draft.chmod(0o755)
        draft.replace(out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def part(path: Path) -> Part:
    """A file as a manifest names it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Part(path.name, digest, path.stat().st_size)


def copy_vision(base: ModelFolder, draft: Path) -> None:
    """The encoder's files as they are."""
    held = base.manifest
    for one in (held.vision, *(extra for name, extra in held.extra.items() if name == MMPROJ)):
        shutil.copyfile(base.verified(one), draft / one.file)


def finish(
    base: ModelFolder, draft: Path, language: Path, about: Mapping[str, object], suffix: str
) -> Manifest:
    """Write the manifest: that of `base`, but for the files that lie in `draft`, and what it says of them.

    Only the encoder's own file and its mmproj are looked for: others would be of the model as it was.
    """
    held = base.manifest
    vision = part(draft / held.vision.file)
    manifest = replace(
        held,
        name=f"{held.name}-{suffix}",
        vision=replace(held.vision, sha256=vision.sha256, size_bytes=vision.size_bytes),
        language=part(language),
        extra={name: part(draft / one.file) for name, one in held.extra.items() if name == MMPROJ},
        about={**about, "made_from": held.name},
    )
    (draft / MANIFEST).write_text(tomlkit.dumps(_without_none(msgspec.to_builtins(manifest))), "utf-8")
    return manifest


def _without_none(value: Any) -> Any:
    """TOML has no word for None."""
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return value
