"""Writes the forms of a plan, and says what became of each."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from mortar import resources
from mortar.errors import MortarError, UsageError
from mortar.runtimes.forms import FOLDER, Role, Runtime
from mortar_tools.vision import sidecar
from mortar_tools.vision.convert import calibration, counting
from mortar_tools.vision.convert.plan import Job
from mortar_tools.vision.convert.source import Source, find
from mortar_tools.vision.convert.workshop import Made, Workshop
from mortar_tools.vision.towers.tower import Tower

DRAFT = ".convert-"


def write(options: argparse.Namespace, jobs: list[Job], console: Console) -> None:
    """Write the forms, one after the other; none lies half-written under its name. Raises MortarError."""
    with console.status("reading the encoder"):
        source = read(options)
        refuse(source, jobs)
        pictures = None
        if options.calibration is not None:
            height, width = source.size_px
            pictures = calibration.load(options.calibration, width, height, options.work)
    out = options.out or resources.data_folder() / FOLDER / source.name
    with draft_in(out) as name:
        workshop = Workshop(source, Path(name), pictures, console.print)
        counted: set[Runtime] = set()
        for number, job in enumerate(jobs, 1):
            start_s = time.monotonic()
            with console.status(f"{number} of {len(jobs)}: {describe(job)}"):
                made = workshop.make(job)
            put_in_place(made, out)
            tell(made, time.monotonic() - start_s, console)
            if job.role is Role.WHOLE and job.runtime not in (*counted, Runtime.RKNN):
                counted.add(job.runtime)
                tell_operators(source, job, made.path, console)
    console.print(f"in {out}", soft_wrap=True)


def read(options: argparse.Namespace) -> Source:
    """The encoder that was asked for, as it was said to be normalised. Raises MortarError."""
    source = find(options.source)
    if (options.mean or options.std) and isinstance(source.weights, Tower):
        raise UsageError(
            "convert-colours",
            f"{options.source} says by itself how it is normalised",
            "leave out --mean and --std",
        )
    mean, std = options.mean or source.mean, options.std or source.std
    return replace(source, mean=tuple(mean), std=tuple(std))


def tell(made: Made, seconds: float, console: Console) -> None:
    """One line about a form that is written."""
    same = "" if made.cosine is None else f"  cosine {made.cosine:.5f}"
    size = f"{made.form.size_bytes / 1e6:7.2f} MB"
    console.print(f"{size}  {seconds:4.0f} s{same}  {made.form.file}", soft_wrap=True, highlight=False)


def describe(job: Job) -> str:
    """A form, for the line that says what is going on."""
    part = "" if job.role is Role.WHOLE else f" {job.role}"
    return f"{job.runtime} {job.precision}{part}, batch {job.batch}{f', {job.soc}' if job.soc else ''}"


def refuse(source: Source, jobs: list[Job]) -> None:
    """Raises UsageError for what an ONNX file cannot become."""
    if isinstance(source.weights, Tower):
        return
    wrong = [
        (any(job.runtime is Runtime.TFLITE for job in jobs), "TFLite", "--to onnx rknn"),
        (any(job.role is not Role.WHOLE for job in jobs), "two halves", "leave --split out"),
    ]
    for is_wrong, what, do in wrong:
        if is_wrong:
            raise UsageError(
                "convert-onnx", f"an ONNX file cannot be made {what}: that needs the tower's own weights", do
            )


def draft_in(out: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for what is not whole yet; it goes away whatever happens. Raises UsageError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=out, prefix=DRAFT)
    except OSError as error:
        raise UsageError("out-unusable", f"{out}: {error.strerror}", "choose another folder") from None


def put_in_place(made: Made, out: Path) -> None:
    """The file under its name, and only then the sidecar that vouches for it. Raises MortarError."""
    try:
        for path in (*made.beside, made.path):
            # A copy: others are made of the draft itself.
            draft = path.with_name(f"{path.name}.copy")
            shutil.copyfile(path, draft)
            draft.replace(out / path.name)
        sidecar.write(made.form, (out / made.form.file).with_suffix(".toml"))
    except OSError as error:
        raise MortarError("out-unusable", f"{out}: {error.strerror}", "make room there") from None


def tell_operators(source: Source, job: Job, path: Path, console: Console) -> None:
    """What became of the operators of a plain export."""
    with console.status(f"counting the operators of a plain {job.runtime} export"):
        before = counting.plain(source.weights, job.runtime, job.batch, path.parent)
    after = counting.operators(path, job.runtime)
    console.print(counting.as_table(f"operators, {job.runtime}", before, after))
