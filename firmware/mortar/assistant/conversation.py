"""The conversation: messages in, messages and events out. Reads no clock and touches no process.

Every handler is given the time. What it wants done goes through `Port`, so that tests drive the
whole conversation with a list, and `main` drives it with real links.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mortar.assistant import troubles
from mortar.assistant.answering import Answering
from mortar.assistant.button import Button
from mortar.assistant.course import Course
from mortar.assistant.intents import Understanding
from mortar.assistant.keeper import Keeper
from mortar.assistant.listening import Listening
from mortar.assistant.lookout import Lookout
from mortar.assistant.mouth import Mouth
from mortar.assistant.note_taking import NoteTaking
from mortar.assistant.past import NO_PAST, KeptBefore, KeptReminder, Past
from mortar.assistant.peers import Peers
from mortar.assistant.photo_taking import PhotoTaking
from mortar.assistant.port import Port
from mortar.assistant.ringing import Ringing
from mortar.assistant.skills import volume
from mortar.assistant.stages import Press
from mortar.assistant.steps import Steps
from mortar.assistant.switches import Switches
from mortar.assistant.turn import Turn
from mortar.assistant.turns import Turns
from mortar.clock import Moment
from mortar.messages import (
    NO_TURN,
    Answered,
    Examined,
    Failure,
    Heard,
    Looked,
    NoteKept,
    Partial,
    Privacy,
    Rest,
    Said,
    Sentence,
    SoundBegan,
    VolumeSet,
)
from mortar.settings import Settings


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
        self._language = language = understanding.language
        self._turns = Turns(port, self._mouth, self._course, settings.assistant, first_turn, past)
        if past.before is not None:
            self._turns.take_up(past.before.before(keeper.reminders))
        self._ringing = Ringing(
            port, self._mouth, self._course, self._turns, settings.assistant, keeper, moment, language
        )
        self._switches = Switches(port, self._mouth, self._turns, past, language)
        self._lookout = Lookout(port, self._mouth, self._course, self._turns, language, past.wish)
        self._notebook = keeper.notebook
        self._steps = Steps(
            port,
            self._mouth,
            self._course,
            self._turns,
            settings,
            understanding,
            self._ringing,
            self._switches,
            self._lookout,
            keeper.album,
            self._notebook,
            moment,
        )
        self._album = keeper.album
        self._note_taking = NoteTaking(
            port, self._course, self._turns, self._steps, self._notebook, understanding, moment
        )
        photo_taking = PhotoTaking(port, self._steps, keeper.album, understanding.language, moment)
        self._answering = Answering(port, self._course, self._turns, self._steps, photo_taking)
        self._peers = Peers(self._mouth, self._turns, self._steps, past)
        self._button = Button(port, self._course, self._turns, self._steps, self._ringing, self._switches)
        self._listening = Listening(
            port,
            self._mouth,
            self._course,
            self._turns,
            self._steps,
            understanding,
            self._note_taking,
            self._ringing,
            self._peers,
        )
        self._longest_turn_ms = settings.assistant.turn_deadline_ms

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
        before = self._turns.before(now_ms)
        return msgspec.structs.replace(
            self._turns.past,
            reminders=kept,
            before=KeptBefore.of(before, self._ringing.reminders) if before is not None else None,
            away=sorted(self._peers.away),
            given_up=sorted(self._steps.given_up),
            closed=self._switches.closed,
            photos=self._album.photos,
            notes=self._notebook.without_words,
            note_at_hand=at_hand.number if at_hand is not None else 0,
            wish=self._lookout.wish,
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
        """The wake word; while muted it was heard before, and is told late."""
        if not self._switches.is_muted:
            self._listening.woken(now_ms)

    def speech_began(self, now_ms: float) -> None:
        self._listening.speech_began(now_ms)

    def pressed(self, kind: Press, now_ms: float) -> None:
        self._button.pressed(kind, now_ms)

    def typed(self, text: str, now_ms: float) -> None:
        """As if it had been said behind the wake word."""
        self._port.emit("typed", now_ms, text=text)
        self._port.send("ears", Rest())
        self._ringing.silence(now_ms)
        turn = self._turns.begin(now_ms)
        turn.heard, turn.meant = text, self._understanding.understand(text)
        self._steps.answer(turn, text, now_ms)

    def asked(self, text: str, now_ms: float) -> None:
        """A typed question about the picture."""
        self._steps.question(self._turns.begin(now_ms), text, now_ms)

    def lost_thread(self, now_ms: float) -> None:
        """The assistant itself died and is back: say so, whatever was going on."""
        self._mouth.hush()
        self._steps.trouble(self._turns.begin(now_ms), troubles.LOST_THREAD, now_ms)

    # --- what the bricks say ---

    def stopped(self, now_ms: float) -> None:
        self._listening.stopped(now_ms)

    def spoken_over(self, is_so: bool, now_ms: float) -> None:
        self._listening.spoken_over(is_so, now_ms)

    def no_speech(self, now_ms: float) -> None:
        self._listening.no_speech(now_ms)

    def speech_ended(self, utterance: int, now_ms: float, in_own_speech: bool = False) -> None:
        """`in_own_speech`: all of it sounded while the assistant itself was heard."""
        self._listening.speech_ended(utterance, now_ms, in_own_speech)

    def partly_heard(self, partial: Partial) -> None:
        self._listening.partly_heard(partial)

    def heard(self, heard: Heard, now_ms: float) -> None:
        self._listening.heard(heard, now_ms)

    def note_recorded(self, kept: NoteKept, now_ms: float) -> None:
        self._note_taking.recorded(kept, now_ms)

    def looked(self, looked: Looked, now_ms: float) -> None:
        self._answering.looked(looked, now_ms)

    def watched(self) -> None:
        self._lookout.watched()

    def sentence(self, sentence: Sentence, now_ms: float) -> None:
        self._answering.sentence(sentence, now_ms)

    def answered(self, answered: Answered, now_ms: float) -> None:
        if answered.turn == NO_TURN:
            self._lookout.answered(answered, now_ms)
        else:
            self._answering.answered(answered, now_ms)

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
            self._steps.say(turn, volume.told(done.percent, self._language), now_ms)

    def examined(self, examined: Examined, now_ms: float) -> None:
        if (turn := self._turns.numbered(examined.turn)) is not None:
            self._steps.examined(turn, examined.figures, now_ms)

    def privacy_told(self, privacy: Privacy, now_ms: float) -> None:
        """What the supervisor has switched on or off; the first one is how it is."""
        text = self._switches.told(privacy, now_ms)
        if self.turn is not None and text is not None:
            self._steps.say(self.turn, text, now_ms)

    # --- what goes wrong ---

    def notice(self, failure: Failure, now_ms: float) -> None:
        """Tell people of what nobody has asked for."""
        self._steps.trouble(self._turns.begin(now_ms), troubles.unasked(failure), now_ms)

    def failed(self, peer: str, failure: Failure, now_ms: float) -> None:
        self._peers.failed(peer, failure, now_ms)

    def peer_lost(self, peer: str, now_ms: float) -> None:
        self._peers.lost(peer, now_ms)

    def peer_back(self, peer: str, now_ms: float) -> None:
        self._peers.back(peer)
        if peer == "eye":
            self._lookout.eye_is_back()

    def peers_given_up(self, peers: list[str]) -> None:
        """They do not come back."""
        self._steps.given_up = frozenset(peers)

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
