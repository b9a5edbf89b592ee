"""The ways of looking that are compared: what each is, and what it was measured to cost. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from mortar.runtimes.forms import Precision
from mortar_tools.cards.evaluate.exam import Sheet
from mortar_tools.vision.towers.shape import TowerShape


@dataclass(frozen=True)
class Way:
    """One way of looking."""

    picture_px: int
    """Edge of what the tower sees: of the picture, or of each of its tiles."""
    stride_px: int
    """From one patch to the next, which is as large."""
    merged: int
    """Edge of the square of the model's image tokens that become one; 1: all of them."""
    tiles: bool
    """Whether large pictures are cut into tiles, where the model was trained with them."""
    precision: Precision

    @property
    def name(self) -> str:
        parts = [f"{self.picture_px}px", f"stride{self.stride_px}", str(self.precision)]
        parts += [f"merged{self.merged}"] if self.merged > 1 else []
        parts += ["tiles"] if self.tiles else []
        return "-".join(parts)

    def shape(self, trained: TowerShape) -> TowerShape:
        """The tower's shape then. Raises UsageError where the numbers don't go together."""
        return trained.resized(self.picture_px, self.stride_px, trained.shuffle * self.merged)


@dataclass(frozen=True)
class Cost:
    """What one look costs."""

    wait_ms: float
    """Encoding one picture, and reading its tokens into the language model."""
    memory_MB: float
    """Peak of a process that does nothing but encode, above one that has only loaded Python."""
    cpu_ms: float
    """Of all cores, for the same look."""


@dataclass(frozen=True)
class Measured:
    """A way of looking, with what it is worth and what it costs."""

    way: Way
    n_tok: int
    """Of a picture without tiles."""
    accuracy: float
    """Share of held-out questions answered right in every word, by the whole model."""
    interval: tuple[float, float]
    """95 %."""
    cost: Cost
    energy_mJ: float
    """`cpu_ms` times the watts of a busy core: nothing here measures current."""


@dataclass(frozen=True)
class Conditions:
    """What is the same for all of them."""

    paper: Callable[[], Iterator[Sheet]]
    """Held-out scenes and questions, each time the same."""
    scenes: int
    picture_px: tuple[int, int]
    """Size of a picture as the camera gives it."""
    threads: int
    times: int
    watts: float
    """Of a busy core."""


def ways(
    resolutions_px: Sequence[int],
    strides_px: Sequence[int],
    merged: Sequence[int],
    precisions: Sequence[Precision],
    trained: TowerShape,
    has_tiles: bool,
) -> Iterator[Way]:
    """Every combination that makes a tower: whole patches in it, whole squares of them in a token."""
    tiles = (False, True) if has_tiles else (False,)
    for picture_px, stride_px, merge, cut, precision in product(
        resolutions_px, strides_px, merged, tiles, precisions
    ):
        grid, left = divmod(picture_px, stride_px)
        if grid > 0 and left == 0 and grid % (trained.shuffle * merge) == 0:
            yield Way(picture_px, stride_px, merge, cut, precision)
