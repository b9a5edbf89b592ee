"""`mortar tools make gallery`: docs/gallery.md, with what the bundled model says today."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.progress import track

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.gallery.page import ANSWERS, Said, Scene, page, said, scenes
from mortar_tools.program import mortar


def main(argv: list[str]) -> int:
    """Ask the real program about every picture, and write the page."""
    parser = argparse.ArgumentParser(prog="mortar tools make gallery", description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="folder of the page (default: docs)")
    parser.add_argument("--draw", action="store_true", help="draw the scenes anew first (needs the art)")
    parser.add_argument("--no-ask", action="store_true", help="write the page from the answers of last time")
    options = parser.parse_args(argv)
    folder = options.docs / "gallery"
    if options.draw:
        # Only drawing needs the recipe's packages and its art.
        from mortar_tools.gallery.draw import draw_all

        draw_all(folder)
    listed = scenes(folder)
    if not options.no_ask:
        told = ask_all(folder, listed, resources.bundled_model())
        (folder / ANSWERS).write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    (options.docs / "gallery.md").write_text(page(listed, said(folder)), encoding="utf-8")
    return 0


def ask_all(folder: Path, listed: list[Scene], model: Path) -> Said:
    """Every question about every picture, each through a run of `mortar describe`."""
    manifest = ModelFolder(model).manifest
    with TemporaryDirectory() as runtime:
        answers = {
            scene.picture: [
                ask(Path(runtime), folder / scene.picture, asked.question, model) for asked in scene.asked
            ]
            for scene in track(listed, "asking")
        }
    return Said(
        model=manifest.name,
        sha256={part.file: part.sha256 for part in (manifest.vision, manifest.language)},
        answers=answers,
    )


def ask(runtime: Path, picture: Path, question: str, model: Path) -> str:
    """The answer to one question. Raises MortarError with the program's own words where it failed."""
    ran = mortar(runtime, "describe", picture, "--ask", question, "--model", model, "--json")
    if ran.status != 0:
        raise MortarError("gallery-failed", f"{picture}: {ran.errors.strip()}", "see `mortar doctor`")
    return str(ran.result["answer"])
