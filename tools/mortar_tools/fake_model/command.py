"""`mortar tools fake-model NAME --out FOLDER`: a published model's shape, random weights."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gguf
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mortar.errors import UsageError
from mortar_tools.fake_model import gguf_file, language, manifest, tower
from mortar_tools.fake_model.manifest import ABOUT
from mortar_tools.fake_model.shapes import SHAPES, Shape, shape
from mortar_tools.fake_model.weights import Kind, Tensor


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="mortar tools fake-model", description=__doc__)
    made.add_argument("name", help=f"one of {', '.join(SHAPES)}")
    made.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to write it")
    made.add_argument("--type", type=Kind, choices=list(Kind), default=Kind.Q4_0, help="default: q4_0")
    made.add_argument(
        "--vision-type", type=Kind, choices=list(Kind), default=Kind.F16, help="of the tower; default: f16"
    )
    made.add_argument("--layers", type=int, metavar="N", help="fewer than it has, in decoder and tower")
    made.add_argument("--seed", type=int, default=0, help="another number, other weights")
    return made


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    chosen = shape(options.name)
    if options.layers is not None:
        if options.layers < 1:
            raise UsageError("fake-layers", "--layers must be 1 or more", "give another number")
        chosen = chosen.shortened(options.layers)
    for path in write(options.out, options.name, chosen, options.type, options.vision_type, options.seed):
        print(f"{path.stat().st_size / 1e6:8.1f} MB  {path}")
    return 0


def write(
    folder: Path, name: str, chosen: Shape, kind: Kind, vision_kind: Kind = Kind.F16, seed: int = 0
) -> list[Path]:
    """Writes the model `fake-NAME` into `folder`, and gives its GGUF files. Raises UsageError."""
    name = f"fake-{name}"
    decoder, eyes = chosen.language, chosen.tower
    text, mmproj = folder / f"language-{kind}.gguf", folder / f"mmproj-{vision_kind}.gguf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writer = _writer(text, decoder.architecture, name)
        language.add_keys(writer, chosen, kind)
        _write(writer, list(language.tensors(decoder, kind)), seed, text.name)
        if eyes is not None:
            writer = _writer(mmproj, "clip", name)
            tower.add_keys(writer, eyes, decoder.width)
            _write(writer, list(tower.tensors(eyes, decoder.width, vision_kind)), seed + 1, mmproj.name)
        manifest.write(folder, name, chosen, seed, text, mmproj if eyes else None)
    except OSError as error:
        raise UsageError("out-unusable", f"{folder}: {error.strerror}", "choose another folder") from None
    return [text, mmproj] if eyes else [text]


def _writer(path: Path, architecture: str, name: str) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(name)
    writer.add_description(ABOUT)
    return writer


def _write(writer: gguf.GGUFWriter, tensors: list[Tensor], seed: int, title: str) -> None:
    with _progress(title, sum(map(gguf_file.size_bytes, tensors))) as advance:
        gguf_file.write(writer, tensors, seed, advance)


@contextmanager
def _progress(title: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, where people look."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total_bytes)
        yield lambda size_bytes: progress.advance(task, size_bytes)
