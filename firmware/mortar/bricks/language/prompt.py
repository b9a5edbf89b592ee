"""What the language model is given to read, in the order that keeps the picture near the end:

begin | text of earlier turns | picture | question

So a new picture, or none, changes only the tail, and nothing of it stays behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.errors import MortarError
from mortar.messages import Exchange
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.model_folder import Prompt


@dataclass(frozen=True)
class PictureRows:
    """A picture as the prompt sees it: a number that no other has, and its size in tokens."""

    number: int
    n_tok: int


class Composer:
    """Writes prompts for one model: its control pieces, its tokens, its memory's size."""

    def __init__(self, model: LanguageModel, prompt: Prompt, answer_tok: int) -> None:
        self._model = model
        self._prompt = prompt
        self._room_tok = model.n_ctx - answer_tok

    def compose(
        self, earlier: Sequence[Exchange], picture: PictureRows | None, question: str | None
    ) -> list[Entry]:
        """The entries of a prompt; without a question, of as much as is known before it is asked.

        The oldest turns are left out where the memory would not hold them and an answer, or the
        model was never trained on so many. Raises MortarError where the rest alone is too long.
        """
        tail = self._picture(picture) + self._question(question)
        begin = self._control(self._prompt.begin)
        room_tok = self._room_tok - len(begin) - len(tail)
        if room_tok < 0:
            raise MortarError(
                "question-too-long",
                f"the question is {-room_tok} tokens longer than the language model can take",
                "ask a shorter question, or raise context_tok in [language]",
            )
        turns: list[Entry] = []
        for exchange in list(reversed(earlier))[: self._prompt.most_earlier_turns]:
            turn = self._turn(exchange)
            if len(turn) + len(turns) > room_tok:
                break
            turns = turn + turns
        return begin + turns + tail

    def _turn(self, exchange: Exchange) -> list[Entry]:
        answer = self._model.tokenize(exchange.answer)
        return [*self._question(exchange.question), *answer, *self._control(self._prompt.end)]

    def _question(self, question: str | None) -> list[Entry]:
        if question is None:
            return []
        before, after = self._prompt.before_question, self._prompt.before_answer
        return [*self._control(before), *self._model.tokenize(question), *self._control(after)]

    def _picture(self, picture: PictureRows | None) -> list[Entry]:
        if picture is None:
            return []
        rows = [PictureToken(picture.number, row) for row in range(picture.n_tok)]
        before, after = self._prompt.before_image, self._prompt.after_image
        return [*self._control(before), *rows, *self._control(after)]

    def _control(self, piece: str) -> list[Entry]:
        # Only these pieces may name control tokens: what people say is words, whatever it looks like.
        return [*self._model.tokenize(piece, special=True)]
