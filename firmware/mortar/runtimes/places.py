"""Where the vision encoder can run: a list of places, the best first, decided from probes.

A place that cannot be used stays in the list with the reason, for `mortar status` and `mortar doctor`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mortar.errors import MortarError
from mortar.runtimes.interfaces import VisionEncoder
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import AUTO, Eye


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


def _cpu(site: Site) -> Place:
    def load() -> VisionEncoder:
        from mortar.runtimes.tflite import TfliteVisionGraph
        from mortar.runtimes.vision import Batches

        part = site.model.manifest.vision
        graph = TfliteVisionGraph(site.model.verified(part), part, threads=site.settings.threads)
        return Batches([graph], part.n_tok, part.n_embd, most=site.settings.tile_batch)

    return Place("tflite/cpu", "the model's own file, on the processor", load)


PROBES: dict[str, Callable[[Site], Place]] = {
    "tflite/cpu": _cpu,
}
"""Unit → what finds out whether it can be used; the best first."""


def places(settings: Eye, model: ModelFolder) -> list[Place]:
    """Every place for the vision encoder of `model`. The one that `eye.unit` names comes first."""
    site = Site(settings, model)
    found = [probe(site) for probe in PROBES.values()]
    if settings.unit == AUTO:
        return found
    named = [one for one in found if one.unit == settings.unit]
    others = [one for one in found if one.unit != settings.unit]
    return [*(replace(one, reason=f"eye.unit names it; {one.reason}") for one in named), *others]


def best(settings: Eye, model: ModelFolder) -> VisionEncoder:
    """The encoder of the first place that can be used. Raises MortarError."""
    for place in places(settings, model):
        if place.open is not None:
            return place.open()
    raise no_unit()


def no_unit() -> MortarError:
    return MortarError(
        "vision-no-unit",
        "there is no unit that the vision encoder can run on",
        "run `mortar doctor`: it names each one with the reason",
    )
