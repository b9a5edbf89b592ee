"""The recipe file: the sizes of the model and how they are trained."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from mortar_tools.cards import tokenizer
from mortar_tools.cards.things import CARDS, SIZES, UNKNOWN
from mortar_tools.cards.training.model import Shape


@dataclass(frozen=True)
class Stage:
    """A part of the training; recipe.toml explains each field."""

    until_step: int
    pictures: int
    talked_about: int
    tower_learns: bool = True
    projector_learns: bool = True
    closeups: float = 0.0


@dataclass(frozen=True)
class Training:
    """How the model is trained; recipe.toml explains each field."""

    stages: tuple[Stage, ...]
    warmup_steps: int
    questions: int
    earlier_talk: float
    learning_rate: float
    matrix_rate: float
    weight_decay: float
    patch_loss: float
    token_loss: float
    place_loss: float
    empty_weight: float
    first_word_weight: float

    @property
    def steps(self) -> int:
        """Steps in all."""
        return self.stages[-1].until_step

    @property
    def closeups(self) -> bool:
        """Whether any of the stages looks closer."""
        return any(stage.closeups > 0 for stage in self.stages)

    def stage(self, step: int) -> Stage:
        """The stage that a step belongs to."""
        return next((stage for stage in self.stages if step < stage.until_step), self.stages[-1])

    def rate(self, step: int) -> float:
        """Learning rate: up within the warm-up, and evenly down to nothing."""
        up = min(1.0, (step + 1) / self.warmup_steps)
        return self.learning_rate * up * max(0.0, 1 - step / self.steps)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights of one size, apart from the art."""

    name: str
    size: str
    version: str
    seed: int
    pool_scenes: int
    afar_scenes: int
    shape: Shape
    training: Training
    begins_with: str | None = None
    """The size whose weights it begins with, as far as they have the same name and shape."""


RECIPE = CARDS / "recipe.toml"


def read(size: str = "base", path: Path = RECIPE) -> Recipe:
    """The recipe of one of SIZES; an unknown or missing key is an error. A file may be of one size alone."""
    with path.open("rb") as file:
        values = tomllib.load(file)
    of_size = {name: values.pop(name, {}) for name in SIZES}[size]
    stages = tuple(Stage(**stage) for stage in of_size.pop("stage"))
    words = tokenizer.load().get_vocab_size()
    shape = Shape(**of_size.pop("shape"), vocabulary=words, things=UNKNOWN + 1)
    training = Training(stages=stages, **values.pop("training"))
    return Recipe(**values, **of_size, size=size, shape=shape, training=training)
