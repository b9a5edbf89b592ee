"""What is taken for what, as far as descriptions tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.evaluate.exam import Described
from mortar_tools.cards.evaluate.marking import Things
from mortar_tools.cards.things import UNKNOWN, things

NOTHING = UNKNOWN + 1
"""In the place of a thing: it was not named, or what was named is not there."""
CLASSES = NOTHING + 1


@dataclass(frozen=True)
class Mistake:
    """A thing that is taken for another."""

    there: int
    said: int
    times: float


def name_of(kind: int) -> str:
    """A class number for people."""
    return (*(thing.name for thing in things()), "(a card it does not know)", "(nothing)")[kind]


def confusions(described: Iterable[Described]) -> NDArray[np.float64]:
    """[there, said] how often each thing was named as which.

    In a scene with several mistakes nobody knows which word was meant for which card: each missed
    thing is shared among all that was named in vain.
    """
    found = np.zeros((CLASSES, CLASSES))
    for one in described:
        for kind, n in (one.said & one.present).items():
            found[kind, kind] += n
        missed, invented = one.present - one.said, one.said - one.present
        most = max(missed.total(), invented.total())
        missed[NOTHING] = most - missed.total()
        invented[NOTHING] = most - invented.total()
        _share(found, missed, invented, most)
    return found


def _share(found: NDArray[np.float64], missed: Things, invented: Things, most: int) -> None:
    for there, n in missed.items():
        for said, m in invented.items():
            if n and m:
                found[there, said] += n * m / most


def worst(found: NDArray[np.float64], number: int) -> list[Mistake]:
    """The commonest mistakes, the commonest first."""
    wrong = found.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:number]
    pairs = (np.unravel_index(place, wrong.shape) for place in order)
    mistakes = [Mistake(int(there), int(said), float(wrong[there, said])) for there, said in pairs]
    return [mistake for mistake in mistakes if mistake.times > 0]


def most_confused(found: NDArray[np.float64], number: int) -> list[int]:
    """The things that are mistaken for others most often, the commonest mistake first."""
    wrong = found[:NOTHING].sum(1) - np.diag(found)[:NOTHING]
    order = np.argsort(-wrong, kind="stable")[:number]
    return [int(kind) for kind in order if wrong[kind] > 0]
