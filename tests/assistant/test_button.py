"""What a press of the button does."""

from __future__ import annotations

from mortar.assistant import troubles
from mortar.assistant.conversation import Conversation
from mortar.assistant.stages import Press
from mortar.messages import (
    Ask,
    Listen,
    Look,
    Rest,
)
from talks import ENGLISH, ListPort


def test_a_long_press_without_ears_is_not_waited_for(talk: Conversation, port: ListPort) -> None:
    port.down.add("ears")
    talk.pressed(Press.LONG, 0.0)
    assert port.said == [troubles.of_death("ears").spoken(ENGLISH)]


def test_the_button(talk: Conversation, port: ListPort) -> None:
    """Short describes, short again stops, double repeats, long listens."""
    talk.pressed(Press.SHORT, 0.0)
    assert [type(message) for _, message in port.sent] == [Rest, Look, Ask]
    talk.pressed(Press.SHORT, 100.0)
    assert talk.turn is None
    talk.pressed(Press.DOUBLE, 200.0)
    assert port.said == [ENGLISH.say("assistant.nothing_said")]
    talk.pressed(Press.LONG, 300.0)
    assert len(port.to("ears", Listen)) == 1
    assert len(port.to("eye", Look)) == 2
