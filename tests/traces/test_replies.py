"""A reply is replayed with the question that it goes on from, and with what that did."""

from __future__ import annotations

import msgspec

from mortar.messages import Said, SoundBegan, Typed
from mortar.traces.replay import replay
from mortar.traces.trace import Trace, without_words
from talks import UNDERSTANDING
from traces.recordings import Recorded, looked_and_answered


def typed(recorded: Recorded, text: str) -> None:
    """A skill answers at once, and is heard."""
    recorded.tell("link", Typed(text))
    turn = recorded.turn
    recorded.tell("voice", SoundBegan(turn, 0, recorded.now_ms))
    recorded.tell("voice", Said(turn, 0, False, recorded.now_ms, 1.0))


def read(trace: Trace) -> Trace:
    """As it comes back from its file."""
    return msgspec.json.decode(msgspec.json.encode(trace), type=Trace)


def test_a_follow_up_about_the_picture_is_replayed() -> None:
    recorded = looked_and_answered()
    recorded.ask("and on the right", utterance=2)
    recorded.answer("On the right I see a dog.")
    recorded.heard_out()
    trace = read(recorded.traces[-1])
    assert trace.heard == "what is on the right"
    assert replay(trace, UNDERSTANDING) == []


def test_a_correction_is_replayed_among_other_timers() -> None:
    """The numbers of then mean nothing in the store of the replay: the right one is undone there too."""
    recorded = Recorded()
    for text in (
        "set an egg timer for six minutes",
        "cancel the egg timer",
        "set a tea timer for three minutes",
        "set a timer for five minutes",
        "no ten minutes",
        "no twelve minutes",
        "what timers are set",
    ):
        typed(recorded, text)
    assert recorded.traces[-1].answer is not None and "five" not in recorded.traces[-1].answer
    for trace in recorded.traces:
        assert replay(read(trace), UNDERSTANDING) == []


def test_a_trace_without_words_has_none_of_the_question_before() -> None:
    recorded = looked_and_answered()
    recorded.ask("and the penguins", utterance=2)
    recorded.answer("I see no penguins.")
    recorded.heard_out()
    recorded.ask("and the dogs", utterance=3)
    recorded.answer("I see a dog.")
    recorded.heard_out()
    assert b"penguin" in msgspec.json.encode(recorded.traces[-1])
    assert b"penguin" not in msgspec.json.encode(without_words(recorded.traces[-1]))
