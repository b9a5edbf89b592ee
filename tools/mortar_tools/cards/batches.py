"""Training batches: pictures from the pool, and packed questions about some of them.

Several questions share one picture's tokens. A row is

    bos · earlier turns · image mark · 16 image slots · end mark · question answer · question answer …

and each question sees the shared beginning and itself only, at the positions it would have alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mortar_tools.cards import pool
from mortar_tools.cards.language import Turn, interview, small_talk
from mortar_tools.cards.pool import Chunk, Truth
from mortar_tools.cards.recipe import Training
from mortar_tools.cards.tokenizer import (
    END_IMAGE,
    IMAGE,
    answer_ids,
    control,
    earlier_ids,
    question_ids,
)

IGNORED = -100
SHARED, PADDING = 0, -1
TOKEN_GRID = 4
"""Image tokens along an edge."""

FEW_THINGS, SMALL_PATCHES, DIM_LEVEL = 3, 2, 45
"""A scene is hard beyond that many things, or under that many patches a thing or that mean value."""


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


def to_pictures(pixels: NDArray[np.uint8]) -> Tensor:
    """[batch, height, width, 3] uint8 → [batch, 3, height, width] float32 -1..1."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


def augment(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Shift by up to 3 pixels and change the light a little, differently for each picture.

    Never mirrored: left and right are part of the answers.
    """
    batch, _, height, width = pictures.shape
    wide = torch.nn.functional.pad(pictures, (3, 3, 3, 3), mode="replicate")
    shifts = rng.integers(0, 7, (batch, 2))
    cut = [picture[:, y : y + height, x : x + width] for picture, (y, x) in zip(wide, shifts, strict=True)]
    gain = torch.from_numpy(rng.uniform(0.85, 1.1, (batch, 3, 1, 1)).astype(np.float32))
    return ((torch.stack(cut) + 1) * gain - 1).clamp_(-1, 1)


@dataclass(frozen=True)
class Batch:
    """What one training step needs."""

    pictures: Tensor
    """[batch, 3, 128, 128]"""
    patches: Tensor
    """[batch, 64] int64 class + 1"""
    tokens: Tensor
    """[batch, 16, classes]"""
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


def hard(chunk: Chunk, index: int) -> bool:
    """Whether a scene has many things, small things or little light (though not none)."""
    n = int((chunk.seen[index, :, 0] >= 0).sum())
    small = int((chunk.patches[index] > 0).sum()) < SMALL_PATCHES * n
    return n > FEW_THINGS or small or (n > 0 and float(chunk.pictures[index].mean()) < DIM_LEVEL)


class Pool:
    """All complete chunks of the pool, read in a new random order each time round."""

    def __init__(self, work: Path, rng: np.random.Generator) -> None:
        self.chunks: list[Chunk] = [pool.open_chunk(work, n) for n in pool.complete(work)]
        self.rng = rng

    def order(self) -> Iterator[tuple[Chunk, int]]:
        """Scenes without end."""
        while True:
            for at in self.rng.permutation(len(self.chunks) * pool.CHUNK):
                yield self.chunks[at // pool.CHUNK], int(at % pool.CHUNK)

    def pick(self, scenes: Iterator[tuple[Chunk, int]], hard_share: float) -> tuple[Chunk, int]:
        """The next scene, with most of the hard ones left out."""
        chunk, index = next(scenes)
        while hard(chunk, index) and self.rng.random() > hard_share:
            chunk, index = next(scenes)
        return chunk, index

    def batches(self, how: Training, classes: int, image_tokens: int, first: int) -> Iterator[Batch]:
        """Batches without end, from step number `first`."""
        scenes, step = self.order(), first
        while True:
            stage = how.stage(step)
            picked = [self.pick(scenes, stage.hard_share) for _ in range(stage.pictures)]
            truths = [chunk.truth(index) for chunk, index in picked]
            pixels = np.stack([chunk.pictures[index] for chunk, index in picked])
            patches = np.stack([chunk.patches[index].reshape(-1) for chunk, index in picked])
            told = truths[: stage.talked_about]
            yield Batch(
                pictures=augment(to_pictures(pixels), self.rng),
                patches=torch.from_numpy(patches.astype(np.int64)),
                tokens=token_targets(truths, classes),
                packed=talk(self.rng, told, how, image_tokens) if told else None,
            )
            step += 1
