"""Training: from the recipe and the pool of scenes to a checkpoint that can be exported."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress, TextColumn
from torch.nn import functional as F

from mortar_tools.cards.export import command as export
from mortar_tools.cards.things import CARDS, METRICS, SIZES, WORK
from mortar_tools.cards.training.batches import IGNORED, Batch, Packed, batches
from mortar_tools.cards.training.checkpoint import Run, path_of, resume, save, start, start_from
from mortar_tools.cards.training.holdout import Holdout, examine, held_out, held_out_afar
from mortar_tools.cards.training.model import Cards
from mortar_tools.cards.training.recipe import RECIPE, Recipe, Stage, Training, read
from mortar_tools.cards.world import art, pool

EXAMINE_EVERY_S = 180.0
HELD_OUT = 256
"""Held-out scenes to examine on the way: six questions each."""


def place_loss(guess: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Mean distance, in token cells, of guessed from real centres where there is exactly one."""
    known = ~places.isnan()
    return F.l1_loss(guess[known], places[known])


def tower_losses(
    model: Cards, batch: Batch, patches: torch.Tensor, tokens: torch.Tensor, how: Training
) -> dict[str, torch.Tensor]:
    """What the tower sees, against what was drawn."""
    by_patch = model.patch_head(patches).float().flatten(0, 1)
    by_token = model.token_head(tokens).float().flatten(0, 1)
    weight = torch.ones(by_patch.shape[1])
    weight[0] = how.empty_weight
    return {
        "patch": how.patch_loss * F.cross_entropy(by_patch, batch.patches.flatten(), weight),
        "token": how.token_loss * F.cross_entropy(by_token, batch.tokens.flatten(0, 1), weight),
        "place": how.place_loss * place_loss(model.place_head(tokens).float(), batch.places),
    }


def answer_loss(model: Cards, packed: Packed, tokens: torch.Tensor) -> torch.Tensor:
    """What the language says about the first scenes, against the right answers.

    tokens: [scenes, looks * 16, width]
    """
    image = tokens[: len(packed.ids)]
    embedded = model.place(model.language.token_embd(packed.ids), image, packed.start)
    hidden = model.language(embedded, packed.positions, packed.mask())
    said = packed.targets != IGNORED
    logits = model.language.logits(hidden[said]).float()
    word = F.cross_entropy(logits, packed.targets[said], reduction="none")
    return (word * packed.weights[said] / packed.weights.sum()).sum()


def losses(model: Cards, batch: Batch, how: Training, stage: Stage) -> dict[str, torch.Tensor]:
    """The parts of the loss. The tower learns from single looks alone, whose truth is known by the patch."""
    tower_learns = stage.tower_learns and batch.looks == 1
    with torch.set_grad_enabled(tower_learns):
        patches = model.vision.patches(batch.pictures)
    with torch.set_grad_enabled(stage.projector_learns):
        tokens = model.vision.tokens(patches)
    parts = tower_losses(model, batch, patches, tokens, how) if tower_learns else {}
    if batch.packed is not None:
        looked = tokens.view(-1, batch.looks * tokens.shape[1], tokens.shape[2])
        parts["answer" if batch.looks == 1 else "closer"] = answer_loss(model, batch.packed, looked)
    return parts


def take_step(run: Run, batch: Batch, half: bool) -> dict[str, float]:
    """One optimiser step; returns the parts of the loss."""
    how = run.recipe.training
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        parts = losses(run.model, batch, how, how.stage(run.step))
    torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.optimiser.step(how.rate(run.step))
    run.step += 1
    run.pictures += len(batch.pictures) // batch.looks
    return {name: float(part.detach()) for name, part in parts.items()}


def report(run: Run, holdouts: Sequence[Holdout], parts: dict[str, float], work: Path) -> dict[str, Any]:
    """Examine the model, write the checkpoint and a line of metrics."""
    stage = run.recipe.training.stage(run.step)
    figures = {}
    for holdout in holdouts:
        figures |= examine(run.model, holdout, looking=stage.tower_learns, speaking=stage.talked_about > 0)
    loss = {name: round(part, 4) for name, part in parts.items()}
    line = {"step": run.step, "minutes": round(run.seconds / 60, 1), "loss": loss, **figures}
    save(run, work)
    with (work / run.recipe.size / METRICS).open("a") as file:
        file.write(json.dumps(line) + "\n")
    return line


def ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, each made while the one before it is learned from."""
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, batches)
        while True:
            batch = coming.result()
            coming = maker.submit(next, batches)
            yield batch


def train(run: Run, work: Path, half: bool) -> None:
    """Carry a run on to its last step."""
    how, tokens = run.recipe.training, run.recipe.shape.image_tokens
    holdouts = [held_out(HELD_OUT, tokens, work)]
    if how.closeups:
        holdouts.append(held_out_afar(HELD_OUT, tokens, work))
    coming = ahead(batches(work, run.recipe, run.step))
    columns = (*Progress.get_default_columns(), TextColumn("{task.fields[loss]}"))
    mean: dict[str, float] = {}
    examined = time.monotonic()
    with Progress(*columns) as progress:
        bar = progress.add_task("training", total=how.steps, completed=run.step, loss="")
        while run.step < how.steps:
            began = time.monotonic()
            parts = take_step(run, next(coming), half)
            run.seconds += time.monotonic() - began
            mean = {name: 0.95 * mean.get(name, part) + 0.05 * part for name, part in parts.items()}
            text = " ".join(f"{name} {part:.3f}" for name, part in mean.items())
            progress.update(bar, completed=run.step, loss=text)
            if time.monotonic() - examined > EXAMINE_EVERY_S or run.step == how.steps:
                progress.console.print_json(json.dumps(report(run, holdouts, mean, work)), indent=None)
                examined = time.monotonic()


def prepare(recipe: Recipe, work: Path) -> None:
    """Fetch the art and draw the pool, where they are not there yet."""
    work.mkdir(parents=True, exist_ok=True)
    if not art.complete(work):
        art.fetch(work)
    if len(pool.complete(work)) * pool.CHUNK < recipe.pool_scenes:
        pool.fill(work, recipe.pool_scenes)
    if len(pool.complete(work, afar=True)) * pool.CHUNK < recipe.afar_scenes:
        pool.fill(work, recipe.afar_scenes, afar=True)


def main(argv: list[str] | None = None) -> int:
    """Follow the recipe."""
    parser = argparse.ArgumentParser(description="train the picture cards' model")
    parser.add_argument("--size", choices=SIZES, action="append", help="one size instead of all")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="another recipe")
    parser.add_argument("--work", type=Path, default=WORK, help="pool and checkpoints")
    start_with = parser.add_mutually_exclusive_group()
    start_with.add_argument("--resume", action="store_true", help="carry on from the checkpoint")
    start_with.add_argument(
        "--from",
        dest="begin",
        type=Path,
        metavar="PATH",
        help="begin with a checkpoint, or a model folder",
    )
    parser.add_argument("--out", type=Path, default=CARDS, help="where the exported files go")
    parser.add_argument("--no-draw", action="store_true", help="train on the pool as it is")
    parser.add_argument("--float32", action="store_true", help="no bfloat16")
    options = parser.parse_args(argv)
    for size in options.size or SIZES:
        recipe = read(size, options.recipe)
        if not options.no_draw:
            prepare(recipe, options.work)
        begin = options.begin or (recipe.begins_with and path_of(options.work, recipe.begins_with))
        if options.resume:
            run = resume(recipe, options.work)
        else:
            run = start_from(recipe, begin) if begin else start(recipe)
        train(run, options.work, half=not options.float32)
        export.main(["--size", size, "--work", str(options.work), "--out", str(options.out)])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
