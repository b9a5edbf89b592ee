"""What a turn does: listens, looks, asks a skill or the language model, speaks, or apologises."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from mortar.assistant import corrections, replies, troubles
from mortar.assistant.album import Album
from mortar.assistant.course import Course
from mortar.assistant.intents import Understanding
from mortar.assistant.lookout import Lookout
from mortar.assistant.meaning import Intent, Kind
from mortar.assistant.mouth import Mouth
from mortar.assistant.notebook import Notebook
from mortar.assistant.port import Port
from mortar.assistant.ringing import Ringing
from mortar.assistant.skills import SkillAnswer, SkillRequest, answer_with_skill, volume
from mortar.assistant.skills.skill import NoteChange, ToldNote
from mortar.assistant.stages import Stage
from mortar.assistant.switches import Switches
from mortar.assistant.troubles import Trouble
from mortar.assistant.turn import Dropped, Sight, Turn
from mortar.assistant.turns import Turns
from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.messages import Ask, Cancel, Examine, Look, SetVolume
from mortar.notes import Note
from mortar.reminders import Change
from mortar.settings import Settings
from mortar.slowdowns import Figures

log = logging.getLogger(__name__)

FIRST_TICK_ms = 1_500
"""An answer that takes longer is waited for with a tick, and then one every `TICK_ms`."""
TICK_ms = 2_000


class Steps:
    """Each may end the turn."""

    def __init__(
        self,
        port: Port,
        mouth: Mouth,
        course: Course,
        turns: Turns,
        settings: Settings,
        understanding: Understanding,
        ringing: Ringing,
        switches: Switches,
        lookout: Lookout,
        album: Album,
        notebook: Notebook,
        moment: Callable[[], Moment],
    ) -> None:
        self._port = port
        self._mouth = mouth
        self._course = course
        self._turns = turns
        self._early_looking = settings.assistant.early_looking
        self._snooze_min = settings.assistant.snooze_min
        self._asks_again = settings.cascade.agreement
        self._understanding = understanding
        self._language = understanding.language
        self._ringing = ringing
        self._switches = switches
        self._lookout = lookout
        self._album = album
        self._notebook = notebook
        self._moment = moment
        self.given_up: frozenset[str] = frozenset()
        """Processes that do not come back."""
        self._examining: tuple[int, Intent] | None = None
        """The turn for which the supervisor looks at the board, and what was asked."""

    def listen(self, turn: Turn, now_ms: float) -> None:
        self._course.begin(turn, Stage.LISTEN, now_ms)
        if self._early_looking:
            self.look(turn, now_ms)

    def answer(self, turn: Turn, text: str, now_ms: float) -> None:
        """What `turn.meant` by `text`."""
        if turn.meant is not None and turn.meant.kind is Kind.REPLY:
            asked = replies.asked(text, turn.meant, turn.before, self._understanding.wording)
            if asked is None:
                turn.meant = None
                self.trouble(turn, troubles.NOTHING_BEFORE, now_ms)
                return
            text, turn.meant, turn.undoes = asked
        turn.tentative = False
        if turn.meant is not None and turn.meant.kind is Kind.SKILL:
            self._skill(turn, turn.meant, now_ms)
        else:
            self._mouth.chime("understood", turn.number)
            self.question(turn, text, now_ms, is_free=turn.meant is None)

    def question(self, turn: Turn, text: str, now_ms: float, *, is_free: bool = False) -> None:
        """Of the language model; `is_free`: in no words that it was surely taught."""
        turn.heard = text
        self._course.begin(turn, Stage.ANSWER, now_ms)
        if turn.sight is Sight.NONE:
            self.look(turn, now_ms)
        if turn.sight is Sight.NONE:
            self.trouble(turn, troubles.of_death("eye"), now_ms)
        elif not self._port.send("language", Ask(turn.number, text, True, is_free, self._again(text))):
            self.trouble(turn, troubles.of_death("language"), now_ms)
        else:
            turn.asked, turn.tick_ms = True, now_ms + FIRST_TICK_ms

    def _again(self, text: str) -> str:
        return (self._asks_again and self._understanding.other_wording(text)) or ""

    def unsure(self, turn: Turn, now_ms: float) -> None:
        """Of the answer that was given."""
        turn.doubt = len(turn.sentences)
        self.say(turn, self._language.say("assistant.not_sure"), now_ms)

    def describe(self, turn: Turn, now_ms: float) -> None:
        self.question(turn, self._language.say("questions.describe"), now_ms)

    def tick(self, turn: Turn, now_ms: float) -> None:
        turn.tick_ms = now_ms + TICK_ms
        self._mouth.tick(turn.number)

    def look(self, turn: Turn, now_ms: float) -> None:
        if self._port.send("eye", Look(turn.number)):
            turn.sight = Sight.LOOKING
            self._course.begin(turn, Stage.LOOK, now_ms)

    def blinded(self, turn: Turn, trouble: Trouble, now_ms: float) -> None:
        """There is no picture: that matters once the question is known to need one."""
        if turn.sight is Sight.SEEN:
            return
        turn.sight = Sight.NONE
        if Stage.LOOK in turn.open:
            self._course.end(turn, Stage.LOOK, now_ms, trouble=trouble.code)
        if Stage.ANSWER in turn.open:
            self.trouble(turn, trouble, now_ms)

    def examined(self, turn: Turn, figures: Figures, now_ms: float) -> None:
        """What was asked about the board can be answered."""
        if self._examining is not None and self._examining[0] == turn.number:
            (_, intent), self._examining = self._examining, None
            self._skill(turn, intent, now_ms, figures)

    def repeat(self, turn: Turn, now_ms: float) -> None:
        last = self._turns.last_answered
        turn.confidential = last is not None and last.confidential
        text = last.spoken if last is not None else self._language.say("assistant.nothing_said")
        self.say(turn, text, now_ms)

    def _skill(self, turn: Turn, intent: Intent, now_ms: float, figures: Figures | None = None) -> None:
        last = self._turns.last_answered
        answer = answer_with_skill(
            SkillRequest(
                intent=intent.name,
                slots=intent.slots,
                moment=self._moment(),
                last_answer=last.spoken if last is not None else None,
                examples=self._understanding.examples,
                reminders=corrections.without(turn.undoes, self._ringing.reminders),
                ringing=self._ringing.to_snooze(now_ms),
                snooze_min=self._snooze_min,
                figures=figures,
                photos=self._album.photos,
                notes=self._notebook.notes,
                note_at_hand=self._notebook.at_hand(now_ms),
                named=self._understanding.named(intent.slots),
                question=self._understanding.whether(intent.slots),
                wish=self._lookout.wish,
                closed=self._switches.closed,
                language=self._language,
            )
        )
        if (
            answer.text
            and answer.change is not None
            and corrections.is_left(turn.undoes, self._ringing.reminders)
        ):
            answer = replace(answer, text=self._language.say("reminders.changed", answer=answer.text))
        turn.asks_for_note = answer.asks_for_note
        turn.confidential = (
            (last is not None and last.confidential and answer.text == last.spoken)
            or (answer.notes is not None and bool(answer.notes.keep))
            or any(told.note.text for told in answer.tell)
        )
        self._do(turn, intent, answer, now_ms)

    def _do(self, turn: Turn, intent: Intent, answer: SkillAnswer, now_ms: float) -> None:
        """What is to be stored first: nothing is confirmed that is not on the disk."""
        try:
            if answer.change is not None:
                self._change(turn, answer.change, now_ms)
            if answer.forget:
                self._album.forget(answer.forget)
            if answer.notes is not None:
                self._change_notes(answer.notes, now_ms)
        except MortarError as error:
            self.trouble(turn, troubles.not_kept(error), now_ms)
            return
        if (answer.watch is not None or answer.ends_watch) and not self._lookout.want(answer.watch):
            self.trouble(turn, troubles.of_death("eye"), now_ms)
        elif answer.takes_photo:
            self._take_photo(turn, now_ms)
        elif answer.volume is not None:
            wanted = SetVolume(turn.number, answer.volume.percent, answer.volume.is_step)
            self._volume(turn, wanted, now_ms)
        elif answer.examines:
            self._examining = turn.number, intent
            self._port.send("supervisor", Examine(turn.number))
        elif answer.switch is not None:
            self._switches.ask(turn, answer.switch)
        elif answer.text:
            self.say(turn, answer.text, now_ms, answer.tell)
        else:
            self._turns.rest(turn, now_ms)

    def _change(self, turn: Turn, change: Change, now_ms: float) -> None:
        """Of the reminders; what the question before did is undone with it, where this one corrects it."""
        before = self._ringing.reminders
        self._ringing.apply(corrections.instead(change, turn.undoes, before), now_ms)
        turn.done = corrections.done(change, before, self._ringing.reminders)

    def _take_photo(self, turn: Turn, now_ms: float) -> None:
        """Of what is there now, whatever was looked at early."""
        self._mouth.chime("understood", turn.number)
        self._course.begin(turn, Stage.ANSWER, now_ms)
        if not self._port.send("eye", Look(turn.number, keep=True)):
            self.trouble(turn, troubles.of_death("eye"), now_ms)
            return
        turn.takes_photo, turn.sight, turn.tick_ms = True, Sight.LOOKING, now_ms + FIRST_TICK_ms
        if Stage.LOOK not in turn.open:
            self._course.begin(turn, Stage.LOOK, now_ms)

    def _change_notes(self, change: NoteChange, now_ms: float) -> None:
        if change.keep:
            self._notebook.keep(Note(self._moment().wall_s, text=change.keep), now_ms)
        if change.forget:
            self._notebook.forget(change.forget)

    def _volume(self, turn: Turn, wanted: SetVolume, now_ms: float) -> None:
        """The voice has the mixer: what is said is how loud it became."""
        if not (self._mouth.speaks and self._port.send("voice", wanted)):
            self.say(turn, volume.told(None, self._language), now_ms)

    def say(self, turn: Turn, text: str, now_ms: float, tell: Sequence[ToldNote] = ()) -> None:
        turn.tick_ms = None
        if Stage.SPEAK not in turn.open:
            self._course.begin(turn, Stage.SPEAK, now_ms)
        self._mouth.say(turn, text)
        for told in tell:
            self._tell(turn, told)
        self._turns.finish_if_complete(turn, now_ms)

    def _tell(self, turn: Turn, told: ToldNote) -> None:
        turn.told[len(turn.sentences)] = told.note.number
        self._mouth.say(turn, told.text)
        if told.note.file:
            turn.told[len(turn.sentences)] = told.note.number
            self._mouth.say(turn, "", told.note.file)

    def trouble(self, turn: Turn, trouble: Trouble, now_ms: float) -> None:
        """Give the turn up with an earcon and one sentence; in silence where nobody knows of it."""
        if turn.tentative:
            self._turns.drop(turn, Dropped.NOT_UNDERSTOOD, now_ms)
            return
        trouble = troubles.for_good(trouble, self.given_up)
        turn.trouble = trouble
        self._port.emit("trouble", now_ms, code=trouble.code, what=trouble.what, do=trouble.do)
        self._mouth.chime("trouble", turn.number)
        for stage in turn.open - {Stage.SPEAK}:
            self._course.end(turn, stage, now_ms)
        self._port.send("language", Cancel(turn.number))
        self.tell(turn, trouble, now_ms)

    def tell(self, turn: Turn, trouble: Trouble, now_ms: float) -> None:
        """What went wrong, and go on."""
        self.say(turn, trouble.spoken(self._language), now_ms)
