"""`mortar tools train export`: the checkpoint of a size becomes a model folder.

What is shipped: the tower as TFLite and as mmproj GGUF, the language model in the smallest type that
its measured loss allows, and the manifest. `--all` adds every other format.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from mortar.errors import MortarError, UsageError
from mortar.runtimes.forms import Role
from mortar.runtimes.manifest import MANIFEST
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards import tokenizer
from mortar_tools.cards.export import language_gguf, manifest, quantise
from mortar_tools.cards.export.loss import Loss, Sitting, measure, sittings
from mortar_tools.cards.export.manifest import LICENCE
from mortar_tools.cards.export.quantise import FLOAT32, Type
from mortar_tools.cards.things import CARDS, METRICS, SIZES, WORK, folder_of
from mortar_tools.cards.training import checkpoint
from mortar_tools.cards.training.checkpoint import Run
from mortar_tools.cards.training.model import Vision
from mortar_tools.cards.training.recipe import read
from mortar_tools.vision.convert import onnx_file, tflite_file
from mortar_tools.vision.convert.lean import Lean, Target
from mortar_tools.vision.towers import mmproj
from mortar_tools.vision.towers.tower import of_cards

SCENES = 200
"""Held-out scenes that the types of the language model are compared on."""


@dataclass(frozen=True)
class Language:
    """The language model's files, and which of them to ship."""

    files: dict[Type, Path]
    losses: dict[Type, Loss]
    chosen: Type


def title(run: Run) -> str:
    """What the files call themselves inside."""
    return f"mortar {run.recipe.name} {run.recipe.size}"


def write_vision(vision: Vision, name: str, folder: Path, everything: bool) -> tuple[Path, dict[str, Path]]:
    """The tower's files: the shipped TFLite, and the others by name. `name`: what they call themselves."""
    tower = of_cards(vision)
    shipped, wide = folder / "vision-f16.tflite", folder / "vision-f32.tflite"
    extra = {"mmproj": folder / "vision-mmproj-f16.gguf"}
    tflite_file.write_float32(Lean(tower, Target.TFLITE), Role.WHOLE, 1, wide)
    tflite_file.write_float16(wide, shipped)
    mmproj.write(tower, f"{name} vision", LICENCE, extra["mmproj"])
    if everything:
        extra |= {"vision_f32": wide, "onnx": folder / "vision.onnx"}
        onnx_file.write(Lean(tower, Target.ONNX), Role.WHOLE, 1, extra["onnx"])
    return shipped, extra


def write_language(run: Run, folder: Path, found: Sequence[Sitting], console: Console) -> Language:
    """The language model in every type that fits it, each with its measured loss."""
    files = {FLOAT32: folder / "language-f32.gguf"}
    language_gguf.write(run.model.language, title(run), LICENCE, files[FLOAT32])
    for one in quantise.types_of(run.recipe.shape):
        files[one] = folder / f"language-{one.name}.gguf"
        quantise.quantise(files[FLOAT32], one, files[one])
    losses = {one: measure(path, found) for one, path in files.items()}
    chosen = quantise.choose(losses)
    sizes_bytes = {one: path.stat().st_size for one, path in files.items()}
    console.print(quantise.as_table(losses, sizes_bytes, chosen))
    return Language(files, losses, chosen)


def put_in_place(draft: Path, names: Sequence[str], out: Path) -> None:
    """Move the files to where they are wanted, the manifest last, and take away what it replaces."""
    try:
        before = ModelFolder(out).manifest
        replaced = {one.file for one in (before.vision, before.language, *before.extra.values())}
    except MortarError:
        # There is no model yet, or none that could be read: nothing that would be ours to remove.
        replaced = set()
    for name in (*names, MANIFEST):
        (draft / name).replace(out / name)
    for name in replaced - set(names):
        (out / name).unlink(missing_ok=True)


def export(run: Run, out: Path, found: Sequence[Sitting], everything: bool, console: Console) -> None:
    """Write the model into the folder `out`; a half-written file never lies there under its name."""
    with tempfile.TemporaryDirectory(dir=out, prefix=".export-") as name:
        draft = Path(name)
        with console.status("writing and measuring the language model"):
            language = write_language(run, draft, found, console)
        with console.status("writing the vision encoder"):
            vision, extra = write_vision(run.model.vision, title(run), draft, everything)
        if everything:
            others = {one: path for one, path in language.files.items() if one is not language.chosen}
            extra |= {f"language_{one.name}": path for one, path in others.items()}
        losses = {one.name: loss for one, loss in language.losses.items()}
        shipped = language.files[language.chosen]
        manifest.write(run, draft, vision, shipped, extra, losses)
        put_in_place(draft, [path.name for path in (vision, shipped, *extra.values())], out)


def make_folder(path: Path) -> None:
    """Make the folder for the files. Raises UsageError where it can't be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("out-unusable", f"{path}: {error.strerror}", "choose another folder") from None


def trained(size: str, work: Path) -> Run:
    """The run of a size's checkpoint. Raises UsageError where recipe or tokenizer have changed since."""
    recipe, path = read(size), checkpoint.path_of(work, size)
    state = checkpoint.load(path)
    if state["recipe"]["shape"] != asdict(recipe.shape) or state["words"] != tokenizer.tokens():
        raise UsageError(
            "checkpoint-of-another-recipe",
            f"{path} was trained with another shape or another tokenizer than models/cards has",
            "check out the recipe that it was trained by, or train again: mortar tools train cards",
        )
    return checkpoint.resume(recipe, work)


def main(argv: list[str] | None = None) -> int:
    """Export the checkpoints."""
    parser = argparse.ArgumentParser(
        prog="mortar tools train export", description="export the picture cards' model"
    )
    parser.add_argument("--size", choices=SIZES, action="append", help="one size instead of all")
    parser.add_argument("--work", type=Path, default=WORK, help="where checkpoints and art are")
    parser.add_argument("--out", type=Path, help="folder; default: models/cards")
    parser.add_argument("--all", action="store_true", help="every format (needs --out)")
    parser.add_argument("--scenes", type=int, default=SCENES, help="to measure the language model on")
    options = parser.parse_args(argv)
    if options.all and options.out is None:
        parser.error("--all needs --out: the repository carries only the files that are shipped")
    if options.scenes < 1:
        parser.error("--scenes must be 1 or more")
    # The very stream, which what is silenced meanwhile does not take with it.
    console = Console(file=sys.stdout)
    for size in options.size or SIZES:
        run = trained(size, options.work)
        out = folder_of(size, options.out or CARDS)
        make_folder(out)
        found = sittings(run.model.vision.eval(), options.scenes, options.work)
        export(run, out, found, options.all, console)
        curve = options.work / size / METRICS
        if curve.exists():
            shutil.copyfile(curve, out / METRICS)
        for path in sorted(out.glob("*.*")):
            console.print(f"{path.stat().st_size / 1e6:6.2f} MB  {path}")
    return 0
