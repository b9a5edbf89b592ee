"""The languages' files, LANGUAGE.toml beside this one."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def table(language: str) -> dict[str, Any] | None:
    """The file of a language ("en"); None where it has none."""
    path = FOLDER / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if language.isalpha() and path.is_file() else None


def titles() -> frozenset[str]:
    """Abbreviations of all languages that no sentence ends with, in lower case: "dr."."""
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")]
    return frozenset(title.lower() for table in tables for title in table["titles"])
