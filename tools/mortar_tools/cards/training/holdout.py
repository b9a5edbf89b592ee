"""How a model under training does on scenes that it has never met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from mortar_tools.cards.language import interview
from mortar_tools.cards.training.batches import IGNORED, Packed, pack_row, stack, to_pictures
from mortar_tools.cards.training.model import Cards
from mortar_tools.cards.world import pool
from mortar_tools.cards.world.pool import Truth, truth_of
from mortar_tools.cards.world.scene import SPLITS, draw

QUESTIONS = 6
CLOSER = "closer_"
"""Before the name of a figure: of scenes from afar, looked at twice."""


@dataclass(frozen=True)
class Holdout:
    """Held-out scenes with their questions."""

    pictures: torch.Tensor
    """[scenes * looks, 3, 128, 128]"""
    looks: int
    patches: torch.Tensor
    """[scenes, 64] class + 1"""
    packed: Packed
    kinds: tuple[tuple[str, ...], ...]
    """Kind of each question of each scene."""


def pack_interviews(
    truths: Sequence[Truth], image_tokens: int, seed: int
) -> tuple[Packed, tuple[tuple[str, ...], ...]]:
    """Packed questions about scenes, and their kinds."""
    rng = np.random.default_rng(seed)
    asked = [interview(rng, truth, QUESTIONS) for truth in truths]
    packed = stack([pack_row([], turns, image_tokens, 1.0) for turns in asked])
    return packed, tuple(tuple(turn.kind for turn in turns) for turns in asked)


def held_out(scenes: int, image_tokens: int, work: Path, split: str = "valid") -> Holdout:
    """The first scenes of a split."""
    drawn = [draw(seed, work=work) for seed in SPLITS[split][:scenes]]
    packed, kinds = pack_interviews([truth_of(scene) for scene in drawn], image_tokens, seed=0)
    patches = np.stack([scene.patches.reshape(-1) for scene in drawn]).astype(np.int64)
    pictures = to_pictures(np.stack([scene.picture for scene in drawn]))
    return Holdout(pictures, 1, torch.from_numpy(patches), packed, kinds)


def held_out_afar(scenes: int, image_tokens: int, work: Path) -> Holdout:
    """The first scenes of the validation split that have a close-up, seen from afar."""
    drawn = list(islice(pool.looked_closer(SPLITS["valid"], work), scenes))
    truths = [truth_of(scene) for _, scene in drawn]
    packed, kinds = pack_interviews(truths, 2 * image_tokens, seed=0)
    patches = np.stack([scene.patches.reshape(-1) for _, scene in drawn]).astype(np.int64)
    pictures = to_pictures(np.concatenate([looks for looks, _ in drawn]))
    return Holdout(pictures, 2, torch.from_numpy(patches), packed, kinds)


def exact(model: Cards, image: torch.Tensor, packed: Packed) -> torch.Tensor:
    """[rows, questions] true where greedy decoding would say exactly the right answer.

    Greedy decoding says the right answer if and only if every word of it is the likeliest one
    after the right words before it, so one forward pass is enough.
    """
    embedded = model.place(model.language.token_embd(packed.ids), image, packed.start)
    hidden = model.language(embedded, packed.positions, packed.mask())
    right = (model.language.logits(hidden).argmax(-1) == packed.targets) | (packed.targets == IGNORED)
    return torch.stack([(right | (packed.segments != n)).all(1) for n in range(1, QUESTIONS + 1)], 1)


@torch.no_grad()
def examine(model: Cards, holdout: Holdout, looking: bool, speaking: bool) -> dict[str, float]:
    """Share of patches right, where the tower learns to name them (`looking`), and of answers exactly
    right by kind of question, where the language learns to give them (`speaking`)."""
    patches = model.vision.patches(holdout.pictures)
    figures: dict[str, float] = {}
    if looking:
        right = model.patch_head(patches[:: holdout.looks]).argmax(-1) == holdout.patches
        figures["patches"] = float(right.float().mean())
        figures["covered_patches"] = float(right[holdout.patches > 0].float().mean())
    if speaking:
        tokens = model.vision.tokens(patches)
        looked = tokens.view(len(holdout.kinds), -1, tokens.shape[2])
        right = exact(model, looked, holdout.packed).numpy().ravel()
        kinds = np.array(holdout.kinds).ravel()
        for kind in sorted(set(kinds)):
            figures[str(kind)] = float(right[kinds == kind].mean())
    if holdout.looks > 1:
        figures = {f"{CLOSER}{name}": value for name, value in figures.items()}
    return {name: round(value, 4) for name, value in figures.items()}
