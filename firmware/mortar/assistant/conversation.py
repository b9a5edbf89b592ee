"""The conversation: messages in, messages and events out. Reads no clock and touches no process.

Every handler is given the time. What it wants done goes through `Port`, so that tests drive the
whole conversation with a list, and `main` drives it with real links.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from mortar.assistant import troubles
from mortar.assistant.intents import Intent, Kind, Understanding
from mortar.assistant.skills import SkillRequest, answer_with_skill, volume
from mortar.assistant.stages import EARCONS, MAY_FOLLOW, Press, Stage
from mortar.assistant.troubles import Trouble
from mortar.assistant.turn import Sight, Turn
from mortar.messages import (
    Answered,
    Ask,
    Cancel,
    Chime,
    Context,
    Exchange,
    Failure,
    Heard,
    Hush,
    Listen,
    Look,
    Looked,
    Message,
    Partial,
    Rest,
    Said,
    Say,
    Scalar,
    Sentence,
    SetVolume,
    SoundBegan,
    VolumeSet,
)
from mortar.settings import Settings

log = logging.getLogger(__name__)

NEEDED: dict[str, frozenset[Stage]] = {
    "ears": frozenset({Stage.LISTEN}),
    "listen": frozenset({Stage.LISTEN, Stage.UNDERSTAND}),
    "language": frozenset({Stage.ANSWER}),
}
"""Process → the open stages that cannot go on without it. Not among them: voice, whose
successor says what is unsaid, and the eye, which a question may turn out not to need."""

DESCRIBE = "what do you see"
"""What a short press asks."""


class Port(Protocol):
    """What the conversation can do to the world."""

    def send(self, peer: str, message: Message) -> bool: ...

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None: ...

    def turn_ended(self, turn: Turn, at_ms: float) -> None: ...


class Conversation:
    """`first_turn` keeps the numbers of a restarted assistant apart from those before it; without
    `speaks` there is no voice, and what would be said counts as said."""

    def __init__(
        self,
        port: Port,
        settings: Settings,
        understanding: Understanding,
        wall_clock: Callable[[], datetime],
        first_turn: int = 1,
        speaks: bool = True,
    ) -> None:
        self._port = port
        self._speaks = speaks
        self._wall_clock = wall_clock
        self._settings = settings.assistant
        self._understanding = understanding
        self._next_turn = first_turn
        self._earlier: deque[Exchange] = deque(maxlen=settings.assistant.earlier_turns)
        self._last_answer: str | None = None
        self._heard_early: Heard | None = None
        self.turn: Turn | None = None

    @property
    def deadline_ms(self) -> float | None:
        """When `give_up` is due, if nothing happens before."""
        return self.turn.began_ms + self._settings.turn_deadline_ms if self.turn else None

    # --- how a turn begins ---

    def woken(self, now_ms: float) -> None:
        """The wake word: ears is listening already, whatever went on is over."""
        turn = self._begin_turn(now_ms)
        self._begin_stage(turn, Stage.LISTEN, now_ms)
        if self._settings.early_looking:
            self._look(turn, now_ms)

    def pressed(self, kind: Press, now_ms: float) -> None:
        self._port.emit("press", now_ms, kind=kind.value)
        if self.turn is not None and kind is Press.SHORT:
            self._interrupt(now_ms)
            self._port.send("ears", Rest())
            return
        turn = self._begin_turn(now_ms)
        match kind:
            case Press.SHORT:
                self._question(turn, DESCRIBE, now_ms)
            case Press.LONG:
                self._port.send("ears", Listen(turn.number))
                self._begin_stage(turn, Stage.LISTEN, now_ms)
                self._look(turn, now_ms)
            case Press.DOUBLE:
                self._say(turn, self._last_answer or troubles.NOTHING_TO_REPEAT, now_ms)

    def asked(self, text: str, now_ms: float) -> None:
        """A typed question about the picture."""
        self._question(self._begin_turn(now_ms), text, now_ms)

    def lost_thread(self, now_ms: float) -> None:
        """The assistant itself died and is back: say so, whatever was going on."""
        self._quieten(0)
        self._trouble(self._begin_turn(now_ms), troubles.LOST_THREAD, now_ms)

    # --- what the bricks say ---

    def no_speech(self, now_ms: float) -> None:
        if (turn := self._in_stage(Stage.LISTEN)) is not None:
            self._trouble(turn, troubles.NO_SPEECH, now_ms)

    def speech_ended(self, utterance: int, now_ms: float) -> None:
        if (turn := self._in_stage(Stage.LISTEN)) is not None:
            turn.utterance = utterance
            self._end_stage(turn, Stage.LISTEN, now_ms)
            self._begin_stage(turn, Stage.UNDERSTAND, now_ms)
            if self._heard_early is not None:
                self.heard(self._heard_early, now_ms)

    def partly_heard(self, partial: Partial) -> None:
        """Words for people to see; they decide nothing."""
        turn = self.turn
        if turn is not None and {Stage.LISTEN, Stage.UNDERSTAND} & turn.open:
            self._port.emit("partial", partial.t_ms, text=partial.text)

    def heard(self, heard: Heard, now_ms: float) -> None:
        # Ears and listen speak over two links: the words may overtake the end of the speech.
        self._heard_early = heard
        turn = self._in_stage(Stage.UNDERSTAND)
        if turn is None or turn.utterance != heard.utterance:
            return
        self._heard_early = None
        turn.heard = heard.text
        intent = self._understanding.understand(heard.text) if heard.text else None
        turn.intent = intent.name if intent else None
        self._end_stage(turn, Stage.UNDERSTAND, now_ms, heard=turn.heard, intent=turn.intent)
        if heard.text is None:
            self._trouble(turn, troubles.NOT_UNDERSTOOD, now_ms)
        elif intent is not None and intent.kind is Kind.SKILL:
            self._skill(turn, intent, now_ms)
        else:
            self._question(turn, heard.text, now_ms)

    def looked(self, looked: Looked, now_ms: float) -> None:
        if (turn := self._current(looked.turn)) is not None and Stage.LOOK in turn.open:
            turn.sight = Sight.SEEN
            self._end_stage(
                turn, Stage.LOOK, now_ms, encode_ms=round(looked.encode_ms, 1), n_tok=looked.n_tok
            )

    def sentence(self, sentence: Sentence, now_ms: float) -> None:
        if (turn := self._current(sentence.turn)) is not None and Stage.ANSWER in turn.open:
            self._port.emit("sentence", now_ms, text=sentence.text, index=sentence.index)
            self._say(turn, sentence.text, now_ms)

    def answered(self, answered: Answered, now_ms: float) -> None:
        turn = self._current(answered.turn)
        if turn is None or Stage.ANSWER not in turn.open:
            return
        turn.answered = answered
        self._end_stage(
            turn,
            Stage.ANSWER,
            now_ms,
            confidence=round(answered.confidence, 3),
            first_token_ms=round(answered.first_token_ms, 1),
        )
        if turn.sentences:
            self._finish_if_complete(turn, now_ms)
        else:
            self._trouble(turn, troubles.NO_ANSWER, now_ms)

    def sound_began(self, sound: SoundBegan, now_ms: float) -> None:
        if self._current(sound.turn) is None:
            return
        if sound.index is None:
            self._port.emit("earcon", sound.t_ms)
        elif sound.index == 0:
            self._port.emit("first_sound", sound.t_ms)

    def said(self, said: Said, now_ms: float) -> None:
        turn = self._current(said.turn)
        if turn is None or said.index is None:
            return
        turn.unsaid = [say for say in turn.unsaid if say.index != said.index]
        self._finish_if_complete(turn, now_ms)

    def volume_set(self, done: VolumeSet, now_ms: float) -> None:
        if (turn := self._current(done.turn)) is not None and not turn.sentences:
            self._say(turn, volume.told(done.percent), now_ms)

    # --- what goes wrong ---

    def failed(self, peer: str, failure: Failure, now_ms: float) -> None:
        """A brick could not do its part of the turn."""
        turn = self.turn
        if turn is None or (failure.turn is not None and failure.turn != turn.number):
            return
        if peer == "eye":
            self._blinded(turn, troubles.of_failure(peer, failure), now_ms)
        elif NEEDED.get(peer, frozenset()) & turn.open:
            self._trouble(turn, troubles.of_failure(peer, failure), now_ms)

    def peer_lost(self, peer: str, now_ms: float) -> None:
        """A process died: where the turn needed it, say so at once and end the turn."""
        turn = self.turn
        if turn is None:
            return
        if peer == "eye":
            self._blinded(turn, troubles.of_death("eye"), now_ms)
        elif NEEDED.get(peer, frozenset()) & turn.open:
            self._trouble(turn, troubles.of_death(peer), now_ms)
        elif peer == "language":
            # The picture it had read is gone with it: the question will look again.
            turn.sight = Sight.NONE

    def peer_back(self, peer: str, now_ms: float) -> None:
        """A process is there (again): give it what it needs to know."""
        if peer == "language":
            self._port.send("language", Context(list(self._earlier)))
        if peer == "voice" and self.turn is not None:
            for say in self.turn.unsaid:
                self._port.send("voice", say)

    def give_up(self, now_ms: float) -> None:
        """The turn is past its deadline."""
        turn = self.turn
        if turn is None:
            return
        if turn.trouble is None:
            turn.began_ms = now_ms  # the apology has the same time again
            self._trouble(turn, troubles.TOO_LONG, now_ms)
        else:
            self._rest(turn, now_ms)

    # --- steps ---

    def _question(self, turn: Turn, text: str, now_ms: float) -> None:
        turn.heard = text
        self._begin_stage(turn, Stage.ANSWER, now_ms)
        if turn.sight is Sight.NONE:
            self._look(turn, now_ms)
        if turn.sight is Sight.NONE:
            self._trouble(turn, troubles.of_death("eye"), now_ms)
        elif not self._port.send("language", Ask(turn.number, text, look=True)):
            self._trouble(turn, troubles.of_death("language"), now_ms)

    def _look(self, turn: Turn, now_ms: float) -> None:
        if self._port.send("eye", Look(turn.number)):
            turn.sight = Sight.LOOKING
            self._begin_stage(turn, Stage.LOOK, now_ms)

    def _blinded(self, turn: Turn, trouble: Trouble, now_ms: float) -> None:
        """There is no picture: that matters once the question is known to need one."""
        if turn.sight is Sight.SEEN:
            return
        turn.sight = Sight.NONE
        if Stage.LOOK in turn.open:
            self._end_stage(turn, Stage.LOOK, now_ms, trouble=trouble.code)
        if Stage.ANSWER in turn.open:
            self._trouble(turn, trouble, now_ms)

    def _skill(self, turn: Turn, intent: Intent, now_ms: float) -> None:
        answer = answer_with_skill(
            SkillRequest(
                intent=intent.name,
                slots=intent.slots,
                now=self._wall_clock(),
                last_answer=self._last_answer,
                examples=self._understanding.examples(),
            )
        )
        if answer.volume is not None:
            wanted = SetVolume(turn.number, answer.volume.percent, answer.volume.is_step)
            self._volume(turn, wanted, now_ms)
        elif answer.text:
            self._say(turn, answer.text, now_ms)
        else:
            self._rest(turn, now_ms)

    def _volume(self, turn: Turn, wanted: SetVolume, now_ms: float) -> None:
        """The voice has the mixer: what is said is how loud it became."""
        if not (self._speaks and self._port.send("voice", wanted)):
            self._say(turn, volume.told(None), now_ms)

    def _say(self, turn: Turn, text: str, now_ms: float) -> None:
        if Stage.SPEAK not in turn.open:
            self._begin_stage(turn, Stage.SPEAK, now_ms)
        say = Say(turn.number, len(turn.sentences), text)
        turn.sentences.append(text)
        if self._speaks:
            turn.unsaid.append(say)
            self._port.send("voice", say)
        self._finish_if_complete(turn, now_ms)

    def _trouble(self, turn: Turn, trouble: Trouble, now_ms: float) -> None:
        """Give the turn up with an earcon and one sentence."""
        turn.trouble = trouble
        self._port.emit("trouble", now_ms, code=trouble.code, what=trouble.what, do=trouble.do)
        self._chime("trouble", turn)
        for stage in turn.open - {Stage.SPEAK}:
            self._end_stage(turn, stage, now_ms)
        self._port.send("language", Cancel(turn.number))
        self._say(turn, trouble.spoken, now_ms)

    # --- life of a turn ---

    def _begin_turn(self, now_ms: float) -> Turn:
        if self.turn is not None:
            self._interrupt(now_ms)
        self.turn = Turn(self._next_turn, now_ms)
        self._next_turn += 1
        return self.turn

    def _interrupt(self, now_ms: float) -> None:
        assert self.turn is not None
        self._port.emit("interrupted", now_ms, stage=self.turn.stage.value)
        self._quieten(self.turn.number)
        self._end_turn(self.turn, now_ms)

    def _quieten(self, turn: int) -> None:
        self._port.send("voice", Hush())
        self._port.send("language", Cancel(turn))

    def _finish_if_complete(self, turn: Turn, now_ms: float) -> None:
        if turn.complete:
            self._rest(turn, now_ms)

    def _rest(self, turn: Turn, now_ms: float) -> None:
        """End the turn and wait for the wake word again."""
        self._end_turn(turn, now_ms)
        self._port.send("ears", Rest())

    def _end_turn(self, turn: Turn, now_ms: float) -> None:
        for stage in list(turn.open):
            self._end_stage(turn, stage, now_ms)
        self.turn = None
        if turn.trouble is None and turn.sentences:
            self._last_answer = turn.answer
            if turn.answered is not None and turn.heard is not None:
                self._earlier.append(Exchange(turn.heard, turn.answer))
        self._port.send("language", Context(list(self._earlier)))
        self._port.turn_ended(turn, now_ms)

    def _begin_stage(self, turn: Turn, stage: Stage, now_ms: float) -> None:
        if stage is not Stage.LOOK:
            if turn.stage not in MAY_FOLLOW[stage]:
                log.error("refused: %s after %s", stage, turn.stage)
                return
            turn.stage = stage
        turn.open.add(stage)
        self._port.emit(f"{stage}_start", now_ms)
        self._chime(f"{stage}_start", turn)

    def _end_stage(self, turn: Turn, stage: Stage, now_ms: float, **data: Scalar) -> None:
        turn.open.discard(stage)
        self._port.emit(f"{stage}_end", now_ms, **data)

    def _chime(self, event: str, turn: Turn) -> None:
        if event in EARCONS:
            self._port.send("voice", Chime(EARCONS[event], turn.number))

    def _current(self, number: int) -> Turn | None:
        return self.turn if self.turn is not None and self.turn.number == number else None

    def _in_stage(self, stage: Stage) -> Turn | None:
        return self.turn if self.turn is not None and stage in self.turn.open else None
