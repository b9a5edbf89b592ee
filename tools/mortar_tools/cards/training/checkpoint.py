"""A training run on disk: what is needed to carry it on, to export it, or to begin another with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from mortar.errors import UsageError
from mortar_tools.cards import tokenizer
from mortar_tools.cards.things import things
from mortar_tools.cards.training import restored
from mortar_tools.cards.training.model import Cards
from mortar_tools.cards.training.optimiser import Optimiser
from mortar_tools.cards.training.recipe import Recipe

FILE = "checkpoint.pt"


@dataclass
class Run:
    """A training run: what a checkpoint holds."""

    recipe: Recipe
    model: Cards
    optimiser: Optimiser
    step: int = 0
    seconds: float = 0.0
    """Time spent training, also that of the runs whose weights it began with."""
    pictures: int = 0
    """Pictures learned from, likewise."""


def class_names() -> list[str]:
    """What each row of the training heads stands for."""
    return ["nothing", *(thing.name for thing in things()), "something unknown"]


def path_of(work: Path, size: str) -> Path:
    """Where the checkpoint of a size lies."""
    return work / size / FILE


def start(recipe: Recipe) -> Run:
    """A run at step 0."""
    torch.manual_seed(recipe.seed)
    model = Cards(recipe.shape)
    how = recipe.training
    return Run(recipe, model, Optimiser(model, how.matrix_rate, how.weight_decay))


def save(run: Run, work: Path) -> None:
    """Write the checkpoint; a half-written one never replaces a whole one."""
    state = {
        "recipe": asdict(run.recipe),
        "classes": class_names(),
        "words": tokenizer.tokens(),
        "model": run.model.state_dict(),
        "optimiser": run.optimiser.state(),
        "step": run.step,
        "seconds": run.seconds,
        "pictures": run.pictures,
    }
    path = path_of(work, run.recipe.size)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load(path: Path) -> dict[str, Any]:
    """A checkpoint's content. Raises UsageError where there is none."""
    if not path.exists():
        raise UsageError(
            "no-checkpoint", f"there is no checkpoint at {path}", "train first: mortar tools train cards"
        )
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def resume(recipe: Recipe, work: Path) -> Run:
    """The run in the checkpoint, to be carried on by this recipe."""
    state = load(path_of(work, recipe.size))
    run = start(recipe)
    run.model.load_state_dict(state["model"])
    run.optimiser.restore(state["optimiser"])
    run.step, run.seconds, run.pictures = state["step"], state["seconds"], state["pictures"]
    return run


def carried_over(new: torch.Tensor, old: torch.Tensor, names: Sequence[str], before: Sequence[str]) -> None:
    """Copy the rows of `old`, which stand for `before`, to those of the same name in `new`."""
    places = {name: place for place, name in enumerate(before)}
    for row, name in enumerate(names):
        if name in places:
            new[row] = old[places[name]]


@torch.no_grad()
def start_from(recipe: Recipe, path: Path) -> Run:
    """A run at step 0 that begins with what another one has learned: a checkpoint, or a model folder.

    What has the same name and shape is taken as it is; rows of the embedding table and of the
    training heads are matched by the word and by the thing that they stand for, so that things and
    words may have come and gone since.
    """
    state, run = restored.state(path) if path.is_dir() else load(path), start(recipe)
    run.seconds, run.pictures = state["seconds"], state["pictures"]
    rows = {"token_embd": (tokenizer.tokens(), state["words"]), "_head": (class_names(), state["classes"])}
    for name, new in run.model.state_dict().items():
        old = state["model"].get(name)
        if old is None or old.shape[1:] != new.shape[1:]:
            continue
        named = next((names for mark, names in rows.items() if mark in name), None)
        if named is not None and len(old) == len(named[1]):
            carried_over(new, old, *named)
        elif old.shape == new.shape:
            new.copy_(old)
    return run
