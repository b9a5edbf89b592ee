"""Questions about the board: the supervisor looks, and what it finds is what is said."""

from __future__ import annotations

from mortar.messages import Examine, Examined
from mortar.slowdowns import Battery, Figures
from talks import ListPort, ask_aloud, conversation


def test_the_battery_is_looked_at_when_it_is_asked_for() -> None:
    """Nothing is said before; an answer for an earlier turn, or a second one, says nothing."""
    port = ListPort()
    talk = conversation(port)
    first = ask_aloud(talk, "why are you slow")
    turn = ask_aloud(talk, "how full is the battery")
    assert port.to("supervisor", Examine) == [Examine(first), Examine(turn)]
    talk.examined(Examined(first, Figures()), 1_200.0)
    assert port.said == []
    for percent in (50, 49):
        figures = Figures(battery=Battery(percent, charging=False))
        talk.examined(Examined(turn, figures), 1_300.0)
    assert port.said == ["The battery is about half full, at fifty percent."]
