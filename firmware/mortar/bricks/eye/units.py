"""The units that a vision encoder can run on: one is in use, and the next takes over where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mortar.errors import MortarError
from mortar.messages import Considered
from mortar.runtimes.interfaces import VisionEncoder
from mortar.runtimes.places import Place, no_unit


class Units:
    """Goes down a list of places, the best first. A place that failed is not tried again in this run.

    `open` and `fail` load engines: they belong into the worker's thread.
    """

    def __init__(self, places: Sequence[Place], moves: int = 0) -> None:
        self._places = list(places)
        self._at = -1
        self._encoder: VisionEncoder | None = None
        self.moves = moves
        """How often a unit had to be left."""

    @property
    def encoder(self) -> VisionEncoder:
        assert self._encoder is not None  # `open` comes first
        return self._encoder

    @property
    def considered(self) -> list[Considered]:
        """Every place, in order, with why it is used, is not, or could be."""
        return [
            Considered(place.unit, place.reason, place.is_usable, number == self._at)
            for number, place in enumerate(self._places)
        ]

    def open(self) -> None:
        """Load the best place that can be used. Raises the last one's error where none can."""
        error: MortarError | None = None
        for number, place in enumerate(self._places):
            if place.open is None:
                continue
            try:
                self._encoder, self._at = place.open(), number
            except MortarError as failed:
                self._strike(number, error := failed)
            else:
                return
        raise error or no_unit()

    def fail(self, error: MortarError) -> None:
        """The place in use failed: move on to the next. Raises as `open` does."""
        self.encoder.close()
        self._strike(self._at, error)
        self._encoder, self._at = None, -1
        self.moves += 1
        self.open()

    def close(self) -> None:
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None

    def _strike(self, number: int, error: MortarError) -> None:
        self._places[number] = replace(self._places[number], open=None, reason=f"failed: {error.what}")
