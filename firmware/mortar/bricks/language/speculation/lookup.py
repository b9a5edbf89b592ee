"""Drafts by looking up: what followed the last few tokens where they stood before. Pure.

Prompt lookup decoding (A. Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding; Yang et al. 2023,
"Inference with Reference", arXiv 2304.04487). It needs no second model, and pays where an answer repeats
what stands in the prompt, in an earlier turn or in itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.speculation.drafter import Draft

LONGEST_tok = 3
SHORTEST_tok = 2
"""What is looked up, the longest first. Saxena looks up single tokens too: those stand before so many
others that we leave them out (a judgement)."""


class Lookup:
    name = "lookup"

    def __init__(self) -> None:
        self._followed: dict[tuple[Entry, ...], int] = {}
        """n-gram → the position behind its last place, its end at the very end left out."""
        self._seen = 0
        """Positions of the context before which every n-gram is known."""

    def begin(self, prompt: Sequence[Entry], address: int | None) -> None:
        self._followed.clear()
        self._seen = 0

    def draft(self, context: Sequence[Entry], most_tok: int) -> Draft:
        self._learn(context)
        for n in range(LONGEST_tok, SHORTEST_tok - 1, -1):
            if (at := self._followed.get(tuple(context[-n:]))) is not None:
                return Draft.certain(_text(context[at : at + most_tok]))
        return Draft()

    def close(self) -> None:
        pass

    def _learn(self, context: Sequence[Entry]) -> None:
        """Take in the n-grams that something follows by now."""
        for end in range(max(self._seen, SHORTEST_tok), len(context)):
            for n in range(SHORTEST_tok, min(LONGEST_tok, end) + 1):
                self._followed[tuple(context[end - n : end])] = end
        self._seen = len(context)


def _text(entries: Sequence[Entry]) -> list[int]:
    """As far as no picture is in the way."""
    tokens = []
    for entry in entries:
        if isinstance(entry, PictureToken):
            break
        tokens.append(entry)
    return tokens
