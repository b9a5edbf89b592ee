"""Training what pruning has left, to say what the whole model says.

The loss is the Kullback-Leibler divergence from the whole model's words to those of what is left, plus the
cross-entropy of the right words (Hinton et al. 2015; for pruned language models Muralidharan et al. 2024,
"Compact Language Models via Pruning and Knowledge Distillation", section 3).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.progress import Progress, TextColumn
from torch import Tensor, nn
from torch.nn import functional as F

from mortar_tools.cards.training.batches import IGNORED
from mortar_tools.cards.training.model import Language
from mortar_tools.cards.training.optimiser import Optimiser
from mortar_tools.prune.importance import logits
from mortar_tools.prune.lessons import Lesson

LEARNING_RATE = 1.0e-3
MATRIX_RATE = 2.0
WEIGHT_DECAY = 0.02
WARM_UP = 0.05
"""Share of the time in which the rate rises; then it falls evenly to nothing."""
ROWS = 48
"""Scenes in a step."""


@dataclass(frozen=True)
class Recovery:
    """What a recovery came to."""

    steps: int
    loss: float
    """Running mean of both parts at the end."""


def distilling(student: Tensor, teacher: Tensor, targets: Tensor) -> Tensor:
    """Loss of the student's logits [words, vocabulary]."""
    pupil = student.log_softmax(-1)
    apart = F.kl_div(pupil, teacher.log_softmax(-1), reduction="batchmean", log_target=True)
    return apart + F.nll_loss(pupil, targets)


def rate(done: float) -> float:
    """Learning rate when a share of the time is over."""
    return LEARNING_RATE * min(1.0, done / WARM_UP + 0.05) * max(0.0, 1 - done)


def recover(student: Language, teacher: Language, lessons: Iterator[Lesson], minutes: float) -> Recovery:
    """Train for so long."""
    # The optimiser tells matrices by the names that they have in the whole model.
    optimiser = Optimiser(nn.ModuleDict({"language": student}), MATRIX_RATE, WEIGHT_DECAY)
    steps, mean, began = 0, 0.0, time.process_time()
    student.train()
    columns = (*Progress.get_default_columns(), TextColumn("loss {task.fields[loss]:.3f}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("recovering", total=1.0, loss=0.0)
        while (done := (time.process_time() - began) / (60 * minutes)) < 1:
            lesson = next(lessons)
            targets = lesson.packed.targets[lesson.packed.targets != IGNORED]
            with torch.autocast("cpu", torch.bfloat16):
                with torch.no_grad():
                    wanted = logits(teacher, lesson)
                step = distilling(logits(student, lesson), wanted, targets)
            step.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimiser.step(rate(done))
            mean = float(step.detach()) if not steps else 0.95 * mean + 0.05 * float(step.detach())
            steps += 1
            progress.update(bar, completed=done, loss=mean)
    student.eval()
    return Recovery(steps, mean)
