"""The wake word in front of a question: people ask in one breath, and dictation writes it as it likes.

Whisper has never seen "nabu", and writes "Okay, Naboo, ..." or "Okay Nebu ...".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

LEAST_ALIKE = 0.75
"""Share of letters in common and in order. "okay naboo" and "okay nabu" have 0.82, "okay now" 0.67."""


def without_wake_word(text: str, phrases: Iterable[str]) -> str:
    """`text` without the one of `phrases` ("okay nabu") that it begins with, spelt about like that."""
    rests = _rests(text, phrases)
    return max(rests, key=lambda held: (held[0], -len(held[1])), default=(0.0, text.strip()))[1]


def _rests(text: str, phrases: Iterable[str]) -> Iterator[tuple[float, str]]:
    """(how much alike, what follows) for each beginning that is alike enough."""
    words = list(re.finditer(r"[\w']+", text))
    for phrase in phrases:
        letters = phrase.replace(" ", "").lower()
        for last in words[: len(phrase.split()) + 1]:
            begin = "".join(re.findall(r"\w", text[: last.end()])).lower()
            alike = SequenceMatcher(None, begin, letters, autojunk=False).ratio()
            if alike >= LEAST_ALIKE:
                yield alike, re.sub(r"^\W+", "", text[last.end() :]).strip()
