"""Whether a person can have ended: is it a sentence of the templates, and does a longer one begin so?"""

from __future__ import annotations

from pathlib import Path

from mortar.assistant.grammar import sentence_grammar
from mortar.messages import Outlook
from mortar.word_graph import WORD

SURE = 0.77
"""Confidence below which a sentence that was heard may be another one, half spoken."""


ADDS_NOTHING = frozenset(["now", "please", "today"])
"""Words that a whole sentence may end with, and means the same without: nobody is waited for to say them."""


class Sentences:
    """The sentence templates as a graph of words. `things` is the table of what the model can name."""

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
        grammar = self._grammar
        state = grammar.start
        for word in words:
            if word not in grammar.ways[state]:
                return False, False
            state = grammar.ways[state][word]
        return state in grammar.ends, not ADDS_NOTHING.issuperset(grammar.ways[state])
