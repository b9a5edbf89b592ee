"""The other processes as a conversation needs them: what their failures and deaths mean for a turn."""

from __future__ import annotations

from mortar.assistant import troubles
from mortar.assistant.mouth import Mouth
from mortar.assistant.past import Past
from mortar.assistant.stages import Stage
from mortar.assistant.steps import Steps
from mortar.assistant.turn import Sight
from mortar.assistant.turns import Turns
from mortar.messages import Failure

NEEDED: dict[str, frozenset[Stage]] = {
    "ears": frozenset({Stage.LISTEN}),
    "listen": frozenset({Stage.LISTEN, Stage.UNDERSTAND}),
    "language": frozenset({Stage.ANSWER}),
}
"""Process → the open stages that cannot go on without it. Not among them: voice, whose
successor says what is unsaid, and the eye, which a question may turn out not to need."""


class Peers:
    def __init__(self, mouth: Mouth, turns: Turns, steps: Steps, past: Past) -> None:
        self._mouth = mouth
        self._turns = turns
        self._steps = steps
        steps.given_up = frozenset(past.given_up)
        self.away = set(past.away)
        """Those that died and are not back."""

    def failed(self, peer: str, failure: Failure, now_ms: float) -> None:
        """A brick could not do its part of the turn."""
        if peer == "ears":
            self._turns.end_follow_up(now_ms)
        turn = self._turns.now
        if turn is None or (failure.turn is not None and failure.turn != turn.number):
            return
        if peer == "eye":
            self._steps.blinded(turn, troubles.of_failure(peer, failure), now_ms)
        elif peer == "voice":
            self._steps.tell(turn, troubles.of_failure(peer, failure), now_ms)
        elif NEEDED.get(peer, frozenset()) & turn.open:
            self._steps.trouble(turn, troubles.of_failure(peer, failure), now_ms)

    def lost(self, peer: str, now_ms: float) -> None:
        """A process died: where the turn needed it, say so at once and end the turn."""
        self.away.add(peer)
        if peer == "voice":
            self._mouth.fell_silent()
        if peer == "ears":
            self._turns.end_follow_up(now_ms)
            self._mouth.go_on()
        turn = self._turns.now
        if turn is None:
            return
        if peer == "eye":
            self._steps.blinded(turn, troubles.of_death("eye"), now_ms)
        elif NEEDED.get(peer, frozenset()) & turn.open:
            self._steps.trouble(turn, troubles.of_death(peer), now_ms)
        elif peer == "language":
            # The picture it had read is gone with it: the question will look again.
            turn.sight = Sight.NONE

    def back(self, peer: str) -> None:
        """A process is there (again): give it what it needs to know."""
        self.away.discard(peer)
        if peer == "language":
            self._turns.remind()
        if peer == "voice" and self._turns.now is not None:
            self._mouth.say_again(self._turns.now)
