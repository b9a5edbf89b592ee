"""The conversation: messages in, messages and events out. Reads no clock and touches no process.

Every handler is given the time. What it wants done goes through `Port`, so that tests drive the
whole conversation with a list, and `main` drives it with real links.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mortar.assistant import troubles
from mortar.assistant.course import Course
from mortar.assistant.intents import Intent, Kind, Understanding
from mortar.assistant.keeper import Keeper
from mortar.assistant.mouth import Mouth
from mortar.assistant.note_taking import NoteTaking
from mortar.assistant.past import NO_PAST, KeptReminder, Past
from mortar.assistant.port import Port
from mortar.assistant.ringing import Ringing
from mortar.assistant.skills import volume
from mortar.assistant.stages import Press, Stage
from mortar.assistant.steps import DESCRIBE, Steps
from mortar.assistant.switches import Switches
from mortar.assistant.turn import Dropped, Sight, Turn
from mortar.assistant.turns import Turns
from mortar.clock import Moment
from mortar.messages import (
    Answered,
    Examined,
    Failure,
    Heard,
    Listen,
    Looked,
    NoteKept,
    Partial,
    Privacy,
    Rest,
    Said,
    Sentence,
    SoundBegan,
    Switch,
    VolumeSet,
)
from mortar.privacy import Device
from mortar.settings import Settings

NEEDED: dict[str, frozenset[Stage]] = {
    "ears": frozenset({Stage.LISTEN}),
    "listen": frozenset({Stage.LISTEN, Stage.UNDERSTAND}),
    "language": frozenset({Stage.ANSWER}),
}
"""Process → the open stages that cannot go on without it. Not among them: voice, whose
successor says what is unsaid, and the eye, which a question may turn out not to need."""

MOST_HOLDS = 2
"""In one answer: a television that is as loud as a person must not chop it up."""

SNOOZE = Intent("Snooze", Kind.SKILL, {})
"""What a double press asks while it rings."""


class Conversation:
    """`first_turn` keeps the numbers of a restarted assistant apart from those before it; without
    `speaks` there is no voice, and what would be said counts as said. With the `past` of another
    conversation it goes on where that one was between two turns."""

    def __init__(
        self,
        port: Port,
        settings: Settings,
        understanding: Understanding,
        moment: Callable[[], Moment],
        keeper: Keeper,
        first_turn: int = 1,
        speaks: bool = True,
        past: Past = NO_PAST,
    ) -> None:
        self._port = port
        self._mouth = Mouth(port, speaks, past)
        self._course = Course(port, self._mouth)
        self._understanding = understanding
        self._turns = Turns(port, self._mouth, self._course, settings.assistant, first_turn, past)
        self._ringing = Ringing(
            port, self._mouth, self._course, self._turns, settings.assistant, keeper, moment
        )
        self._switches = Switches(port, self._mouth, self._turns, past)
        self._notebook = keeper.notebook
        self._steps = Steps(
            port,
            self._mouth,
            self._course,
            self._turns,
            settings.assistant,
            understanding,
            self._ringing,
            self._switches,
            keeper.album,
            self._notebook,
            moment,
        )
        self._album = keeper.album
        self._note_taking = NoteTaking(
            port, self._course, self._turns, self._steps, self._notebook, understanding, moment
        )
        self._longest_turn_ms = settings.assistant.turn_deadline_ms
        self._heard_early: Heard | None = None
        self._away = set(past.away)

    @property
    def turn(self) -> Turn | None:
        """The turn that goes on."""
        return self._turns.now

    def past(self, now_ms: float) -> Past | None:
        """What a turn that begins now takes from those before it; None while something rings, or did a
        moment ago: that cannot be taken up again."""
        if self._ringing.to_snooze(now_ms):
            return None
        kept = [KeptReminder.of(held) for held in self._ringing.reminders]
        at_hand = self._notebook.at_hand(now_ms)
        return msgspec.structs.replace(
            self._turns.past,
            reminders=kept,
            away=sorted(self._away),
            closed=self._switches.closed,
            photos=self._album.photos,
            notes=self._notebook.without_words,
            note_at_hand=at_hand.number if at_hand is not None else 0,
        )

    @property
    def deadline_ms(self) -> float | None:
        """When `overdue` is to be called, if nothing happens before."""
        times = [self._turn_deadline_ms, self._ringing.deadline_ms]
        return min((at for at in times if at is not None), default=None)

    @property
    def _turn_deadline_ms(self) -> float | None:
        if (turn := self.turn) is None:
            return None
        last_ms = turn.began_ms + self._longest_turn_ms
        return last_ms if turn.tick_ms is None else min(turn.tick_ms, last_ms)

    # --- how a turn begins ---

    def woken(self, now_ms: float) -> None:
        """The wake word: ears is listening already, whatever went on or rang is over."""
        if self._switches.is_muted:
            return  # heard before, told late
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

    def pressed(self, kind: Press, now_ms: float) -> None:
        self._port.emit("press", now_ms, kind=kind.value)
        self._port.send("ears", Rest())
        if self._ringing.silence(now_ms):
            self._pressed_while_ringing(kind, now_ms)
            return
        if kind is Press.SHORT and self.turn is not None and not self.turn.tentative:
            self._turns.interrupt(self.turn, now_ms)
            return
        turn = self._turns.begin(now_ms)
        match kind:
            case Press.SHORT:
                self._steps.question(turn, DESCRIBE, now_ms)
            case Press.LONG if self._switches.is_muted:
                self._switches.ask(turn, Switch(Device.MICROPHONE, is_on=True))
            case Press.LONG:
                self._course.begin(turn, Stage.LISTEN, now_ms)
                if self._port.send("ears", Listen(turn.number)):
                    self._steps.look(turn, now_ms)
                else:
                    self._steps.trouble(turn, troubles.of_death("ears"), now_ms)
            case Press.DOUBLE:
                self._steps.repeat(turn, now_ms)

    def _pressed_while_ringing(self, kind: Press, now_ms: float) -> None:
        """It is silenced already: nobody wants to hear now what is in front of the camera."""
        self._turns.end_follow_up(now_ms)
        if self.turn is not None:
            self._turns.interrupt(self.turn, now_ms)
        if kind is Press.DOUBLE:
            self._steps.answer(self._turns.begin(now_ms), "snooze", SNOOZE, now_ms)
        elif kind is Press.LONG and not self._switches.is_muted:
            self.pressed(kind, now_ms)

    def typed(self, text: str, now_ms: float) -> None:
        """As if it had been said behind the wake word."""
        self._port.emit("typed", now_ms, text=text)
        self._port.send("ears", Rest())
        self._ringing.silence(now_ms)
        turn, intent = self._turns.begin(now_ms), self._understanding.understand(text)
        turn.heard, turn.intent = text, intent.name if intent else None
        self._steps.answer(turn, text, intent, now_ms)

    def asked(self, text: str, now_ms: float) -> None:
        """A typed question about the picture."""
        self._steps.question(self._turns.begin(now_ms), text, now_ms)

    def lost_thread(self, now_ms: float) -> None:
        """The assistant itself died and is back: say so, whatever was going on."""
        self._mouth.hush()
        self._steps.trouble(self._turns.begin(now_ms), troubles.LOST_THREAD, now_ms)

    # --- what the bricks say ---

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

    def speech_ended(self, utterance: int, now_ms: float, in_own_speech: bool = False) -> None:
        """`in_own_speech`: all of it sounded while the assistant itself was heard."""
        if (turn := self._turns.in_stage(Stage.LISTEN)) is not None:
            turn.utterance, turn.in_own_speech = utterance, in_own_speech
            self._course.end(turn, Stage.LISTEN, now_ms)
            self._course.begin(turn, Stage.UNDERSTAND, now_ms)
            if self._heard_early is not None:
                self.heard(self._heard_early, now_ms)
            if "listen" in self._away and Stage.UNDERSTAND in turn.open:
                self._steps.trouble(turn, troubles.of_death("listen"), now_ms)

    def partly_heard(self, partial: Partial) -> None:
        """Words for people to see; they decide nothing."""
        turn = self.turn
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
        intent = self._understanding.understand(heard.text) if heard.text else None
        turn.intent = intent.name if intent else None
        self._course.end(turn, Stage.UNDERSTAND, now_ms, heard=turn.heard, intent=turn.intent)
        if heard.text is None:
            self._steps.trouble(turn, troubles.unheard(heard.failure), now_ms)
        elif turn.in_own_speech and self._mouth.has_said(heard.text):
            self._turns.drop(turn, Dropped.OWN_WORDS, now_ms)
        else:
            turn.tentative = False
            self._steps.answer(turn, heard.text, intent, now_ms)

    def note_recorded(self, kept: NoteKept, now_ms: float) -> None:
        self._note_taking.recorded(kept, now_ms)

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
            self._steps.photo_taken(turn, looked.photo, now_ms)

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
        )
        if not answered.text:
            self._steps.trouble(turn, troubles.NO_ANSWER, now_ms)
            return
        if turn.photo is not None:
            self._steps.described(turn, turn.photo, answered.text, now_ms)
        self._turns.finish_if_complete(turn, now_ms)

    def sound_began(self, sound: SoundBegan, now_ms: float) -> None:
        if (turn := self._turns.numbered(sound.turn)) is None:
            return
        self._mouth.sound_began(turn, sound)
        self._notebook.sounded(turn, sound.index, now_ms)
        if sound.index is None:
            self._port.emit("earcon", sound.t_ms)
        elif sound.index == 0:
            self._port.emit("first_sound", sound.t_ms)

    def said(self, said: Said, now_ms: float) -> None:
        if (turn := self._turns.numbered(said.turn)) is not None:
            self._mouth.said(turn, said)
            self._turns.finish_if_complete(turn, now_ms)
        else:
            self._turns.said_late(said)

    def volume_set(self, done: VolumeSet, now_ms: float) -> None:
        if (turn := self._turns.numbered(done.turn)) is not None and not turn.sentences:
            self._steps.say(turn, volume.told(done.percent), now_ms)

    def examined(self, examined: Examined, now_ms: float) -> None:
        if (turn := self._turns.numbered(examined.turn)) is not None:
            self._steps.examined(turn, examined.figures, now_ms)

    def privacy_told(self, privacy: Privacy, now_ms: float) -> None:
        """What the supervisor has switched on or off; the first one is how it is."""
        text = self._switches.told(privacy, now_ms)
        if self.turn is not None and text is not None:
            self._steps.say(self.turn, text, now_ms)

    # --- what goes wrong ---

    def failed(self, peer: str, failure: Failure, now_ms: float) -> None:
        """A brick could not do its part of the turn."""
        if peer == "ears":
            self._turns.end_follow_up(now_ms)
        turn = self.turn
        if turn is None or (failure.turn is not None and failure.turn != turn.number):
            return
        if peer == "eye":
            self._steps.blinded(turn, troubles.of_failure(peer, failure), now_ms)
        elif peer == "voice":
            self._steps.say(turn, troubles.SPOKEN[failure.code], now_ms)
        elif NEEDED.get(peer, frozenset()) & turn.open:
            self._steps.trouble(turn, troubles.of_failure(peer, failure), now_ms)

    def peer_lost(self, peer: str, now_ms: float) -> None:
        """A process died: where the turn needed it, say so at once and end the turn."""
        self._away.add(peer)
        if peer == "voice":
            self._mouth.fell_silent()
        if peer == "ears":
            self._turns.end_follow_up(now_ms)
            self._mouth.go_on()
        turn = self.turn
        if turn is None:
            return
        if peer == "eye":
            self._steps.blinded(turn, troubles.of_death("eye"), now_ms)
        elif NEEDED.get(peer, frozenset()) & turn.open:
            self._steps.trouble(turn, troubles.of_death(peer), now_ms)
        elif peer == "language":
            # The picture it had read is gone with it: the question will look again.
            turn.sight = Sight.NONE

    def peer_back(self, peer: str, now_ms: float) -> None:
        """A process is there (again): give it what it needs to know."""
        self._away.discard(peer)
        if peer == "language":
            self._turns.remind()
        if peer == "voice" and self.turn is not None:
            self._mouth.say_again(self.turn)

    def overdue(self, now_ms: float) -> None:
        """Nothing happened until `deadline_ms`: ring, tick, or give the turn up."""
        if (at_ms := self._turn_deadline_ms) is not None and now_ms >= at_ms:
            self._turn_overdue(now_ms)
        self._ringing.look(now_ms)

    def _turn_overdue(self, now_ms: float) -> None:
        turn = self.turn
        assert turn is not None, "it has a deadline"
        if self._turn_deadline_ms == turn.tick_ms:
            self._steps.tick(turn, now_ms)
        elif turn.trouble is None and not turn.rings:
            turn.began_ms = now_ms  # the apology has the same time again
            self._steps.trouble(turn, troubles.TOO_LONG, now_ms)
        else:
            self._turns.rest(turn, now_ms)
