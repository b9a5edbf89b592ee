"""Writing the sidecar of a compiled form (mortar.runtimes.forms reads it)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mortar.runtimes.forms import Form
from mortar.whole_files import written_whole

READABLE = 0o644


def part(path: Path) -> dict[str, str | int]:
    """A file as a manifest and a sidecar name it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "sha256": digest, "size_bytes": path.stat().st_size}


def write(form: Form, path: Path) -> None:
    """The whole file or none. Raises OSError."""
    with written_whole(path, path.with_name(f".{path.name}.draft"), READABLE) as file:
        file.write(_table("", msgspec.to_builtins(form)).lstrip().encode())


def _table(name: str, values: Mapping[str, object]) -> str:
    """One TOML table and those in it; JSON's spelling of strings, numbers and lists is TOML's too."""
    rows = [f"[{name}]"] if name else []
    rows += [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
        if value is not None and not isinstance(value, dict)
    ]
    inner = {key: value for key, value in values.items() if isinstance(value, dict)}
    tables = [_table(f"{name}.{key}".lstrip("."), value) for key, value in inner.items()]
    return "\n".join(["", *rows, ""]) + "".join(tables)
