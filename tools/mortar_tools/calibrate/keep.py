"""Keeps rules in the manifests of their models, where the language brick reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import tomlkit

from mortar.errors import UsageError
from mortar.runtimes.model_folder import MANIFEST, Manifest, SelfTest
from mortar.whole_files import UNFINISHED, written_whole
from mortar_tools.calibrate.replies import Replies
from mortar_tools.calibrate.thresholds import NEVER, Rule

DIGITS = 6
"""Of a threshold, rounded up: no answer is sure that was not in the calibration."""


def keep(models: Sequence[Replies], rules: Sequence[Rule], error: float, confidence: float) -> Iterator[Path]:
    """Write [selftests] into each manifest, and leave the rest of it as it is; gives what was written.

    Raises UsageError where a model is sure of nothing, before any is written, or where one cannot be.
    """
    for model, rule in zip(models, rules, strict=True):
        if rule.least == NEVER:
            raise UsageError(
                "calibrate-never-sure",
                f"no threshold keeps {model.name} at or below {error:.0%} errors with so few questions",
                "allow more with --error, or ask more questions with --n",
            )
    for number, (model, rule) in enumerate(zip(models, rules, strict=True)):
        after = [one.name for one in models[:number]]
        yield _written(model.folder / MANIFEST, rule, error, confidence, after)


def _written(path: Path, rule: Rule, error: float, confidence: float, after: Sequence[str]) -> Path:
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
