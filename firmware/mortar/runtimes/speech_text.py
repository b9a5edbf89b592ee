"""What every speech engine needs of a text: what may be spoken, and where a long sentence may be cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

LONGEST_chars = 2_000
"""Of one sentence that is spoken: about two minutes."""

WHOLE_chars = 60
"""A sentence up to this long is made in one piece, about 4 s of sound: cutting costs melody."""

FIRST_chars = 20
"""Least length of the first piece, the one that a person waits for, and of what is left after a cut."""

UNBROKEN_chars = 240
"""After this much with no punctuation a piece ends between any two words."""

MARKS = frozenset(",;:.!?–—…、。，；：！？")
CLOSING = "\"'”’)»"


def speakable(text: str) -> str:
    """`text` as an engine may be given it, on one line, or "" if there is nothing to say.

    Control characters start embedded commands and brackets start phonemes, in espeak-ng and in
    Piper; both become spaces.
    """
    plain = "".join(
        " " if character in "[]" or unicodedata.category(character)[0] == "C" else character
        for character in text[:LONGEST_chars]
    )
    return " ".join(plain.split()) if any(character.isalnum() for character in plain) else ""


def clauses(text: str) -> Iterator[str]:
    """`text` (words with one space between) in pieces that end with punctuation, in order, nothing lost.

    For engines that make a piece as a whole before it sounds: the first is short, and those after
    it are made while it is heard.
    """
    least = FIRST_chars
    piece = ""
    left = len(text)
    for word in text.split(" "):
        piece = f"{piece} {word}" if piece else word
        left -= len(word) + 1
        marked = word.rstrip(CLOSING)[-1:] in MARKS and len(piece) >= least
        if len(text) > WHOLE_chars and left >= FIRST_chars and (marked or len(piece) >= UNBROKEN_chars):
            yield piece
            piece, least = "", WHOLE_chars
    if piece:
        yield piece
