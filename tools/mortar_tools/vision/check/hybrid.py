"""An INT8 .rknn that loses too much becomes a hybrid one, in which the layers that harm it stay float16."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from mortar.runtimes.forms import MOST_LOST, Form, Installed, Precision
from mortar.runtimes.rknn_sim.graph import recipe_of
from mortar_tools.vision import sidecar as sidecars
from mortar_tools.vision.check.encoders import by, in_batches
from mortar_tools.vision.check.layers import worst_first
from mortar_tools.vision.check.mend import mend
from mortar_tools.vision.check.results import POINTS, Result
from mortar_tools.vision.check.study import Study
from mortar_tools.vision.toolkit import Session


def mended(study: Study, int8: Installed, found: Result, tell: Callable[[str], None]) -> Result | None:
    """Write a hybrid form beside an INT8 one, and give what was found about it; None where even with every
    layer in float16 it is not good enough. Raises MortarError."""
    form = int8.form
    recipe, path = recipe_of(int8), hybrid_path(int8.sidecar)
    draft = path.with_name(f".{path.name}.draft")
    with Session(recipe) as session:
        # The worst picture, as often as the graph takes pictures at a time.
        shown = study.pictures[found.nearness.worst_picture]
        layers = worst_first(session.analyse(np.repeat(shown[np.newaxis], form.batch, 0)))
    last = found

    def lost_points(names: tuple[str, ...]) -> float:
        nonlocal last
        with Session(replace(recipe, float_layers=names)) as session:
            encode = in_batches(session.run, form.batch)
            last = study.result(encode, path.stem, Precision.HYBRID, by(form))
            session.export(draft)
        assert last.lost is not None
        return last.lost.value * POINTS

    try:
        best = mend(layers, lost_points, MOST_LOST, tell)[-1]
        if not best.holds:
            return None
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sidecars.write(hybrid_form(form, path, best.float_layers, last), path.with_suffix(".toml"))
    return last


def hybrid_path(int8: Path) -> Path:
    """Of the .rknn, by the name of the INT8 form's sidecar."""
    return int8.with_name(f"{int8.stem.replace(Precision.INT8, Precision.HYBRID)}.rknn")


def hybrid_form(int8: Form, path: Path, float_layers: tuple[str, ...], found: Result) -> Form:
    """The sidecar of the file at `path`."""
    source = msgspec.structs.replace(int8.source, float_layers=float_layers)
    part = sidecars.part(path)
    return msgspec.structs.replace(
        int8, **part, precision=Precision.HYBRID, source=source, checked=found.checked
    )
