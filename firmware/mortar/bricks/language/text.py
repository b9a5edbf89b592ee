"""From texts to the entries of a prompt, split where the model was trained to have them split."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mortar.bricks.language.mirror import Entry
from mortar.runtimes.interfaces import LanguageModel


class Text:
    """Collects what a prompt consists of.

    `control`: the control tokens that pieces may have, see Prompt. Words that touch others in a piece are
    read together with them: "User: " and "what" are the words "User", ":" and " what".
    """

    def __init__(self, model: LanguageModel, control: Iterable[str] | None) -> None:
        self._model = model
        self._control = None if control is None else _any_of(control)
        self._entries: list[Entry] = []
        self._words = ""
        """Those that are not split into tokens yet: more may follow."""

    def piece(self, text: str) -> None:
        """A piece of the model's own. Only it may name control tokens."""
        if self._control is None:
            self._tokens(text)
            return
        for part in self._control.split(text):
            if self._control.fullmatch(part):
                self._tokens(part)
            else:
                self._words += part

    def words(self, text: str) -> None:
        """What people or the model said: words, whatever they look like."""
        self._words += text

    def rows(self, rows: Iterable[Entry]) -> None:
        """A picture's."""
        self._end_words()
        self._entries += rows

    def entries(self) -> list[Entry]:
        """All of it. Nothing may be added any more."""
        self._end_words()
        return self._entries

    def _tokens(self, piece: str) -> None:
        self._end_words()
        self._entries += self._model.tokenize(piece, special=True)

    def _end_words(self) -> None:
        self._entries += self._model.tokenize(self._words)
        self._words = ""


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Splits a text at these names, and keeps them; none of them: nothing fits."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})" if longest_first else r"((?!))")
