"""Cuts text that is still being written into sentences, so that each is spoken once it is whole."""

from __future__ import annotations

import re

from mortar.bricks.reading.tables import titles

_CLOSING = "\"'”’)\\]»*_`"

_END = re.compile(
    # White space and what follows it have to be seen: only they tell "3. " from the start of "3.5",
    # and an end from "Well... maybe". Chinese and Japanese marks end a sentence by themselves.
    rf"[.!?…]+[{_CLOSING}]*(?=\s+\S)|(?P<sure>[。！？]+[」』”]*(?=[^。！？」』”])|\n)"
)

_LAST_MARK = re.compile(rf"[.!?…。！？][{_CLOSING}」』”]*$")

_TITLES = titles()
_LIST_NUMBER = re.compile(r"\d{1,2}\.")
_INITIAL = re.compile(r"[^\W\d_]\.")


class SentenceSplitter:
    def __init__(self) -> None:
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that `text` completes: those that a line's end or another sentence has followed."""
        self._text += text
        whole = []
        begin = 0
        for found in _END.finditer(self._text):
            sentence = self._text[begin : found.end()].strip()
            if found["sure"] or _ends(sentence, self._text[found.end() :].lstrip()[0]):
                begin = found.end()
                whole += [sentence] if sentence else []
        self._text = self._text[begin:]
        return whole

    def rest(self) -> str | None:
        """What is left once no more text comes; None if that is nothing."""
        left, self._text = self._text.strip(), ""
        return left or None


def is_whole(text: str) -> bool:
    """Whether `text`, which nothing follows, ends with the end of a sentence."""
    return _LAST_MARK.search(text) is not None and _ends(text, following="A")


def _ends(sentence: str, following: str) -> bool:
    """Whether the mark at its end ends it, given the first character after it.

    In doubt it does not: a cut in the wrong place is heard, one that is missing costs a little time.
    """
    if following.islower():
        return False  # "No!" he said; wait... no; approx. five
    if _LIST_NUMBER.fullmatch(sentence):
        return False
    last = sentence.split()[-1].lstrip("\"'“‘(")
    return last.lower() not in _TITLES and (not _INITIAL.fullmatch(last) or last == "I.")
