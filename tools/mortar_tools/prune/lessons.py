"""Scenes as the language model meets them: looked at once, asked about anew each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from mortar_tools.cards.language import interview
from mortar_tools.cards.training.batches import Packed, pack_row, stack, to_pictures
from mortar_tools.cards.training.model import Vision
from mortar_tools.cards.world.pool import Truth, truth_of
from mortar_tools.cards.world.scene import SPLITS, draw

QUESTIONS = 5
"""About each scene, as in training."""
AT_ONCE = 64
"""Pictures that the tower looks at together."""


@dataclass(frozen=True)
class Lesson:
    """What one step needs."""

    image: Tensor
    """[rows, image tokens, width]"""
    packed: Packed


@dataclass(frozen=True)
class Lessons:
    """Scenes of one split, already looked at."""

    image: Tensor
    """[scenes, image tokens, width] float32"""
    truths: tuple[Truth, ...]

    def pick(self, places: Sequence[int], rng: np.random.Generator) -> Lesson:
        """Questions about some of the scenes."""
        image = self.image[torch.tensor(places)]
        rows = [
            pack_row([], interview(rng, self.truths[at], QUESTIONS), image.shape[1], 1.0) for at in places
        ]
        return Lesson(image, stack(rows))

    def without_end(self, rows: int, seed: int) -> Iterator[Lesson]:
        """Lessons of `rows` scenes each, in a new random order each time round."""
        rng = np.random.default_rng(seed)
        while True:
            order = rng.permutation(len(self.truths))
            for start in range(0, len(order) - rows + 1, rows):
                yield self.pick(order[start : start + rows].tolist(), rng)


@torch.no_grad()
def look(vision: Vision, split: str, scenes: int, work: Path) -> Lessons:
    """Draw the first scenes of a split and look at them."""
    console = Console(stderr=True)
    seen, truths = [], []
    numbers = SPLITS[split][:scenes]
    for start in track(
        range(0, len(numbers), AT_ONCE), f"looking at {scenes} scenes", console=console, transient=True
    ):
        drawn = [draw(number, work=work) for number in numbers[start : start + AT_ONCE]]
        seen.append(vision(to_pictures(np.stack([scene.picture for scene in drawn]))))
        truths += map(truth_of, drawn)
    return Lessons(torch.cat(seen), tuple(truths))
