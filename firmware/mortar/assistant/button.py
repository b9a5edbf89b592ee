"""What a press of the button does: it asks, stops, repeats, listens, or ends what rings."""

from __future__ import annotations

from mortar.assistant import troubles
from mortar.assistant.course import Course
from mortar.assistant.meaning import Intent, Kind
from mortar.assistant.port import Port
from mortar.assistant.ringing import Ringing
from mortar.assistant.stages import Press, Stage
from mortar.assistant.steps import Steps
from mortar.assistant.switches import Switches
from mortar.assistant.turns import Turns
from mortar.messages import Listen, Rest, Switch
from mortar.privacy import Device

SNOOZE = Intent("Snooze", Kind.SKILL, {})
"""What a double press asks while it rings."""

SEEN = Intent("LookDescribe", Kind.LOOK, {})
"""What a short press asks."""


class Button:
    def __init__(
        self, port: Port, course: Course, turns: Turns, steps: Steps, ringing: Ringing, switches: Switches
    ) -> None:
        self._port = port
        self._course = course
        self._turns = turns
        self._steps = steps
        self._ringing = ringing
        self._switches = switches

    def pressed(self, kind: Press, now_ms: float) -> None:
        self._port.emit("press", now_ms, kind=kind.value)
        self._port.send("ears", Rest())
        if self._ringing.silence(now_ms):
            self._pressed_while_ringing(kind, now_ms)
            return
        going_on = self._turns.now
        if kind is Press.SHORT and going_on is not None and not going_on.tentative:
            self._turns.interrupt(going_on, now_ms)
            return
        turn = self._turns.begin(now_ms)
        match kind:
            case Press.SHORT:
                turn.meant = SEEN
                self._steps.describe(turn, now_ms)
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
        if self._turns.now is not None:
            self._turns.interrupt(self._turns.now, now_ms)
        if kind is Press.DOUBLE:
            turn = self._turns.begin(now_ms)
            turn.meant = SNOOZE
            self._steps.answer(turn, "snooze", now_ms)
        elif kind is Press.LONG and not self._switches.is_muted:
            self.pressed(kind, now_ms)
