"""What the eye takes in while it watches, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from mortar.bricks.eye.gate import Luma, Verdict
from mortar.messages import Scalar


@dataclass(frozen=True)
class Taken:
    """A picture, and what the gate sees of it; None where nothing is watched."""

    picture: Image.Image
    gate: Luma | None
    before: tuple[Image.Image, ...] = ()
    """Frames of the same size just before it, whose tokens are averaged with its own."""

    @property
    def frames(self) -> tuple[Image.Image, ...]:
        return *self.before, self.picture


@dataclass
class Counts:
    """For `mortar status`."""

    glances: int = 0
    gated: int = 0
    """Glances that showed nothing new."""
    encoded: int = 0
    passed_over: int = 0
    """Glances that fell due while the eye was at work: the newest took their place."""
    held_back: int = 0
    """Changes that had to wait for tokens, or for a slot."""
    spared: int = 0
    """Looks that were answered with no encoding."""

    def figures(self) -> dict[str, Scalar]:
        return {f"watch_{name}": value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Glance:
    """A frame, and whether it is news."""

    gate: Luma
    verdict: Verdict
    picture: Image.Image | None
    """None where nothing is to be encoded."""
