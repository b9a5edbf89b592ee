"""The models of the cascade, from small to large, as eye and language both number them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mortar import resources
from mortar.installing.folders import model_path
from mortar.settings import RunOptions, Settings

BUNDLED = {"small": "small", "base": "."}
"""Names of the models that come with Mortar, and where they lie in their folder."""


@dataclass(frozen=True)
class Tier:
    name: str
    folder: Path


def tiers(run: RunOptions, settings: Settings) -> list[Tier]:
    """At least one. A model that the command line names stands alone: it was chosen."""
    if run.model:
        return [Tier(Path(run.model).name, Path(run.model))]
    return [Tier(Path(name).name, _folder(name)) for name in settings.cascade.models or ["base"]]


def _folder(name: str) -> Path:
    return resources.bundled_model() / BUNDLED[name] if name in BUNDLED else model_path(name)
