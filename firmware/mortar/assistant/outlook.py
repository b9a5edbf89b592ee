"""Whether a person can have ended: is it a sentence of the templates, and does a longer one begin so?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mortar.assistant.grammar import sentence_grammar
from mortar.messages import Outlook
from mortar.word_trees import END, WORD, Tree

SURE = 0.65
"""Confidence below which a sentence that was heard may be another one, half spoken."""


ADDS_NOTHING = frozenset(["now", "please", "today"])
"""Words that a whole sentence may end with, and means the same without: nobody is waited for to say them."""


class Sentences:
    """The sentence templates as trees of words. `things` is the table of what the model can name."""

    def __init__(self, things: Path | None = None) -> None:
        self._grammar = sentence_grammar([], things)

    def outlook(self, text: str | None, confidence: float) -> Outlook:
        """Of what was heard so far; None is what the recogniser rejects.

        Nobody can tell of what no template begins with: free text, which dictation hears, is OPEN.
        """
        if text is None:
            return Outlook.UNFINISHED
        is_whole, goes_on = self._follow(WORD.findall(text.lower()))
        if is_whole and not goes_on and confidence >= SURE:
            return Outlook.CLOSED
        return Outlook.UNFINISHED if goes_on and not is_whole else Outlook.OPEN

    def _follow(self, words: list[str]) -> tuple[bool, bool]:
        """Whether `words` are a whole sentence, and whether one goes on from them."""
        goes_on = False

        def ends(at: int, branch: Tree) -> Iterator[int]:
            """How many words a phrase of `branch` may reach to that begins behind the first `at`."""
            nonlocal goes_on
            for word, rest in branch.items():
                if word == END:
                    yield at
                elif at == len(words):
                    goes_on = goes_on or word not in ADDS_NOTHING
                elif word in self._grammar.lists:
                    for behind in ends(at, self._grammar.lists[word]):
                        yield from ends(behind, rest)
                elif word == words[at]:
                    yield from ends(at + 1, rest)

        is_whole = len(words) in list(ends(0, self._grammar.sentences))
        return is_whole, goes_on
