"""From the bytes of tokens to sentences that are said while more is written."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence

from mortar.bricks.language.sentences import SentenceSplitter, is_whole
from mortar.bricks.language.stops import Stops


class Streaming:
    """One answer; `say` gets each sentence once it is whole, `stops` end it.

    A character may be split over tokens: nothing of it comes before its last byte, nor at all where that is
    missing. Bytes that are no UTF-8 become U+FFFD.
    """

    def __init__(self, say: Callable[[str], None], stops: Sequence[str] = ()) -> None:
        self._say = say
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = Stops(stops)
        self._splitter = SentenceSplitter()
        self._text = ""

    @property
    def text(self) -> str:
        """All that was written, without what is held back."""
        return self._text.strip()

    @property
    def is_stopped(self) -> bool:
        """A stop sequence came: nothing may be fed any more."""
        return self._stops.is_found

    def feed(self, piece: bytes) -> None:
        """The next token's text."""
        self._pass_on(self._stops.feed(self._decoder.decode(piece)))

    def end(self) -> None:
        """The answer is whole: what is left is said."""
        self._pass_on(self._stops.rest())
        if rest := self._splitter.rest():
            self._say(rest)

    def cut(self) -> None:
        """No more may be written: what is left is said where it is a whole sentence, or all that there is;
        else it is dropped."""
        self._pass_on(self._stops.rest())
        if rest := self._splitter.rest():
            if is_whole(rest) or rest == self.text:
                self._say(rest)
            else:
                self._text = self.text.removesuffix(rest)

    def _pass_on(self, text: str) -> None:
        self._text += text
        for sentence in self._splitter.feed(text):
            self._say(sentence)
