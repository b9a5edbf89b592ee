"""What eye and language tell: what was looked at, and the answer, sentence by sentence."""

from __future__ import annotations

from mortar.assistant import troubles
from mortar.assistant.course import Course
from mortar.assistant.photo_taking import PhotoTaking
from mortar.assistant.port import Port
from mortar.assistant.stages import Stage
from mortar.assistant.steps import Steps
from mortar.assistant.turn import Sight
from mortar.assistant.turns import Turns
from mortar.messages import Answered, Looked, Sentence


class Answering:
    def __init__(
        self, port: Port, course: Course, turns: Turns, steps: Steps, photo_taking: PhotoTaking
    ) -> None:
        self._port = port
        self._course = course
        self._turns = turns
        self._steps = steps
        self._photo_taking = photo_taking

    def looked(self, looked: Looked, now_ms: float) -> None:
        turn = self._turns.numbered(looked.turn)
        if turn is not None and (
            Stage.LOOK not in turn.open or turn.takes_photo != (looked.photo is not None)
        ):
            turn = None  # it was given up, or this is its early look, and a photo is awaited
        if turn is not None:
            turn.sight = Sight.SEEN
            encode_ms = round(looked.encode_ms, 1)
            self._course.end(turn, Stage.LOOK, now_ms, encode_ms=encode_ms, n_tok=looked.n_tok)
        if looked.photo is not None:
            self._photo_taking.taken(turn, looked.photo, now_ms)

    def sentence(self, sentence: Sentence, now_ms: float) -> None:
        if (turn := self._turns.numbered(sentence.turn)) is not None and Stage.ANSWER in turn.open:
            self._port.emit("sentence", now_ms, text=sentence.text, index=sentence.index)
            self._steps.say(turn, sentence.text, now_ms)

    def answered(self, answered: Answered, now_ms: float) -> None:
        turn = self._turns.numbered(answered.turn)
        if turn is None or Stage.ANSWER not in turn.open:
            return
        turn.answered = answered
        self._course.end(
            turn,
            Stage.ANSWER,
            now_ms,
            confidence=round(answered.confidence, 3),
            first_token_ms=round(answered.first_token_ms, 1),
            **({"model": answered.model} if answered.model else {}),  # traces of older versions know none
        )
        if not answered.text:
            self._steps.trouble(turn, troubles.NO_ANSWER, now_ms)
            return
        if turn.photo is not None:
            self._photo_taking.described(turn, turn.photo, answered.text, now_ms)
        if answered.is_sure or answered.cancelled:
            self._turns.finish_if_complete(turn, now_ms)
        else:
            self._steps.unsure(turn, now_ms)
