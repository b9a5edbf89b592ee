"""What lies on the disk, and what the disk refuses."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from mortar.errors import MortarError

RESERVE_bytes = 64 << 20
"""Left free: everything else that Mortar keeps needs some as well."""

BLOCK_bytes = 1 << 18


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob_of(path: Path) -> str:
    """Git's name of a file's content: SHA-1 of "blob SIZE\\0" and the bytes (git-hash-object)."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(BLOCK_bytes):
            digest.update(chunk)
    return digest.hexdigest()


def check_room(folder: Path, more_bytes: int) -> None:
    """Raises MortarError where there is not enough."""
    short = more_bytes + RESERVE_bytes - shutil.disk_usage(folder).free
    if more_bytes and short > 0:
        raise disk_full(folder, f"{short / 1e6:.0f} MB too little, with {RESERVE_bytes >> 20} MB in reserve")


def disk_full(path: Path, why: str) -> MortarError:
    return MortarError("disk-full", f"there is no room for it in {path}: {why}", "make room, and pull again")


def unwritable(path: Path, error: OSError) -> MortarError:
    return MortarError(
        "models-unwritable",
        f"cannot write {error.filename or path}: {error.strerror or error}",
        "pull as the user that Mortar runs as, with room and permission to write",
    )
