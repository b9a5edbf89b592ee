"""A person's pictures as the model learns from them: each seen several times, a little moved and lit anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mortar.bricks.picture import squash
from mortar.drivers.pictures import read_picture
from mortar_tools.cards.language import Turn
from mortar_tools.cards.training.batches import Row, another_view, other_light, pack_row, to_pictures
from mortar_tools.cards.training.model import Vision
from mortar_tools.finetune.data import Example, by_picture

VIEWS = 6
"""Of each picture that is learned from: a shift of up to three pixels and another light."""
QUESTIONS = 5
"""About a picture in one row."""
OWN = "own"
"""Kind of question, where the cards' own have theirs."""


@dataclass(frozen=True)
class Own:
    """Pictures, and what is asked about them."""

    patches: Tensor
    """[pictures * views, patches, vision_width]: the views of a picture follow each other."""
    turns: tuple[tuple[Turn, ...], ...]
    views: int
    image_tokens: int

    def row(self, place: int, rng: np.random.Generator) -> Row:
        """Some of the questions about one of the views."""
        turns = self.turns[place // self.views]
        picked = rng.permutation(len(turns))[:QUESTIONS]
        return pack_row([], [turns[one] for one in picked], self.image_tokens, 1.0)

    def all_rows(self) -> list[Row]:
        """All questions about the first view of each picture."""
        return [pack_row([], turns, self.image_tokens, 1.0) for turns in self.turns]


def turn(example: Example) -> Turn:
    """The example as a question that can be marked."""
    return Turn(OWN, example.question, example.answer)


@torch.no_grad()
def look(vision: Vision, examples: Sequence[Example], views: int, seed: int) -> Own:
    """Look at the pictures of some examples; with one view they are seen as they are."""
    rng = np.random.default_rng(seed)
    seen, turns = [], []
    for found in by_picture(examples).values():
        pixels = np.asarray(
            squash(read_picture(found[0].picture), vision.shape.picture, vision.shape.picture)
        )
        looks = [pixels]
        for _ in range(views - 1):
            looks += another_view(pixels[np.newaxis], rng, mirror=False)
        pictures = to_pictures(np.stack(looks))
        pictures[1:] = other_light(pictures[1:], rng)
        seen.append(vision.patches(pictures))
        turns.append(tuple(map(turn, found)))
    return Own(torch.cat(seen), tuple(turns), views, vision.shape.image_tokens)
