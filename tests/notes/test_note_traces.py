"""Traces of notes: what was dictated stands in none, and all others can be replayed."""

from __future__ import annotations

import msgspec
import pytest

from mortar.messages import Heard, NoSpeech, NoteKept, Said, SoundBegan, SpeechBegan, SpeechEnded
from mortar.notes import Note
from mortar.traces.replay import replay
from mortar.traces.trace import Trace
from talks import UNDERSTANDING
from traces.recordings import Recorded

SECRET = "the safe opens at nineteen sixty four"


def hear_out(recorded: Recorded) -> None:
    turn = recorded.talk.turn
    assert turn is not None
    for say in list(turn.unsaid):
        recorded.tell("voice", SoundBegan(turn.number, say.index, recorded.now_ms))
        recorded.tell("voice", Said(turn.number, say.index, False, recorded.now_ms, 1.0))


def asked(recorded: Recorded, text: str) -> None:
    recorded.wake()
    recorded.ask(text)
    hear_out(recorded)


def noted(recorded: Recorded, dictated: str | None) -> None:
    """Behind "What shall I remember?", in words or by voice."""
    recorded.tell("ears", SpeechBegan(16_000, recorded.now_ms))
    recorded.tell("ears", SpeechEnded(9, 16_000, 32_000, recorded.now_ms))
    recorded.tell("listen", Heard(9, dictated, 0.9, recorded.now_ms, is_dictated=dictated is not None))
    if dictated is None:
        recorded.tell("listen", NoteKept(recorded.turn, "20261121T080000Z-0a0b0c0d.flac"))
    hear_out(recorded)


def in_json(traces: list[Trace]) -> str:
    return msgspec.json.encode(traces).decode()


def test_dictated_words_are_in_no_trace() -> None:
    """Not when they are taken, told, told again or followed by something else: forgotten is forgotten."""
    recorded = Recorded()
    asked(recorded, "remember this")
    noted(recorded, SECRET)
    asked(recorded, f"remember that {SECRET}")
    asked(recorded, "what did i ask you to remember")
    asked(recorded, "say that again")
    recorded.press("double")
    hear_out(recorded)
    asked(recorded, "what time is it")
    asked(recorded, "forget the last note")
    assert len(recorded.traces) == 8
    for word in ("safe", "nineteen"):
        assert word not in in_json(recorded.traces)
    kept = [trace.script is not None for trace in recorded.traces]
    assert kept == [True, False, False, False, False, False, True, True]


@pytest.mark.parametrize("then", ["forget it", "what did i ask you to remember", "read older notes"])
def test_a_note_by_voice_is_replayed(then: str) -> None:
    """Asked for, taken, and what is done with it afterwards: a replay does the same."""
    recorded = Recorded()
    recorded.talk._notebook.take_up(
        [Note(1.79e9, file="20260921T080000Z-0a0b0c0d.flac", number=4)], at_hand=0
    )
    asked(recorded, "remember this")
    noted(recorded, None)
    asked(recorded, then)
    assert len(recorded.traces) == 3
    for trace in recorded.traces:
        assert replay(trace, UNDERSTANDING) == []


def test_silence_is_replayed() -> None:
    recorded = Recorded()
    asked(recorded, "remember this")
    recorded.tell("ears", NoSpeech(recorded.now_ms))
    hear_out(recorded)
    assert [trace.answer for trace in recorded.traces] == [
        "What shall I remember?",
        "I heard nothing to remember.",
    ]
    assert all(replay(trace, UNDERSTANDING) == [] for trace in recorded.traces)
