"""How many operators a graph has, as a plain export would have them and as it is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from mortar.runtimes.forms import Role, Runtime
from mortar_tools.vision.convert import onnx_file
from mortar_tools.vision.towers.shape import TowerShape
from mortar_tools.vision.towers.tower import Tower, randomised

NARROW = 8
"""Widths of the tower that is exported plainly: operators do not depend on them."""


def narrow(shape: TowerShape) -> TowerShape:
    """The shape with as many layers and heads, and little in them."""
    hidden = NARROW if shape.hidden else 0
    return replace(shape, width=NARROW * shape.heads, mlp=NARROW, n_embd=NARROW, hidden=hidden)


def plain(weights: Tower | Path, runtime: Runtime, batch: int, draft: Path) -> Counter[str]:
    """The operators of an export of the whole encoder with nothing done to it, or of the ONNX file as it
    came."""
    path = draft / f"plain.{runtime}"
    if isinstance(weights, Path):
        return onnx_file.operators(weights)
    tower = randomised(narrow(weights.shape))
    if runtime is Runtime.ONNX:
        onnx_file.write(tower, Role.WHOLE, batch, path)
    else:
        from mortar_tools.vision.convert import tflite_file

        tflite_file.write_float32(tower, Role.WHOLE, batch, path)
    return operators(path, runtime)


def operators(path: Path, runtime: Runtime) -> Counter[str]:
    """The operators of a form's file."""
    if runtime is Runtime.ONNX:
        return onnx_file.operators(path)
    from mortar_tools.vision.convert import tflite_file

    return tflite_file.operators(path)


def as_table(title: str, before: Counter[str], after: Counter[str]) -> Table:
    """For people, the most frequent operators first."""
    table = Table("operator", "plain export", "written", title=title)
    for name, _ in (before | after).most_common():
        table.add_row(name, str(before[name] or ""), str(after[name] or ""))
    table.add_section()
    table.add_row("all", str(before.total()), str(after.total()))
    return table
