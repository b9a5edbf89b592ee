"""What a question is about: picked so that the words alone do not give the answer away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from mortar_tools.cards.language.nouns import Noun, any_colour, by_class, like, spliced, unknown_words
from mortar_tools.cards.things import UNKNOWN, printed, things
from mortar_tools.cards.world.scene import Seen

T = TypeVar("T")

OPEN_COLOUR = 0.5
"""How often a coloured shape is asked after by its shape alone."""
HINTED = 0.4
"""How often what is not there is something that earlier talk was about, where there was any."""
ALIKE = 0.6
"""How often a shape that is not there is like one that is there."""


def pick(rng: np.random.Generator, among: Sequence[T]) -> T:
    """Any of them, each as likely."""
    return among[int(rng.random() * len(among))]


class Chooser:
    """Picks nouns for questions about one scene."""

    def __init__(self, rng: np.random.Generator, seen: Sequence[Seen], hinted: Sequence[int]) -> None:
        self._rng = rng
        self._all = frozenset(one.thing for one in seen)
        self._here = sorted(self._all - {UNKNOWN})
        self._shapes = [kind for kind in self._here if kind in any_colour()]
        self._hinted = [kind for kind in hinted if kind not in self._all and kind != UNKNOWN]

    def word(self, kind: int) -> Noun:
        """A noun for a class: a coloured shape's with or without its colour."""
        shape = any_colour().get(kind)
        return shape if shape and self._rng.random() < OPEN_COLOUR else by_class()[kind]

    def present(self) -> Noun | None:
        """Something that is there; None where nothing is."""
        return self.word(pick(self._rng, self._here)) if self._here else None

    def absent(self) -> Noun:
        """Something that is not there: at times what earlier talk was about, or what looks alike."""
        while True:
            noun = self.word(self._any_kind())
            if not noun.kinds & self._all:
                return noun

    def either(self, present: float) -> Noun | None:
        """Something that is there, with that probability, or something that is not."""
        return self.present() if self._rng.random() < present else self.absent()

    def _any_kind(self) -> int:
        if self._hinted and self._rng.random() < HINTED:
            return pick(self._rng, self._hinted)
        if self._here:
            one = pick(self._rng, self._here)
            if one in any_colour() and self._rng.random() < ALIKE:
                return pick(self._rng, like()[one])
        return int(self._rng.random() * len(things()))

    def shape(self, present: float) -> Noun | None:
        """A shape in any colour: one that is there with that probability, or else any shape."""
        if self._rng.random() < present:
            return any_colour()[pick(self._rng, self._shapes)] if self._shapes else None
        return pick(self._rng, tuple(any_colour().values()))

    def pictogram(self) -> Noun:
        """A thing that is no plain shape: one that is there, or any."""
        here = [kind for kind in self._here if kind not in any_colour()]
        if here and self._rng.random() < 0.5:
            return by_class()[pick(self._rng, here)]
        return by_class()[int(self._rng.random() * len(printed()))]

    def other(self, than: Noun, present: float) -> Noun:
        """A second noun, which names nothing that the first one names."""
        while True:
            noun = self.either(present) or self.absent()
            if not noun.kinds & than.kinds:
                return noun
            present /= 2

    def unknown_word(self, kept: bool) -> Noun:
        """A word that the model doesn't know: from the list, or for training made up from two of them."""
        words = unknown_words(kept)
        word = pick(self._rng, words)
        return word if kept or self._rng.random() < 0.5 else spliced(word, pick(self._rng, words))
