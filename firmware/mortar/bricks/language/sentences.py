"""Cuts text that is still being written into sentences, so that each is spoken once it is whole."""

from __future__ import annotations

import re

# End marks and closing quotes, then white space: only that tells "3. " from the start of "3.5".
_SENTENCE = re.compile(r"\s*(\S.*?[.!?]+[\"'”’)\]]*)(?=\s)", re.DOTALL)


class SentenceSplitter:
    def __init__(self) -> None:
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` completes: those whose end mark white space has followed."""
        self._text += text
        whole = []
        while found := _SENTENCE.match(self._text):
            whole.append(found[1])
            self._text = self._text[found.end() :]
        return whole

    def rest(self) -> str | None:
        """What is left once no more text comes; None if that is nothing."""
        left, self._text = self._text.strip(), ""
        return left or None
