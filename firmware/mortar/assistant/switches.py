"""The privacy switches as a conversation sees them: asked of the supervisor, which says when it is so."""

from __future__ import annotations

from mortar.assistant.mouth import Mouth
from mortar.assistant.past import Past
from mortar.assistant.port import Port
from mortar.assistant.stages import Stage
from mortar.assistant.turn import Dropped, Turn
from mortar.assistant.turns import Turns
from mortar.languages import Language
from mortar.messages import Privacy, Switch
from mortar.privacy import Device

EVENTS: dict[Device, tuple[str, str]] = {
    Device.MICROPHONE: ("unmuted", "muted"),
    Device.CAMERA: ("camera_on", "camera_off"),
}
"""What people notice when the device is opened, and when it is closed."""


class Switches:
    def __init__(self, port: Port, mouth: Mouth, turns: Turns, past: Past, language: Language) -> None:
        self.closed = past.closed
        self._port = port
        self._mouth = mouth
        self._turns = turns
        self._language = language

    @property
    def is_muted(self) -> bool:
        return self.closed.microphone

    def ask(self, turn: Turn, wanted: Switch) -> None:
        """The turn waits for the answer."""
        turn.switches = wanted.device
        self._port.send("supervisor", wanted)

    def told(self, privacy: Privacy, now_ms: float) -> str | None:
        """It is so from now on; gives what the turn that goes on is to say about it."""
        before, self.closed = self.closed, privacy.closed
        self._turns.may_listen = not self.is_muted
        if self.is_muted and not before.microphone:
            self._drop_question(now_ms)
        for device, events in EVENTS.items():
            if self.closed.has(device) != before.has(device):
                event = events[self.closed.has(device)]
                self._port.emit(event, now_ms)
                self._mouth.chime(event, self._turns.last_number)
        turn = self._turns.now
        if turn is None or turn.switches is None:
            return None
        device, turn.switches = turn.switches, None
        return self._sentence(device, privacy.trouble)

    def _drop_question(self, now_ms: float) -> None:
        """What was said so far is not answered, and what was held is said: nobody speaks over it now."""
        self._turns.end_follow_up(now_ms)
        turn = self._turns.now
        if turn is not None and {Stage.LISTEN, Stage.UNDERSTAND} & turn.open:
            self._turns.drop(turn, Dropped.MUTED, now_ms)
        self._mouth.go_on()

    def _sentence(self, device: Device, trouble: str) -> str:
        """How the device is now, and what went wrong."""
        say, state = self._language.say, "closed" if self.closed.has(device) else "open"
        told, key = say(f"switches.{device}_{state}"), f"troubles.{trouble}"
        return f"{told} {say(key)}" if self._language.has(key) else told
