"""Listens to what somebody wants remembered, and has it written down. None of it is acted on."""

from __future__ import annotations

from collections.abc import Callable

from mortar.assistant import troubles
from mortar.assistant.course import Course
from mortar.assistant.intents import Understanding
from mortar.assistant.notebook import Notebook
from mortar.assistant.port import Port
from mortar.assistant.stages import Stage
from mortar.assistant.steps import Steps
from mortar.assistant.turn import Dropped, Turn
from mortar.assistant.turns import Turns
from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.messages import Heard, KeepNote, NoteKept
from mortar.notes import Note


class NoteTaking:
    """A note is a turn of its own, behind the one that asked for it."""

    def __init__(
        self,
        port: Port,
        course: Course,
        turns: Turns,
        steps: Steps,
        notebook: Notebook,
        understanding: Understanding,
        moment: Callable[[], Moment],
    ) -> None:
        self._port = port
        self._course = course
        self._turns = turns
        self._steps = steps
        self._notebook = notebook
        self._understanding = understanding
        self._language = understanding.language
        self._moment = moment

    def begin(self, now_ms: float) -> Turn:
        """Somebody says what is to be remembered, or nothing."""
        turn = self._turns.begin(now_ms)
        turn.takes_note = turn.confidential = True
        self._course.begin(turn, Stage.LISTEN, now_ms)
        return turn

    def silence(self, now_ms: float) -> None:
        turn = self.begin(now_ms)
        turn.confidential = False
        self._course.end(turn, Stage.LISTEN, now_ms)
        self._steps.say(turn, self._language.say("notes.nothing_heard"), now_ms)

    def heard(self, turn: Turn, heard: Heard, now_ms: float) -> None:
        """What was dictated is kept as words. Else the words are a guess, and the sound is kept."""
        intent = self._understanding.understand(heard.text) if heard.text else None
        turn.confidential = heard.is_dictated
        if turn.in_own_speech:
            self._turns.drop(turn, Dropped.OWN_WORDS, now_ms)
        elif intent is not None and intent.name == "Stop":
            turn.heard, turn.meant = heard.text, intent
            self._say(turn, self._language.say("notes.nothing_kept"), now_ms)
        elif heard.is_dictated and heard.text:
            turn.heard = heard.text
            self._keep(turn, Note(self._moment().wall_s, text=heard.text), now_ms)
        elif not self._port.send("listen", KeepNote(turn.number, heard.utterance)):
            self._steps.trouble(turn, troubles.of_death("listen"), now_ms)

    def recorded(self, kept: NoteKept, now_ms: float) -> None:
        """Also where its turn is over: whoever said it wanted it kept."""
        self._keep(self._turns.numbered(kept.turn), Note(self._moment().wall_s, file=kept.file), now_ms)

    def _keep(self, turn: Turn | None, note: Note, now_ms: float) -> None:
        try:
            self._notebook.keep(note, now_ms)
        except MortarError as error:
            if turn is not None:
                self._steps.trouble(turn, troubles.not_kept(error), now_ms)
            return
        if turn is not None:
            self._say(turn, self._language.say("notes.remembered"), now_ms)

    def _say(self, turn: Turn, text: str, now_ms: float) -> None:
        self._course.end(turn, Stage.UNDERSTAND, now_ms, heard=turn.heard, intent=turn.intent)
        self._steps.say(turn, text, now_ms)
