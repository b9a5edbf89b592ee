"""Every model that there is: those of the catalogue, and what lies in the folder besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mortar import catalogue
from mortar.catalogue import Entry, Weights
from mortar.installing import lock
from mortar.installing.folders import installed_names
from mortar.installing.removal import used_by
from mortar.settings import Settings

NOT_KNOWN = "?"
BY_HAND = "put there by hand"

ABSENT = {
    Weights.BUNDLED: "bundled",
    Weights.PUBLISHED: "published, but not to be pulled",
    Weights.NONE: "not published",
}
"""State of a model that has no parts to pull."""


@dataclass(frozen=True)
class Row:
    name: str
    kind: str
    size_MB: float | None
    """None: nobody has said so for certain."""
    licence: str
    state: str


def rows(settings: Settings) -> Iterator[Row]:
    """The catalogue in its order, then what is installed and not in it."""
    known, recorded, there = catalogue.entries(), lock.load().installed, installed_names()
    for name, entry in known.items():
        if name in recorded and name in there:
            size_MB = sum(held.size_bytes for held in recorded[name].files.values()) / 1e6
            yield Row(name, entry.kind, size_MB, entry.licence, _installed(name, settings))
        else:
            state = BY_HAND if name in there else "can be pulled" if entry.parts else ABSENT[entry.weights]
            yield Row(name, entry.kind, _published_MB(entry), entry.licence, state)
    for name in there:
        if name not in known:
            state = _installed(name, settings) if name in recorded else BY_HAND
            yield Row(name, NOT_KNOWN, None, NOT_KNOWN, state)


def _installed(name: str, settings: Settings) -> str:
    use = used_by(name, settings)
    return f"installed, in use ({use})" if use else "installed"


def _published_MB(entry: Entry) -> float | None:
    sizes = [part.size_MB for part in entry.parts.values()]
    known = [size for size in sizes if not isinstance(size, str)]
    return sum(known) if known and len(known) == len(sizes) else None
