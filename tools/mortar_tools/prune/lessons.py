"""Scenes as the language model meets them: looked at once, asked about anew each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mortar_tools.cards.language import interview
from mortar_tools.cards.training.batches import Packed, Row, pack_row, stack, to_pictures
from mortar_tools.cards.training.model import Vision
from mortar_tools.cards.world.pool import Truth, truth_of
from mortar_tools.cards.world.scene import SPLITS, draw
from mortar_tools.out import progress

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
    """[scenes, image tokens, width] float32, or what else was seen of each"""
    truths: tuple[Truth, ...]
    image_tokens: int

    def pick(self, places: Sequence[int], rng: np.random.Generator) -> Lesson:
        """Questions about some of the scenes."""
        return Lesson(self.image[torch.tensor(places)], stack([self.row(at, rng) for at in places]))

    def row(self, place: int, rng: np.random.Generator) -> Row:
        """Questions about one of the scenes."""
        return pack_row([], interview(rng, self.truths[place], QUESTIONS), self.image_tokens, 1.0)

    def without_end(self, rows: int, seed: int) -> Iterator[Lesson]:
        """Lessons of `rows` scenes each, in a new random order each time round."""
        rng = np.random.default_rng(seed)
        while True:
            order = rng.permutation(len(self.truths))
            for start in range(0, len(order) - rows + 1, rows):
                yield self.pick(order[start : start + rows].tolist(), rng)


@torch.no_grad()
def look(
    vision: Vision, split: str, scenes: int, work: Path, see: Callable[[Tensor], Tensor] | None = None
) -> Lessons:
    """Draw the first scenes of a split and look at them; `see`: with a part of the tower alone."""
    seen, truths = [], []
    numbers = SPLITS[split][:scenes]
    for start in progress(range(0, len(numbers), AT_ONCE), f"looking at {scenes} scenes"):
        drawn = [draw(number, work=work) for number in numbers[start : start + AT_ONCE]]
        seen.append((see or vision)(to_pictures(np.stack([scene.picture for scene in drawn]))))
        truths += map(truth_of, drawn)
    return Lessons(torch.cat(seen), tuple(truths), vision.shape.image_tokens)
