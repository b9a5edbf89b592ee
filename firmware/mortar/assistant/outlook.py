"""Whether a person can have ended: is it a sentence of the templates, and does a longer one begin so?"""

from __future__ import annotations

from pathlib import Path

from mortar import languages
from mortar.assistant.grammar import sentence_grammar
from mortar.languages import Language
from mortar.messages import Outlook
from mortar.word_graph import WORD

SURE = 0.77
"""Confidence below which a sentence that was heard may be another one, half spoken."""


class Sentences:
    """The sentence templates as a graph of words; without a `language` the English ones. `things` is the
    table of what the model can name."""

    def __init__(self, language: Language | None = None, things: Path | None = None) -> None:
        language = language or languages.of()
        self._grammar = sentence_grammar([], language, things)
        self._adds_nothing = frozenset(language.speech.adds_nothing)

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
        return state in grammar.ends, not self._adds_nothing.issuperset(grammar.ways[state])
