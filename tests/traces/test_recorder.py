"""A trace holds one turn: all of it, nothing of its neighbours, and of words what is wanted."""

from __future__ import annotations

import msgspec
import pytest

from mortar.messages import (
    Failure,
    GivenUp,
    LinkLost,
    Notice,
    Overdue,
    Privacy,
    Said,
    SoundBegan,
    SpeechBegan,
    ThreadLost,
    Typed,
    Wire,
)
from mortar.privacy import NONE, Closed
from mortar.settings import Settings
from mortar.traces.recorder import MOST_CUES
from mortar.traces.replay import replay
from mortar.traces.trace import Sent, Trace, without_words
from talks import UNDERSTANDING
from traces.recordings import Recorded, looked_and_answered


def names(trace: Trace) -> list[str]:
    return [event.event for event in trace.events]


def assert_replays(*traces: Trace) -> None:
    """As they come back from their files."""
    for trace in traces:
        read = msgspec.json.decode(msgspec.json.encode(trace), type=Trace)
        assert read == trace
        assert replay(read, UNDERSTANDING) == []


def test_a_turn_is_kept_with_its_times_from_the_wake_word() -> None:
    (trace,) = looked_and_answered().traces
    assert (trace.heard, trace.answer, trace.trouble) == ("what do you see", "I see a cat.", None)
    assert trace.events[0].event == "wake" and trace.events[0].t_ms == 0.0
    assert [event.t_ms for event in trace.events if event.event == "speech_end"] == [220.0]
    assert trace.wait_ms == 500.0, "from the end of speech, told at 220, to the sound at 720"
    assert names(trace)[-1] == "exchange"
    assert_replays(trace)


def test_what_follows_an_answer_belongs_to_it() -> None:
    """That the ears listen on was sent by the message that ended the turn."""
    (trace,) = looked_and_answered().traces
    assert "follow_up_start" in names(trace)
    assert isinstance(did := trace.cues[-1].does[-1], Sent) and did.message["type"] == "Listen"


def test_what_is_told_between_turns_is_in_no_trace() -> None:
    recorded = looked_and_answered()
    recorded.tell("ears", Failure("microphone-missing", "it has gone", "plug it in"))
    recorded.tell("supervisor", LinkLost("eye", 1), Wire("eye", 2))
    recorded.press()
    recorded.answer("I see a dog.")
    recorded.heard_out()
    first, second = recorded.traces
    assert names(second)[0] == "press"
    assert all(cue.message and cue.message["type"] != "Wire" for cue in first.cues + second.cues)
    assert_replays(first, second)


@pytest.mark.parametrize("by", ["wake", "double press"])
def test_who_interrupts_ends_one_turn_and_begins_another(by: str) -> None:
    """The wake word (or the press) is the last message of one, and the first of the other."""
    recorded = looked_and_answered()
    recorded.press()
    recorded.answer("I see a dog and a car.")
    if by == "wake":
        recorded.wake()
        recorded.tell("voice", Said(2, 0, True, recorded.now_ms, 0.5))
        recorded.ask("what time is it", utterance=2)
    else:
        recorded.press("double")
    recorded.heard_out()
    assert [trace.answer for trace in recorded.traces][:2] == ["I see a cat.", "I see a dog and a car."]
    _, old, new = recorded.traces
    assert "interrupted" in names(old) and "interrupted" not in names(new)
    assert names(new)[0] == by.split()[-1]
    assert new.events[0].t_ms == 0.0
    assert_replays(*recorded.traces)


def test_a_short_press_into_an_answer_only_ends_it() -> None:
    recorded = Recorded()
    recorded.press()
    recorded.answer("I see a dog.")
    recorded.press()
    (trace,) = recorded.traces
    assert names(trace).count("press") == 2
    assert_replays(trace)


def test_a_typed_question_is_a_turn_like_any_other() -> None:
    """It begins with the typing, replays, and leaves no word where words are not kept."""
    recorded = looked_and_answered()
    recorded.tell("supervisor", Typed("who are you"))
    recorded.tell("voice", SoundBegan(recorded.turn, 0, recorded.now_ms))
    recorded.heard_out()
    _, trace = recorded.traces
    assert names(trace)[0] == "typed" and trace.heard == "who are you"
    assert trace.wait_ms == 100.0
    assert_replays(trace)
    assert b"who" not in msgspec.json.encode(without_words(trace))


def test_what_was_said_to_others_is_not_kept() -> None:
    """A follow-up that is not understood leaves no trace; one that is, does."""
    recorded = looked_and_answered()
    recorded.ask(None, utterance=2)
    assert len(recorded.traces) == 1
    recorded.wake()
    recorded.ask("what time is it", utterance=3)
    recorded.heard_out()
    recorded.ask("what day is it", utterance=4)
    recorded.heard_out()
    assert [trace.heard for trace in recorded.traces[1:]] == ["what time is it", "what day is it"]
    assert_replays(*recorded.traces)


def test_a_replay_has_the_clock_and_the_memory_of_then() -> None:
    """The time is told anew, and the last answer repeated, as they were."""
    recorded = looked_and_answered()
    recorded.ask("what time is it", utterance=2)
    recorded.heard_out()
    recorded.press("double")
    recorded.heard_out()
    asked, repeated = recorded.traces[1:]
    assert asked.answer == repeated.answer and "nine" in (asked.answer or "")
    assert_replays(asked, repeated)


def test_a_replay_has_the_timers_of_then() -> None:
    """One is set, and then asked for."""
    recorded = Recorded()
    for utterance, text in enumerate(("set a timer for two hours", "how long is left"), 1):
        recorded.wake()
        recorded.ask(text, utterance)
        recorded.heard_out()
    put, left = recorded.traces
    assert "two hours" in (put.answer or "")
    assert left.script is not None and len(left.script.past.reminders) == 1
    assert_replays(put, left)


def test_a_replay_knows_what_was_switched_off_then() -> None:
    """Muted by voice; then the button is held, which asks to unmute instead of listening."""
    recorded = Recorded()
    recorded.wake()
    recorded.ask("mute yourself")
    recorded.tell("supervisor", Privacy(Closed(microphone=True, camera=False), 1))
    recorded.heard_out()
    recorded.press("long")
    recorded.tell("supervisor", Privacy(NONE, 2))
    recorded.heard_out()
    muted, unmuted = recorded.traces
    assert (muted.answer, unmuted.answer) == (
        "I am muted. Hold the button to unmute.",
        "I am listening again.",
    )
    assert "muted" in names(muted) and "unmuted" in names(unmuted)
    assert_replays(muted, unmuted)


def test_what_begins_while_it_rings_is_kept_and_not_replayed() -> None:
    """A bell cannot be taken up in the middle; its rounds are no questions, and are not kept."""
    recorded = Recorded()
    recorded.wake()
    recorded.ask("set a timer for one minute")
    recorded.heard_out()
    recorded.tell("assistant", *[Overdue()] * 4)
    recorded.wake()
    recorded.ask("snooze", utterance=2)
    recorded.heard_out()
    assert "ring_start" in recorded.port.events
    put, snoozed = recorded.traces
    assert_replays(put)
    assert snoozed.heard == "snooze" and snoozed.script is None


def test_troubles_are_kept_with_their_code() -> None:
    """No link to the language model; nothing in time; a restarted assistant."""
    recorded = Recorded()
    recorded.port.down.add("language")
    recorded.press()
    recorded.heard_out()
    recorded.port.down.clear()
    recorded.press()
    assert recorded.talk.turn is not None
    recorded.talk.turn.tick_ms = None
    recorded.now_ms += 60_000
    recorded.tell("assistant", Overdue())
    recorded.heard_out()
    recorded.tell("assistant", ThreadLost())
    recorded.heard_out()
    died, late, back = recorded.traces
    assert [died.trouble, late.trouble, back.trouble] == ["language-died", "turn-too-long", "assistant-died"]
    assert_replays(died, back)


def test_what_was_given_up_then_is_missing_in_the_replay() -> None:
    """Before the turn, or in its middle; and what nobody had asked about is told again."""
    recorded = Recorded()
    recorded.press()
    recorded.port.down.add("eye")
    recorded.tell("supervisor", LinkLost("eye", 1), GivenUp(["eye"]))
    recorded.heard_out()
    recorded.press()
    recorded.heard_out()
    recorded.tell("assistant", Notice(Failure("store-newer", "it is newer", "install that Mortar again")))
    recorded.heard_out()
    died, given_up, newer = recorded.traces
    assert [died.trouble, given_up.trouble, newer.trouble] == ["eye-died", "eye-given-up", "store-newer"]
    assert_replays(died, given_up, newer)


def test_a_difference_is_found_and_told() -> None:
    """As if the conversation had said something else then."""
    (trace,) = looked_and_answered().traces
    data = msgspec.json.encode(trace).replace(b'"text":"I see a cat."', b'"text":"I see a cow."', 2)
    told = msgspec.json.decode(data, type=Trace)
    cue = next(cue for cue in told.cues if cue.message and cue.message["type"] == "Sentence")
    does = [Sent("voice", {"type": "Hush"}), *cue.does]
    other = msgspec.structs.replace(
        told, cues=[msgspec.structs.replace(cue, does=does) if held is cue else held for held in told.cues]
    )
    (difference,) = [found for found in replay(other, UNDERSTANDING) if found.cue == "Sentence from language"]
    assert difference.at_ms == cue.at_ms
    assert "- Hush to voice" in difference.lines


def test_without_words_nothing_that_anybody_said_is_left() -> None:
    """Stages, times and codes are."""
    recorded = looked_and_answered()
    recorded.tell("ears", SpeechBegan(1, recorded.now_ms))
    (trace,) = recorded.traces
    bare = without_words(trace)
    written = msgspec.json.encode(bare).decode()
    for word in ("see", "cat", "Look", "what do"):
        assert word in msgspec.json.encode(trace).decode()
        assert word not in written
    assert names(bare) == names(trace)
    assert bare.wait_ms == trace.wait_ms


def test_a_turn_that_goes_on_and_on_does_not_fill_the_disk() -> None:
    recorded = Recorded(msgspec.convert({"assistant": {"turn_deadline_ms": 600_000}}, Settings))
    recorded.press()
    recorded.tell("ears", *[SpeechBegan(1, recorded.now_ms)] * (MOST_CUES + 100))
    recorded.answer("At last.")
    recorded.heard_out()
    (trace,) = recorded.traces
    assert len(trace.cues) <= MOST_CUES + 1
    assert trace.script is None, "a part of it cannot be replayed"
    assert trace.answer == "At last."
