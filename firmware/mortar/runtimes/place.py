"""A place for the vision encoder: what a probe is given to look at, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from mortar.errors import MortarError
from mortar.runtimes.forms import Form, Installed, Role, Runtime, installed
from mortar.runtimes.interfaces import VisionEncoder
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.vision import ShouldStop, never
from mortar.settings import Eye, Point


@dataclass(frozen=True)
class Place:
    """A unit, and what the probes say about it."""

    unit: str
    """Runtime and unit: "tflite/cpu"."""
    reason: str
    """Why it can be used, or why it cannot."""
    open: Callable[[], VisionEncoder] | None = None
    """Loads the engine; None where the place cannot be used. Raises MortarError."""

    @property
    def is_usable(self) -> bool:
        return self.open is not None


@dataclass(frozen=True)
class Site:
    """What a probe looks at."""

    settings: Eye
    model: ModelFolder
    point: Point | None
    """The way of looking that is wanted; None: as the model was made."""
    should_stop: ShouldStop = never
    """Asked between batches of a large picture's tiles."""

    @property
    def part(self) -> VisionPart:
        """What goes in and what comes out, then."""
        return part_at(self.model.vision, self.point)

    def forms(self, runtime: Runtime, soc: str | None = "", role: Role = Role.WHOLE) -> list[Installed]:
        """Those of that shape for a runtime and a SoC; None: for any."""
        return [
            one
            for one in installed(self.model, runtime, soc)
            if one.form.role is role and self._fits(one.form)
        ]

    def _fits(self, form: Form) -> bool:
        # What is measured of a way of looking is the precision of nearly all of it.
        is_wanted = self.point is None or form.role is Role.PATCHES or form.precision == self.point.precision
        return is_wanted and same_shape(form.part(self.model.vision), self.part)


def part_at(own: VisionPart, point: Point | None) -> VisionPart:
    """The model's own part as `point` has it."""
    if point is None:
        return own
    tiles = own.tiles if point.tiles else None
    return replace(own, width_px=point.width_px, height_px=point.height_px, n_tok=point.n_tok, tiles=tiles)


def same_shape(one: VisionPart, other: VisionPart) -> bool:
    return (one.width_px, one.height_px, one.n_tok) == (other.width_px, other.height_px, other.n_tok)


def no_unit() -> MortarError:
    return MortarError(
        "vision-no-unit",
        "there is no unit that the vision encoder can run on",
        "run `mortar doctor`: it names each one with the reason",
    )
