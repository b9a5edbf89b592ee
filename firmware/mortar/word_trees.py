"""Sentences as trees of words: those that begin alike share their beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WORD = re.compile(r"[\w']+|\{\w+\}")
"""A spoken word or the name of a list; hyphens and punctuation part words."""

END = ""
"""Stands in a tree where a phrase may end."""


class Tree(dict[str, "Tree"]):
    """Words that may come next, each with what may follow it. A place in a tree is itself alone: two
    are the same only where they are one."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


@dataclass(frozen=True)
class Grammar:
    """A word {name} of `sentences`, or of a list, stands for any phrase of lists["{name}"]."""

    sentences: Tree
    lists: Mapping[str, Tree]


def tree(phrases: Iterable[str]) -> Tree:
    root = Tree()
    for phrase in phrases:
        at = root
        for word in WORD.findall(phrase.lower()):
            at = at.setdefault(word, Tree())
        at[END] = Tree()
    return root


def grammar(sentences: Iterable[str], lists: Mapping[str, Iterable[str]]) -> Grammar:
    return Grammar(tree(sentences), {f"{{{name}}}": tree(phrases) for name, phrases in lists.items()})
