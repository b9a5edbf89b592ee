"""Reading an answer: which things it says are there, and which number."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from mortar_tools.cards.language.nouns import by_class
from mortar_tools.cards.things import NUMBERS
from mortar_tools.cards.world.scene import MOST_THINGS

Things = Counter[int]
"""Class number → how many, UNKNOWN for cards that nobody has taught."""

NOT_SEEN = "do not see"
"""What such a sentence names is not there."""


@cache
def phrases() -> dict[str, tuple[int, int]]:
    """Every way to say that some of one thing are there → its class number and how many they are."""
    return {
        phrase: (kind, n)
        for kind, noun in enumerate(by_class())
        for n in range(1, MOST_THINGS + 1)
        for phrase in (noun.counted(n), noun.listed(n))
    }


@cache
def _any_phrase() -> re.Pattern[str]:
    # The longest first: a "school bus" is no school.
    longest_first = sorted(phrases(), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")


def mentioned(answer: str) -> Things:
    """Things that an answer says are there, with their numbers."""
    found: Things = Counter()
    if NOT_SEEN not in answer:
        for phrase in _any_phrase().findall(answer):
            kind, n = phrases()[phrase]
            found[kind] += n
    return found


_NUMBER = re.compile(rf"\b(?:{'|'.join(NUMBERS)})\b")


def number_said(answer: str) -> int:
    """The number in an answer to "how many"; an answer without one counts as none."""
    found = _NUMBER.search(answer)
    return NUMBERS.index(found[0]) if found else 0
