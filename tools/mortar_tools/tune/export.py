"""Makes files of ways of looking, and installs those that are chosen."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace
from rich.console import Console
from rich.progress import track

from mortar.errors import UsageError
from mortar.runtimes import forms
from mortar.runtimes.forms import Form, Precision, Role, Runtime
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.tune.measure import Exported
from mortar_tools.tune.space import Way
from mortar_tools.vision.convert import calibration, source
from mortar_tools.vision.convert.plan import Job
from mortar_tools.vision.convert.source import Source
from mortar_tools.vision.convert.workshop import Made, Workshop
from mortar_tools.vision.convert.write import put_in_place
from mortar_tools.vision.towers.resized import resized
from mortar_tools.vision.towers.shape import TowerShape
from mortar_tools.vision.towers.tower import Tower


def tower_of(model: ModelFolder) -> Tower:
    """Raises UsageError where its weights cannot be read."""
    weights = source.find(str(model.path)).weights
    if not isinstance(weights, Tower):
        raise UsageError(
            "tune-no-tower",
            f"{model.manifest.name} has its encoder as ONNX alone, whose size is fixed",
            "tune a model that has an mmproj file",
        )
    return weights


def exported(
    tower: Tower, wanted: Sequence[Way], model: ModelFolder, folder: Path, work: Path
) -> list[Exported]:
    """Every way as a file in `folder`; ways that differ in nothing but tiles share one."""
    known = source.find(str(model.path))
    made: dict[tuple[TowerShape, Precision], Made] = {}
    console = Console(stderr=True)
    for way in track(
        wanted, "making forms", console=console, transient=True, disable=not console.is_terminal
    ):
        key = way.shape(tower.shape), way.precision
        if key not in made:
            made[key] = _make(
                Source(known.name, resized(tower, key[0]), known.vision_sha256), way, folder, work
            )
    return [_exported(way, made[way.shape(tower.shape), way.precision], model) for way in wanted]


def _make(known: Source, way: Way, folder: Path, work: Path) -> Made:
    draft = folder / way.name
    draft.mkdir()
    height_px, width_px = known.size_px
    pictures = None
    if way.precision is Precision.INT8:
        pictures = calibration.load(calibration.SCENES, width_px, height_px, work)
    workshop = Workshop(known, draft, pictures, lambda line: None)
    made = workshop.make(Job(Runtime.TFLITE, Role.WHOLE, way.precision, batch=1))
    assert isinstance(known.weights, Tower)
    n_tok = known.weights.shape.n_tok
    return Made(_sized(made.form, width_px, height_px, n_tok), made.path, made.cosine)


def _sized(form: Form, width_px: int, height_px: int, n_tok: int) -> Form:
    return replace(form, width_px=width_px, height_px=height_px, n_tok=n_tok)


def _exported(way: Way, made: Made, model: ModelFolder) -> Exported:
    own = model.manifest.vision
    tiles = own.tiles if way.tiles else None
    return Exported(way, replace(made.form.part(own), tiles=tiles), made)


def install(chosen: Exported, model: ModelFolder) -> None:
    """Among the model's forms, under a name that says its number of tokens."""
    folder = forms.folders(model)[1]
    folder.mkdir(parents=True, exist_ok=True)
    form, path = chosen.made.form, chosen.made.path
    named = path.with_name(form.file.replace("-tflite.", f"-{form.n_tok}tok-tflite."))
    shutil.copyfile(path, named)  # two points may share it
    put_in_place(Made(replace(form, file=named.name), named), folder)
