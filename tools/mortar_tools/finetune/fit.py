"""Training the adapters, on a person's pictures and on the cards' own scenes, until it no longer helps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress, TextColumn
from torch import Tensor, nn

from mortar_tools.cards.training.batches import stack
from mortar_tools.cards.training.model import Cards
from mortar_tools.finetune.lora import Adapted
from mortar_tools.finetune.own import Own
from mortar_tools.prune.importance import loss
from mortar_tools.prune.lessons import Lesson, Lessons

ROWS = 32
"""Pictures in a step."""
WARM_UP_STEPS = 10
EVERY = 10
"""Steps between looks at the pictures that say when to stop."""


@dataclass(frozen=True)
class How:
    """How it is trained."""

    learning_rate: float
    minutes: float
    """At most."""
    patience: int
    """Looks without a lower loss after which it stops."""
    rehearsal: float
    """Share of each step's pictures that are the cards' own, so that they are not forgotten."""
    seed: int


@dataclass(frozen=True)
class Fitted:
    """What training came to."""

    steps: int
    best_step: int
    """The step whose adapters were kept."""
    loss_before: float
    loss_best: float
    """Both on the pictures that say when to stop, in nats a token."""


def fit(model: Cards, adapters: list[Adapted], own: Own, stop: Own, cards: Lessons, how: How) -> Fitted:
    """Train; the model is left with the adapters of the best look."""
    parameters = [value for one in adapters for value in (one.a, one.b)]
    optimiser = torch.optim.AdamW(parameters, betas=(0.9, 0.98), weight_decay=0.0)
    halt = Lesson(stop.patches[:: stop.views], stack(stop.all_rows()))
    before = best = _loss_of(model, halt)
    kept, best_step, steps, waited = _copy(parameters), 0, 0, 0
    began = time.process_time()
    columns = (*Progress.get_default_columns(), TextColumn("loss {task.fields[loss]:.3f}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("learning", total=1.0, loss=best)
        for lesson in lessons(own, cards, how):
            done = (time.process_time() - began) / (60 * how.minutes)
            if done >= 1 or waited >= how.patience:
                break
            for group in optimiser.param_groups:
                group["lr"] = how.learning_rate * min(1.0, (steps + 1) / WARM_UP_STEPS) * (1 - done)
            with torch.autocast("cpu", torch.bfloat16):
                step = loss(model.language, seen(model, lesson))
            step.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()  # type: ignore[no-untyped-call]
            optimiser.zero_grad(set_to_none=True)
            steps += 1
            if steps % EVERY == 0:
                now = _loss_of(model, halt)
                waited = 0 if now < best else waited + 1
                if now < best:
                    best, best_step, kept = now, steps, _copy(parameters)
                progress.update(bar, completed=done, loss=now)
    with torch.no_grad():
        for value, held in zip(parameters, kept, strict=True):
            value.copy_(held)
    return Fitted(steps, best_step, before, best)


def lessons(own: Own, cards: Lessons, how: How) -> Iterator[Lesson]:
    """Steps without end: `patches` in the place of image tokens, of both kinds of pictures."""
    rng = np.random.default_rng(how.seed)
    rehearsed = round(ROWS * how.rehearsal)
    while True:
        ours = rng.integers(0, len(own.patches), ROWS - rehearsed)
        theirs = rng.integers(0, len(cards.truths), rehearsed)
        rows = [own.row(int(at), rng) for at in ours] + [cards.row(int(at), rng) for at in theirs]
        yield Lesson(torch.cat([own.patches[ours], cards.image[theirs]]), stack(rows))


def seen(model: Cards, lesson: Lesson) -> Lesson:
    """The lesson with image tokens in the place of patches."""
    return Lesson(model.vision.tokens(lesson.image).float(), lesson.packed)


@torch.no_grad()
def _loss_of(model: Cards, lesson: Lesson) -> float:
    return float(loss(model.language, seen(model, lesson)))


def _copy(parameters: list[nn.Parameter]) -> list[Tensor]:
    return [value.detach().clone() for value in parameters]
