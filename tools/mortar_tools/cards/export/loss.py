"""How well a language GGUF answers questions about scenes that nobody trained on, through llama.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.progress import track

from mortar.bricks.picture import preprocess
from mortar_tools.cards.export.likelihood import exact, log_softmax, nats_of
from mortar_tools.cards.export.marker import Marker, Sitting
from mortar_tools.cards.language import interview
from mortar_tools.cards.training.model import Vision
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import SPLITS, draw

QUESTIONS = 8
"""About each scene."""


@dataclass(frozen=True)
class Loss:
    """What a model makes of the right answers."""

    nats: float
    """Mean cross-entropy of their tokens, the end mark among them."""
    exact: float
    """Share of answers that greedy decoding gives word for word."""


@torch.no_grad()
def sittings(vision: Vision, scenes: int, work: Path) -> list[Sitting]:
    """The first scenes of the split that is kept for this, seen by the tower in float32."""
    found = []
    for number in track(SPLITS["quantise"][:scenes], "looking at scenes", transient=True):
        scene = draw(number, work=work)
        picture = torch.from_numpy(preprocess(Image.fromarray(scene.picture))).permute(0, 3, 1, 2)
        turns = interview(np.random.default_rng(number), truth_of(scene), QUESTIONS)
        found.append(Sitting(vision(picture)[0].numpy(), tuple(turns)))
    return found


def measure(path: Path, found: Sequence[Sitting]) -> Loss:
    """The loss of a language GGUF."""
    marker, nats, right = Marker(path), [], []
    try:
        for sitting in found:
            pos = marker.look(sitting.tokens)
            for turn in sitting.turns:
                logits, answer = marker.told(turn, pos)
                said = log_softmax(logits)
                nats.append(nats_of(said, answer))
                right.append(exact(said, answer))
    finally:
        marker.close()
    return Loss(round(float(np.concatenate(nats).mean()), 5), round(float(np.mean(right)), 4))
