"""Runs about photos can be replayed, and no other run says what was on them."""

from __future__ import annotations

from mortar.messages import Answered, Looked, Said, Sentence, SoundBegan
from mortar.traces.recorder import ABOUT_PHOTOS
from mortar.traces.replay import replay
from mortar.traces.trace import Trace, without_words
from photos.albums import TWO_CUPS
from talks import UNDERSTANDING
from traces.recordings import Recorded


def photographed() -> Recorded:
    """Somebody took a photo, and heard the description out."""
    recorded = Recorded()
    recorded.wake()
    recorded.ask("take a photo")
    turn = recorded.turn
    recorded.tell("eye", Looked(turn, 1, 16, 8.0, recorded.now_ms))
    recorded.tell("eye", Looked(turn, 2, 16, 8.0, recorded.now_ms, "20261121-090000.jpg"))
    recorded.tell("language", Sentence(turn, 0, TWO_CUPS, recorded.now_ms))
    recorded.tell("language", Answered(turn, TWO_CUPS, 5, 0.9, 50.0, False, recorded.now_ms))
    for index in (0, 1):
        recorded.tell("voice", SoundBegan(turn, index, recorded.now_ms))
        recorded.tell("voice", Said(turn, index, False, recorded.now_ms, 1.0))
    return recorded


def asked(recorded: Recorded, text: str) -> Trace:
    recorded.wake()
    recorded.ask(text, utterance=len(recorded.traces) + 1)
    recorded.tell("voice", SoundBegan(recorded.turn, 0, recorded.now_ms))
    recorded.heard_out()
    return recorded.traces[-1]


def test_a_photo_that_is_taken_is_replayed_as_it_was() -> None:
    (trace,) = photographed().traces
    assert trace.answer == f"I took a photo. {TWO_CUPS}"
    assert replay(trace, UNDERSTANDING) == []


def test_a_question_about_photos_takes_them_with_it() -> None:
    """What was seen when is said again in the replay, and the photo that was deleted is found there."""
    recorded = photographed()
    for text in ("what did you see last", "delete the last photo"):
        trace = asked(recorded, text)
        assert trace.intent in ABOUT_PHOTOS
        assert trace.script is not None and len(trace.script.past.photos) == 1
        assert replay(trace, UNDERSTANDING) == []


def test_no_other_run_says_what_is_on_them() -> None:
    """Nor does one that is kept without words."""
    recorded = photographed()
    assert asked(recorded, "what time is it").script.past.photos == ()  # type: ignore[union-attr]
    asked(recorded, "what did you see last")
    for trace in recorded.traces:
        assert "cups" not in str(without_words(trace)) and ".jpg" not in str(without_words(trace))
