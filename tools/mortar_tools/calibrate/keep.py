"""Keeps a rule in the manifest of its model, where the language brick reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import tomlkit

from mortar.errors import UsageError
from mortar.runtimes.model_folder import MANIFEST, Manifest, SelfTest
from mortar.whole_files import UNFINISHED, written_whole
from mortar_tools.calibrate.thresholds import NEVER, Rule

DIGITS = 6
"""Of a threshold, rounded up: an answer that scores as much scored as much in the calibration."""


def keep(folder: Path, rule: Rule, error: float, confidence: float, after: Sequence[str]) -> Path:
    """Write [selftests] into the manifest, and leave the rest of it as it is. Raises UsageError where that
    cannot be written, or the model is sure of nothing."""
    path = folder / MANIFEST
    if rule.least == NEVER:
        raise UsageError(
            "calibrate-never-sure",
            f"no threshold keeps {folder.name} below {error:.0%} errors with so few questions",
            "allow more with --error, or ask more questions with --n",
        )
    try:
        held = tomlkit.parse(path.read_text(encoding="utf-8"))
        table = tomlkit.table()
        table["error"], table["confidence"], table["after"] = error, confidence, list(after)
        least = tomlkit.inline_table()
        least[str(rule.test)] = _up(rule.least)
        least[str(SelfTest.FORM)] = 1.0
        table["least"] = least
        held["selftests"] = table
        text = tomlkit.dumps(held)
        msgspec.toml.decode(text, type=Manifest)
        with written_whole(path, path.with_name(UNFINISHED), mode=0o644) as file:
            file.write(text.encode())
    except (OSError, ValueError) as why:
        raise UsageError(
            "manifest-unwritable", f"{path}: {why}", "calibrate a copy of the model's folder"
        ) from None
    return path


def _up(least: float) -> float:
    rounded = round(least, DIGITS)
    return rounded if rounded >= least else round(rounded + 10**-DIGITS, DIGITS)
