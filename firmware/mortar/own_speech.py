"""The assistant's own words, told apart from a person's by what is being said."""

from __future__ import annotations

import re

WORD = re.compile(r"[\w']+")


def says(spoken: str, heard: str) -> bool:
    """Whether `spoken` has the words of `heard` in a row; its last one may be longer ("stop" in "stops").

    Case and punctuation do not count. Nothing heard is in nothing.
    """
    have, wanted = _words(spoken), _words(heard)
    n = len(wanted)
    return n > 0 and any(
        have[at : at + n - 1] == wanted[:-1] and have[at + n - 1].startswith(wanted[-1])
        for at in range(len(have) - n + 1)
    )


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())
