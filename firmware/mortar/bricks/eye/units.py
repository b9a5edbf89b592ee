"""The units that a vision encoder can run on: one is in use, and the next takes over where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mortar.errors import MortarError
from mortar.messages import Considered
from mortar.runtimes.interfaces import VisionEncoder
from mortar.runtimes.place import Place, no_unit


class Units:
    """Goes down a list of places, the best first. A unit that failed is not tried again in this run.

    `open`, `fail` and `close` load and unload engines: they belong into the worker's thread.
    """

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1
        self._encoder: VisionEncoder | None = None
        self._failed: dict[str, str] = {}
        """Unit → why it is out for this run."""
        self.moves = 0
        """How often a unit had to be left while it worked."""

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

    def open(self, places: Sequence[Place]) -> list[MortarError]:
        """Load the best of `places` that can be used, in the place of what was loaded before. Gives what
        went wrong with those before it, and raises the first of that where none can be loaded."""
        self.close()
        self._places = [self._without_failed(place) for place in places]
        return self._next()

    def fail(self, error: MortarError) -> list[MortarError]:
        """The unit in use failed: move on to the next. Gives and raises what `open` does."""
        self.moves += 1
        self._strike(self._at, error)
        self.close()
        return self._next()

    def close(self) -> None:
        encoder, self._encoder, self._at = self._encoder, None, -1
        if encoder is not None:
            encoder.close()

    def _next(self) -> list[MortarError]:
        troubles: list[MortarError] = []
        for number, place in enumerate(self._places):
            if place.open is None:
                continue
            try:
                self._encoder, self._at = place.open(), number
            except MortarError as error:
                self._strike(number, error)
                troubles.append(error)
            else:
                return troubles
        raise troubles[0] if troubles else no_unit()

    def _strike(self, number: int, error: MortarError) -> None:
        unit = self._places[number].unit
        self._failed[unit] = f"failed: {error.what}"
        self._places[number] = self._without_failed(self._places[number])

    def _without_failed(self, place: Place) -> Place:
        if place.unit not in self._failed:
            return place
        return replace(place, open=None, reason=self._failed[place.unit])
