"""Which events make an exchange, for the picture of it."""

from __future__ import annotations

from mortar.commands.timeline import exchanges, spans
from mortar.messages import Event


def happened(*names: str) -> list[Event]:
    return [Event(name, 100.0 * number) for number, name in enumerate(names)]


def test_an_exchange_ends_with_its_event() -> None:
    """What has not ended is none."""
    events = happened("wake", "listen_start", "exchange", "wake", "exchange", "wake")
    assert list(exchanges(events)) == [events[:3], events[3:5]]


def test_a_dropped_turn_is_no_part_of_the_next_exchange() -> None:
    """Somebody coughed after an answer; the question by the button came a minute later."""
    cough = happened("listen_start", "listen_end", "dropped")
    pressed = [Event("answer_start", 60_000.0), Event("answer_end", 60_100.0), Event("exchange", 60_200.0)]
    (exchange,) = exchanges(cough + pressed)
    assert [span.from_ms for span in spans(exchange)] == [60_000.0]


def test_what_rang_is_no_part_of_the_next_exchange() -> None:
    """Ten minutes of it would leave nothing to see of a question."""
    rounds = happened("ring_start", "speak_start", "first_sound", "speak_end", "rang") * 2
    asked = [Event("answer_start", 60_000.0), Event("answer_end", 60_100.0), Event("exchange", 60_200.0)]
    (exchange,) = exchanges(rounds + asked)
    assert exchange == asked


def test_the_wake_word_that_a_turn_gave_way_to_is_kept() -> None:
    events = happened("listen_start", "wake", "listen_end", "dropped", "listen_start", "exchange")
    (exchange,) = exchanges(events)
    assert [event.t_ms for event in exchange if event.event == "wake"] == [100.0]
