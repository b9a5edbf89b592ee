"""What the language model is given to read, in the order that keeps the picture near the end:

begin | text of earlier turns | picture | question

So a new picture, or none, changes only the tail, and nothing of it stays behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.text import Text
from mortar.bricks.language.window import Window
from mortar.errors import MortarError
from mortar.messages import Exchange
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.manifest import Prompt

QUESTION_TOK = 64
"""Room for a question that nobody has asked yet: what is said in 15 s, after which the ears cut it
(`ears.longest_speech_ms`), is some 40 words."""


@dataclass(frozen=True)
class PictureRows:
    """A picture as the prompt sees it: a number that no other has, and its size in tokens."""

    number: int
    n_tok: int


class Composer:
    """Writes prompts for one model: its control pieces, its tokens, its memory's size."""

    def __init__(
        self, model: LanguageModel, prompt: Prompt, answer_tok: int, *, picture_tok: int = 0
    ) -> None:
        """`picture_tok` is how large a picture is expected; what is larger is known once it was seen."""
        self._model = model
        self._prompt = prompt
        self._room_tok = model.n_ctx - answer_tok
        self._picture_tok = picture_tok
        self._window = Window()

    def compose(
        self, earlier: Sequence[Exchange], picture: PictureRows | None, question: str | None
    ) -> list[Entry]:
        """The entries of a prompt; without a question, of as much as is known before it is asked.

        The oldest turns are left out where the memory would not hold them, a picture, a question and an
        answer, or the model was never trained on so many. Raises MortarError where the rest alone is too
        long.
        """
        begin_tok, seen_tok, least_tok = (
            len(self._written([], *given)) for given in ((None, None), (picture, None), (picture, question))
        )
        if least_tok > self._room_tok:
            raise self._too_long(picture, seen_tok, least_tok)
        shown_tok, asked_tok = seen_tok - begin_tok, least_tok - seen_tok
        self._picture_tok = max(self._picture_tok, shown_tok)
        # Room is kept for both while neither is there: turns that left for them would have to be read out of
        # the memory just when somebody waits.
        awaited_tok = self._picture_tok - shown_tok + max(0, QUESTION_TOK - asked_tok)
        known = earlier[max(0, len(earlier) - self._prompt.most_earlier_turns) :]
        sizes_tok = [len(self._written([turn], None, None)) - begin_tok for turn in known]
        first = self._window.first(known, sizes_tok, self._room_tok - least_tok - awaited_tok)
        return self._written(known[first:], picture, question)

    def begin(self) -> list[Entry]:
        """What every prompt begins with. Its last words may belong to a token with what follows them: these
        are left out."""
        followed = ((None, None), (PictureRows(0, 1), None), (None, "What?"))
        prompts = [self._written([], *given) for given in followed]
        return [one[0] for one in takewhile(_all_same, zip(*prompts, strict=False))]

    def _too_long(self, picture: PictureRows | None, seen_tok: int, wanted_tok: int) -> MortarError:
        """What there is no room for, the first that there is none for."""
        context_tok = self._model.n_ctx + wanted_tok - self._room_tok
        if picture is not None and seen_tok > self._room_tok:
            return MortarError(
                "picture-too-long",
                f"a picture of {picture.n_tok} tokens does not fit into the language model's context of "
                f"{self._model.n_ctx}, beside the prompt and an answer",
                f"set context_tok in [language] to {context_tok} or more",
            )
        return MortarError(
            "question-too-long",
            f"the question is {wanted_tok - self._room_tok} tokens longer than the language model can take",
            f"ask a shorter question, or set context_tok in [language] to {context_tok} or more",
        )

    def _written(
        self, earlier: Sequence[Exchange], picture: PictureRows | None, question: str | None
    ) -> list[Entry]:
        pieces, text = self._prompt, Text(self._model, self._prompt.control)
        text.piece(pieces.begin)
        for exchange in earlier:
            text.piece(pieces.before_question)
            text.words(exchange.question)
            text.piece(pieces.answer_lead(is_told=True))
            text.words(exchange.answer)
            text.piece(pieces.end)
        if picture is not None:
            text.piece(pieces.before_image)
            text.rows(PictureToken(picture.number, row) for row in range(picture.n_tok))
            text.piece(pieces.after_image)
        if question is not None:
            text.piece(pieces.question_lead(is_seen=picture is not None))
            text.words(question)
            text.piece(pieces.before_answer)
        return text.entries()


def _all_same(entries: tuple[Entry, ...]) -> bool:
    return all(entry == entries[0] for entry in entries)
