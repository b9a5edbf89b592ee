"""Training batches: pictures from the pool, and packed questions about some of them.

Several questions share one picture's tokens. A row is

    bos · earlier turns · image mark · 16 image slots · end mark · question answer · question answer …

and each question sees the shared beginning and itself only, at the positions it would have alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mortar.errors import UsageError
from mortar_tools.cards.language import Turn, interview, small_talk
from mortar_tools.cards.tokenizer import (
    END_IMAGE,
    IMAGE,
    answer_ids,
    control,
    earlier_ids,
    question_ids,
)
from mortar_tools.cards.training.recipe import Recipe, Stage, Training
from mortar_tools.cards.world import pool
from mortar_tools.cards.world.pool import Chunk, Truth
from mortar_tools.cards.world.scene import PATCH, SIZE

IGNORED = -100
SHARED, PADDING = 0, -1
TOKEN_GRID = SIZE // PATCH // 2
"""Image tokens along an edge."""
MIRRORED = 0.5
"""How often a scene is shown in a mirror, its truth with it."""
MOST_SHIFT_PX = 3


@dataclass(frozen=True)
class Row:
    """One picture's packed questions, as lists of equal length."""

    ids: list[int]
    positions: list[int]
    segments: list[int]
    """SHARED, or the number of the question, from 1."""
    targets: list[int]
    """Next token where an answer is being said, else IGNORED."""
    weights: list[float]
    start: int
    """Where the image slots begin."""


@dataclass(frozen=True)
class Packed:
    """Rows of one length, as tensors [rows, tokens] but for `start` [rows]."""

    ids: Tensor
    positions: Tensor
    segments: Tensor
    targets: Tensor
    weights: Tensor
    start: Tensor

    def mask(self) -> Tensor:
        """[rows, tokens, tokens] true where a token (second axis) sees another (third)."""
        ones = torch.ones(self.ids.shape[1], self.ids.shape[1], dtype=torch.bool)
        mine = self.segments[:, :, None] == self.segments[:, None, :]
        return (mine | (self.segments == SHARED)[:, None, :]) & ones.tril()


def pack_row(earlier: Sequence[Turn], turns: Sequence[Turn], image_tokens: int, first_weight: float) -> Row:
    """Lay out one picture's questions after the text of earlier turns."""
    before = [*earlier_ids(list(earlier)), control(IMAGE)]
    ids = before + [0] * image_tokens + [control(END_IMAGE)]
    shared = len(ids)
    row = Row(ids, list(range(shared)), [SHARED] * shared, [IGNORED] * shared, [0.0] * shared, len(before))
    for number, turn in enumerate(turns, 1):
        question, answer = question_ids(turn.question), answer_ids(turn.answer)
        said = question + answer[:-1]
        row.ids.extend(said)
        row.positions.extend(range(shared, shared + len(said)))
        row.segments.extend([number] * len(said))
        row.targets.extend([IGNORED] * (len(question) - 1) + answer)
        first = first_weight if turn.kind == "yes_no" else 1.0
        row.weights.extend([0.0] * (len(question) - 1) + [first] + [1.0] * (len(answer) - 1))
    return row


def stack(rows: Sequence[Row]) -> Packed:
    """Pad rows to one length."""
    longest = max(len(row.ids) for row in rows)

    def padded(values: Sequence[list[int]] | Sequence[list[float]], fill: float) -> Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in values])

    return Packed(
        ids=padded([row.ids for row in rows], 0),
        positions=padded([row.positions for row in rows], 0),
        segments=padded([row.segments for row in rows], PADDING),
        targets=padded([row.targets for row in rows], IGNORED),
        weights=padded([row.weights for row in rows], 0.0),
        start=torch.tensor([row.start for row in rows]),
    )


def token_targets(truths: Sequence[Truth], classes: int) -> Tensor:
    """[batch, 16, classes] share of each class among the centres in a token's cell; 0 is empty."""
    found = torch.zeros(len(truths), TOKEN_GRID**2, classes)
    for scene, truth in enumerate(truths):
        for thing in truth.seen:
            column = min(TOKEN_GRID - 1, int(thing.x * TOKEN_GRID))
            row = min(TOKEN_GRID - 1, int(thing.y * TOKEN_GRID))
            found[scene, row * TOKEN_GRID + column, thing.thing + 1] += 1
    found[..., 0] = (found.sum(-1) == 0).float()
    return found / found.sum(-1, keepdim=True)


def token_places(truths: Sequence[Truth]) -> Tensor:
    """[batch, 16, 2] where in a token's cell the centre is, 0..1 across and down; NaN without exactly one."""
    places = torch.full((len(truths), TOKEN_GRID**2, 2), torch.nan)
    for scene, truth in enumerate(truths):
        taken: set[int] = set()
        for thing in truth.seen:
            x, y = thing.x * TOKEN_GRID, thing.y * TOKEN_GRID
            column, row = min(TOKEN_GRID - 1, int(x)), min(TOKEN_GRID - 1, int(y))
            cell = row * TOKEN_GRID + column
            both = cell in taken
            taken.add(cell)
            places[scene, cell] = torch.nan if both else torch.tensor([x - column, y - row])
    return places


def to_pictures(pixels: NDArray[np.uint8]) -> Tensor:
    """[batch, height, width, 3] uint8 → [batch, 3, height, width] float32 -1..1."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


def mirrored(truth: Truth) -> Truth:
    """The truth about a scene seen in a mirror."""
    return Truth(tuple(replace(thing, x=1 - thing.x) for thing in truth.seen), truth.dark)


def another_view(looks: NDArray[np.uint8], rng: np.random.Generator, mirror: bool) -> list[NDArray[np.uint8]]:
    """Looks at one scene, all moved by up to MOST_SHIFT_PX, and seen in a mirror if so wanted."""
    dx, dy = rng.integers(-MOST_SHIFT_PX, MOST_SHIFT_PX + 1, 2)
    move = np.array([[-1, 0, SIZE - 1 + dx] if mirror else [1, 0, dx], [0, 1, dy]], np.float64)
    how = {"flags": cv2.INTER_NEAREST, "borderMode": cv2.BORDER_REPLICATE}
    return [cv2.warpAffine(picture, move, (SIZE, SIZE), **how) for picture in looks]


def other_light(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Pictures with the light a little changed, differently for each."""
    gain = torch.from_numpy(rng.uniform(0.85, 1.1, (len(pictures), 3, 1, 1)).astype(np.float32))
    return ((pictures + 1) * gain - 1).clamp_(-1, 1)


@dataclass(frozen=True)
class Batch:
    """What one training step needs."""

    pictures: Tensor
    """[batch * looks, 3, 128, 128]"""
    looks: int
    """At each scene: the whole alone, or a close-up behind it. What follows is about the scene as a whole."""
    patches: Tensor
    """[batch, 64] int64 class + 1"""
    tokens: Tensor
    """[batch, 16, classes] as from `token_targets`."""
    places: Tensor
    """[batch, 16, 2] as from `token_places`."""
    packed: Packed | None
    """Questions about the first pictures; None while only the tower learns."""


def talk(rng: np.random.Generator, truths: Sequence[Truth], how: Training, image_tokens: int) -> Packed:
    """Packed questions about each scene, sometimes after talk about the next one."""
    after_talk = rng.random() < how.earlier_talk
    rows = []
    for number, truth in enumerate(truths):
        other = truths[(number + 1) % len(truths)]
        earlier = small_talk(rng, other) if after_talk else []
        hinted = [thing.thing for thing in other.seen]
        turns = interview(rng, truth, how.questions, hinted)
        rows.append(pack_row(earlier, turns, image_tokens, how.first_word_weight))
    return stack(rows)


class Pool:
    """All complete chunks of a pool, read in a new random order each time round."""

    def __init__(self, work: Path, rng: np.random.Generator, afar: bool = False) -> None:
        self._chunks: list[Chunk] = [pool.open_chunk(work, n, afar) for n in pool.complete(work, afar)]
        if not self._chunks:
            raise UsageError(
                "pool-empty", f"there are no scenes of this world in {work}", "train without --no-draw"
            )
        self._rng = rng
        self._order = self._shuffled()

    def _shuffled(self) -> Iterator[tuple[Chunk, int]]:
        """Scenes without end."""
        while True:
            for at in self._rng.permutation(len(self._chunks) * pool.CHUNK):
                yield self._chunks[at // pool.CHUNK], int(at % pool.CHUNK)

    def batch(self, stage: Stage, how: Training, classes: int, image_tokens: int) -> Batch:
        """The next scenes, as a stage has them."""
        picked = list(islice(self._order, stage.pictures))
        turned = self._rng.random(len(picked)) < MIRRORED
        truths, looks, patches = [], [], []
        for (chunk, index), mirror in zip(picked, turned, strict=True):
            truth = chunk.truth(index)
            truths.append(mirrored(truth) if mirror else truth)
            looks += another_view(chunk.pictures[index], self._rng, bool(mirror))
            patches.append(chunk.patches[index][:, :: -1 if mirror else 1].reshape(-1))
        told, each = truths[: stage.talked_about], len(looks) // len(truths)
        return Batch(
            pictures=other_light(to_pictures(np.stack(looks)), self._rng),
            looks=each,
            patches=torch.from_numpy(np.stack(patches).astype(np.int64)),
            tokens=token_targets(truths, classes),
            places=token_places(truths),
            packed=talk(self._rng, told, how, each * image_tokens) if told else None,
        )


def batches(work: Path, recipe: Recipe, first: int) -> Iterator[Batch]:
    """Batches without end, from step number `first`."""
    how, shape = recipe.training, recipe.shape
    rng = np.random.default_rng([recipe.seed, first])
    near = Pool(work, rng)
    afar = Pool(work, rng, afar=True) if how.closeups else near
    for step in count(first):
        stage = how.stage(step)
        scenes = afar if rng.random() < stage.closeups else near
        yield scenes.batch(stage, how, shape.things + 1, shape.image_tokens)
