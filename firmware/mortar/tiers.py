"""The models of the cascade, from small to large, as eye and language both number them."""

from __future__ import annotations

from pathlib import Path

from mortar import resources
from mortar.settings import RunOptions, Settings

BUNDLED = {"small": "small", "base": "."}
"""Names of the models that come with Mortar, and where they lie in their folder."""


def folders(run: RunOptions, settings: Settings) -> list[Path]:
    """At least one. A model that the command line names stands alone: it was chosen."""
    if run.model:
        return [Path(run.model)]
    return [_folder(name) for name in settings.cascade.models] or [resources.bundled_model()]


def _folder(name: str) -> Path:
    if name in BUNDLED:
        return resources.bundled_model() / BUNDLED[name]
    return Path(name)
