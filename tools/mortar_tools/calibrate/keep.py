"""Keeps rules in the manifests of their models, where the language brick reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import tomlkit
from tomlkit.items import InlineTable, Table

from mortar.errors import UsageError
from mortar.runtimes.manifest import BETWEEN, MANIFEST, Manifest
from mortar.whole_files import UNFINISHED, written_whole
from mortar_tools.calibrate.replies import NEEDED, Replies
from mortar_tools.calibrate.thresholds import NEVER, Rule

DIGITS = 6
"""Of a threshold, rounded up: no answer is sure that was not in the calibration."""


def keep(
    models: Sequence[Replies],
    firsts: Sequence[Rule],
    rules: Sequence[Rule],
    error: float,
    confidence: float,
) -> Iterator[Path]:
    """Write [selftests] into each manifest, and leave the rest of it as it is; gives what was written.

    `firsts` are the rules where each model is asked first, `rules` those of the cascade. Raises UsageError
    where a model is sure of nothing, before any is written, or where one cannot be."""
    for model, *own in zip(models, firsts, rules, strict=True):
        if any(rule.least == NEVER for rule in own):
            raise UsageError(
                "calibrate-never-sure",
                f"no threshold keeps {model.name} at or below {error:.0%} errors with so few questions",
                "allow more with --error, or ask more questions with --n",
            )
    for number, (model, first, rule) in enumerate(zip(models, firsts, rules, strict=True)):
        before = BETWEEN.join(one.name for one in models[:number])
        table = tomlkit.table()
        table["error"], table["confidence"] = error, confidence
        table["least"] = _least(first)
        if before:
            table["after"] = {before: _least(rule)}
        yield _written(model.folder / MANIFEST, table)


def _least(rule: Rule) -> InlineTable:
    least = tomlkit.inline_table()
    least[str(rule.test)] = _up(rule.least)
    least.update({str(needed): 1.0 for needed in NEEDED})
    return least


def _written(path: Path, table: Table) -> Path:
    try:
        held = tomlkit.parse(path.read_text(encoding="utf-8"))
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
