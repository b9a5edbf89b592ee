"""The recipe file: the model's shape and how it is trained."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from mortar_tools.cards.model import Shape
from mortar_tools.cards.things import CARDS


@dataclass(frozen=True)
class Training:
    """How the model is trained; recipe.toml explains each."""

    steps: int
    eyes_steps: int
    warmup_steps: int
    cooldown_share: float
    pictures: int
    talked_about: int
    questions: int
    earlier_talk: float
    learning_rate: float
    matrix_rate: float
    weight_decay: float
    patch_loss: float
    token_loss: float
    empty_weight: float
    first_word_weight: float

    def rate(self, step: int) -> float:
        """Learning rate: up, level, and down to nothing over the last part."""
        up = min(1.0, (step + 1) / self.warmup_steps)
        down = min(1.0, (self.steps - step) / (self.steps * self.cooldown_share))
        return self.learning_rate * up * max(0.0, down)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, apart from the art."""

    name: str
    version: str
    seed: int
    pool_scenes: int
    shape: Shape
    training: Training


def read(path: Path = CARDS / "recipe.toml") -> Recipe:
    """The recipe in a file; an unknown or missing key is an error."""
    with path.open("rb") as file:
        values = tomllib.load(file)
    shape, training = Shape(**values.pop("shape")), Training(**values.pop("training"))
    return Recipe(**values, shape=shape, training=training)
