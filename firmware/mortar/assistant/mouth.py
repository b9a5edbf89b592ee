"""What the assistant says: to voice in order, and to the ears, so that they know its own words."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from mortar.assistant.past import Past
from mortar.assistant.port import Port
from mortar.assistant.stages import EARCONS
from mortar.assistant.turn import Turn
from mortar.messages import Chime, GoOn, Hold, Hush, Said, Say, SoundBegan, Speaking
from mortar.own_speech import says

RECENT_SENTENCES = 4
"""More do not sound within the time that an echo lasts."""


class _Sounded(NamedTuple):
    text: str
    is_confidential: bool = False


class Mouth:
    """Without `speaks` there is no voice, and what would be said counts as said."""

    def __init__(self, port: Port, speaks: bool, past: Past) -> None:
        self._port = port
        self.speaks = speaks
        self.is_heard = past.is_heard
        self._ticks = False
        """A tick is on its way through voice."""
        self._is_held = False
        self._recent: deque[_Sounded] = deque(map(_Sounded, past.sounded), maxlen=RECENT_SENTENCES)

    @property
    def recent(self) -> list[str]:
        """Sentences that began to sound last, without those that no trace keeps."""
        return [sounded.text for sounded in self._recent if not sounded.is_confidential]

    def say(self, turn: Turn, text: str, recording: str = "") -> None:
        """A sentence; or a recording, by its name in the notes' folder, which has no text."""
        self._cut_tick()
        say = Say(turn.number, len(turn.sentences), text, recording)
        turn.sentences.append(text)
        turn.unsaid.append(say)
        if self.speaks:
            self._port.send("voice", say)
        else:
            turn.said(Said(turn.number, say.index, False, 0.0))

    def chime(self, event: str, turn: int) -> None:
        if event in EARCONS:
            self._cut_tick()
            self._port.send("voice", Chime(EARCONS[event], turn))

    def ring(self, turn: Turn, text: str) -> None:
        """Beeps, and what they are for. "Stop" is listened for from the first beep on."""
        self.chime("ring", turn.number)
        self.is_heard = True
        self._port.send("ears", Speaking(text))
        self.say(turn, text)

    def tick(self, turn: int) -> None:
        """The answer takes its time: say that it is being worked on."""
        self.chime("answer_slow", turn)
        self._ticks = True

    def _cut_tick(self) -> None:
        """What comes next does not wait for a tick to end: a sound card is silent 0.2 s after it."""
        if self._ticks:
            self.hush()

    def hush(self) -> None:
        self._port.send("voice", Hush())
        self.fell_silent()

    def hold(self) -> None:
        """Fall silent in the middle of a word, if need be."""
        self._is_held = True
        self._port.send("voice", Hold())

    def go_on(self) -> None:
        """Say what was held, if something was."""
        if self._is_held:
            self._is_held = False
            self._port.send("voice", GoOn())

    def say_again(self, turn: Turn) -> None:
        """A voice that died and is back gets what was unsaid."""
        for say in turn.unsaid:
            self._port.send("voice", say)

    def sound_began(self, turn: Turn, sound: SoundBegan) -> None:
        if sound.index is not None:
            self.is_heard = True
            text = turn.sentences[sound.index]
            self._recent.append(_Sounded(text, turn.confidential))
            self._port.send("ears", Speaking(text or None))

    def said(self, turn: Turn, said: Said) -> None:
        turn.said(said)
        if not turn.unsaid:
            self.fell_silent()

    def fell_silent(self) -> None:
        self._ticks = self._is_held = False
        if self.is_heard:
            self.is_heard = False
            self._port.send("ears", Speaking(""))

    def has_said(self, text: str) -> bool:
        """Whether `text` is, or in a recording may be, part of what was heard of the assistant last."""
        sounded = [held.text for held in self._recent]
        return sounded[-1:] == [""] or says(" ".join(sounded), text)
