"""What somebody wants to be told of once it is seen. It lasts until then, or as long as the assistant runs.

The eye watches meanwhile, and each new picture is asked for it while nobody has a turn. A turn that begins
ends that question; after the turn the eye hands its picture over again. Reads no clock.
"""

from __future__ import annotations

from mortar.assistant.course import Course
from mortar.assistant.mouth import Mouth
from mortar.assistant.port import Port
from mortar.assistant.stages import Stage
from mortar.assistant.turns import Turns
from mortar.assistant.wish import Wish
from mortar.languages import Language
from mortar.messages import NO_TURN, Answered, Ask, Rest, Watch


class Lookout:
    def __init__(
        self, port: Port, mouth: Mouth, course: Course, turns: Turns, language: Language, wish: Wish | None
    ) -> None:
        self.wish = wish
        self._port = port
        self._mouth = mouth
        self._course = course
        self._turns = turns
        self._language = language

    def want(self, wish: Wish | None) -> bool:
        """From now on; None ends it. False where the eye is not there."""
        is_told = self._port.send("eye", Watch(wish is not None))
        self.wish = wish if is_told else None
        return is_told

    def eye_is_back(self) -> None:
        """It has never heard of the wish."""
        if self.wish is not None:
            self.want(self.wish)

    def watched(self) -> None:
        """The language brick has a new picture."""
        if self.wish is not None and self._turns.now is None:
            self._port.send("language", Ask(NO_TURN, self.wish.question, look=True))

    def answered(self, answered: Answered, now_ms: float) -> None:
        """A yes that the model is sure of is told, and ends the wish."""
        if self.wish is None or self._turns.now is not None or answered.cancelled or not answered.is_sure:
            return
        seen = _affirmed(answered.text, self._language.say("watching.yes"))
        if seen is None:
            return
        self._port.emit("spotted", now_ms, what=self.wish.named)
        self.want(None)
        self._port.send("ears", Rest())
        turn = self._turns.begin(now_ms)
        turn.rings = True
        self._course.begin(turn, Stage.SPEAK, now_ms)
        self._mouth.chime("understood", turn.number)
        self._mouth.say(turn, self._language.say("watching.seen", seen=seen))
        self._turns.finish_if_complete(turn, now_ms)


def _affirmed(text: str, yes: str) -> str | None:
    """What an answer says behind its `yes`, or all of it where that is nothing; None where it is no yes."""
    first, _, rest = text.partition(" ")
    if first.strip(",.!").lower() != yes:
        return None
    return rest or text
