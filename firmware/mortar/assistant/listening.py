"""What ears and listen tell of what people say: from the first word of a question to all of its words."""

from __future__ import annotations

from mortar.assistant import troubles
from mortar.assistant.course import Course
from mortar.assistant.intents import Understanding
from mortar.assistant.mouth import Mouth
from mortar.assistant.note_taking import NoteTaking
from mortar.assistant.peers import Peers
from mortar.assistant.port import Port
from mortar.assistant.ringing import Ringing
from mortar.assistant.stages import Stage
from mortar.assistant.steps import Steps
from mortar.assistant.turn import Dropped
from mortar.assistant.turns import Turns
from mortar.messages import Heard, Partial, Rest

MOST_HOLDS = 2
"""In one answer: a television that is as loud as a person must not chop it up."""


class Listening:
    def __init__(
        self,
        port: Port,
        mouth: Mouth,
        course: Course,
        turns: Turns,
        steps: Steps,
        understanding: Understanding,
        note_taking: NoteTaking,
        ringing: Ringing,
        peers: Peers,
    ) -> None:
        self._port = port
        self._mouth = mouth
        self._course = course
        self._turns = turns
        self._steps = steps
        self._understanding = understanding
        self._note_taking = note_taking
        self._ringing = ringing
        self._peers = peers
        self._heard_early: Heard | None = None

    def woken(self, now_ms: float) -> None:
        """The wake word: ears is listening already, whatever went on or rang is over."""
        self._ringing.silence(now_ms)
        turn = self._turns.in_stage(Stage.LISTEN)
        if turn is not None and turn.tentative:
            # The wake word was not needed, but it was said: now the turn is meant for certain.
            turn.tentative, turn.began_ms = False, now_ms
            self._mouth.chime("listen_start", turn.number)
        else:
            self._steps.listen(self._turns.begin(now_ms), now_ms)

    def speech_began(self, now_ms: float) -> None:
        """Where it follows on an answer, with no wake word, it begins a turn."""
        if self._turns.note_wanted:
            self._note_taking.begin(now_ms)
        elif self._turns.may_follow_up:
            self._steps.listen(self._turns.begin(now_ms, tentative=True), now_ms)

    def stopped(self, now_ms: float) -> None:
        """Somebody said "stop" into an answer, or while it rings."""
        if (turn := self._turns.in_stage(Stage.SPEAK)) is not None:
            if turn.rings:
                self._ringing.silence(now_ms)
            self._turns.interrupt(turn, now_ms)
            self._port.send("ears", Rest())

    def spoken_over(self, is_so: bool, now_ms: float) -> None:
        """Somebody speaks over an answer: it is held until that turns out to be no "stop"."""
        turn = self._turns.in_stage(Stage.SPEAK)
        if not is_so:
            self._mouth.go_on()
        elif turn is not None and turn.n_holds < MOST_HOLDS:
            turn.n_holds += 1
            self._port.emit("held", now_ms)
            self._mouth.hold()

    def no_speech(self, now_ms: float) -> None:
        if (turn := self._turns.in_stage(Stage.LISTEN)) is not None:
            self._steps.trouble(turn, troubles.NO_SPEECH, now_ms)
        elif self._turns.note_wanted:
            self._note_taking.silence(now_ms)
        elif self._turns.may_follow_up:
            self._turns.miss_follow_up(now_ms, goodbye=not self._ringing.is_on)

    def speech_ended(self, utterance: int, now_ms: float, in_own_speech: bool) -> None:
        if (turn := self._turns.in_stage(Stage.LISTEN)) is not None:
            turn.utterance, turn.in_own_speech = utterance, in_own_speech
            self._course.end(turn, Stage.LISTEN, now_ms)
            self._course.begin(turn, Stage.UNDERSTAND, now_ms)
            if self._heard_early is not None:
                self.heard(self._heard_early, now_ms)
            if "listen" in self._peers.away and Stage.UNDERSTAND in turn.open:
                self._steps.trouble(turn, troubles.of_death("listen"), now_ms)

    def partly_heard(self, partial: Partial) -> None:
        """Words for people to see; they decide nothing."""
        turn = self._turns.now
        if turn is not None and {Stage.LISTEN, Stage.UNDERSTAND} & turn.open:
            self._port.emit("partial", partial.t_ms, text=partial.text)

    def heard(self, heard: Heard, now_ms: float) -> None:
        # Ears and listen speak over two links: the words may overtake the end of the speech.
        self._heard_early = heard
        turn = self._turns.in_stage(Stage.UNDERSTAND)
        if turn is None or turn.utterance != heard.utterance:
            return
        self._heard_early = None
        if turn.takes_note:
            self._note_taking.heard(turn, heard, now_ms)
            return
        turn.heard = heard.text
        turn.meant = self._understanding.understand(heard.text) if heard.text else None
        self._course.end(turn, Stage.UNDERSTAND, now_ms, heard=turn.heard, intent=turn.intent)
        if heard.text is None:
            self._steps.trouble(turn, troubles.unheard(heard.failure), now_ms)
        elif turn.in_own_speech and self._mouth.has_said(heard.text):
            self._turns.drop(turn, Dropped.OWN_WORDS, now_ms)
        else:
            self._steps.answer(turn, heard.text, now_ms)
