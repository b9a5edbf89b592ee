"""What the language model is given to read, in the order that keeps the picture near the end:

begin | text of earlier turns | picture | question

So a new picture, or none, changes only the tail, and nothing of it stays behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.window import Window
from mortar.errors import MortarError
from mortar.messages import Exchange
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.model_folder import Prompt

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
        shown, asked = self._picture(picture), self._question(question)
        begin = self._control(self._prompt.begin)
        left_tok = self._room_tok - len(begin) - len(shown) - len(asked)
        if left_tok < 0:
            raise MortarError(
                "question-too-long",
                f"the question is {-left_tok} tokens longer than the language model can take",
                "ask a shorter question, or raise context_tok in [language]",
            )
        self._picture_tok = max(self._picture_tok, len(shown))
        # Room is kept for both while neither is there: turns that left for them would have to be read out of
        # the memory just when somebody waits.
        awaited_tok = self._picture_tok - len(shown) + max(0, QUESTION_TOK - len(asked))
        return begin + self._turns(earlier, left_tok - awaited_tok) + shown + asked

    def _turns(self, earlier: Sequence[Exchange], room_tok: int) -> list[Entry]:
        known = earlier[max(0, len(earlier) - self._prompt.most_earlier_turns) :]
        turns = [self._turn(exchange) for exchange in known]
        first = self._window.first(known, [len(turn) for turn in turns], room_tok)
        return [entry for turn in turns[first:] for entry in turn]

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
