"""Sentences as a graph of words: what begins alike shares its beginning, what ends alike its end.

It is the smallest deterministic automaton of its language: of each word at most one way leads on from a
state, and from no two states the same follows. A recogniser works on as many ways as it has to follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

WORD = re.compile(r"[\w']+|\{\w+\}")
"""A spoken word or the name of a list; hyphens and punctuation part words."""

_END = ""
"""Stands in a tree where a phrase may end."""


@dataclass(frozen=True)
class Grammar:
    """States are numbers, and each way leads to a lower one."""

    ways: Sequence[Mapping[str, int]]
    """Of each state: the words that may come next, and the state to which each leads."""
    ends: frozenset[int]
    """States in which the sentence may end."""
    start: int

    @property
    def words(self) -> list[str]:
        """All that are in it, sorted."""
        return sorted({word for ways in self.ways for word in ways})


def grammar(sentences: Iterable[str], lists: Mapping[str, Iterable[str]]) -> Grammar:
    """A word {name} of a sentence, or of a list, stands for any phrase of lists["name"]."""
    trees = {f"{{{name}}}": _tree(phrases) for name, phrases in lists.items()}
    graph = _Graph(trees)
    start = graph.state(frozenset([(_tree(sentences),)]))
    ends = (number for (_, may_end), number in graph.known.items() if may_end)
    return Grammar([dict(ways) for ways, _ in graph.known], frozenset(ends), start)


class _Tree(dict[str, "_Tree"]):
    """Words that may come next, each with what may follow it. A place in a tree is itself alone."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


_Stack = tuple[_Tree, ...]
"""Where one is in the trees: that of the innermost list stands last."""

_Ways = tuple[tuple[str, int], ...]


class _Graph:
    """Works from the end: states from which the same follows are one."""

    def __init__(self, lists: Mapping[str, _Tree]) -> None:
        self._lists = lists
        self._states: dict[frozenset[_Stack], int] = {}
        self._following: dict[_Stack, list[tuple[str, _Stack]]] = {}
        self.known: dict[tuple[_Ways, bool], int] = {}
        """What follows in a state, and whether the sentence may end there; and the state's number."""

    def state(self, places: frozenset[_Stack]) -> int:
        """The number of the state in which one is at any of these places."""
        if places not in self._states:
            found: dict[str, set[_Stack]] = {}
            for place in places:
                for word, after in self._followed(place):
                    found.setdefault(word, set()).add(after)
            may_end = found.pop(_END, None) is not None
            ways = tuple(sorted((word, self.state(frozenset(after))) for word, after in found.items()))
            self._states[places] = self.known.setdefault((ways, may_end), len(self.known))
        return self._states[places]

    def _followed(self, place: _Stack) -> list[tuple[str, _Stack]]:
        """Words that may come next, and what may follow each."""
        if place not in self._following:
            self._following[place] = list(self._open(place))
        return self._following[place]

    def _open(self, place: _Stack) -> Iterator[tuple[str, _Stack]]:
        *outer, inner = place
        for word, rest in inner.items():
            if word in self._lists:
                yield from self._open((*outer, rest, self._lists[word]))
            elif word == _END and outer:
                yield from self._open(tuple(outer))
            else:
                yield word, () if word == _END else (*outer, rest)


def _tree(phrases: Iterable[str]) -> _Tree:
    root = _Tree()
    for phrase in phrases:
        at = root
        for word in WORD.findall(phrase.lower()):
            at = at.setdefault(word, _Tree())
        at[_END] = _Tree()
    return root
