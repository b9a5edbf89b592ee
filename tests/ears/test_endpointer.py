"""Where an utterance begins and ends, on made-up tracks of speech probability."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mortar.bricks.endpointer import SAMPLES_PER_MS, Began, Edge, Ended, Endpointer, NothingSaid, Paused
from mortar.messages import Outlook
from mortar.settings import Ears

WINDOW = 512


def track(*parts: tuple[float, int]) -> Iterator[float]:
    """(probability, ms) parts as one probability a window."""
    for probability, length_ms in parts:
        yield from [probability] * (length_ms * SAMPLES_PER_MS // WINDOW)


def edges(*parts: tuple[float, int], settings: Ears | None = None, start: int = 0) -> list[Edge]:
    """What the endpointer finds, up to the end of the utterance."""
    endpointer = Endpointer(settings or Ears(), start)
    found: list[Edge] = []
    at = start
    for probability in track(*parts):
        edge = endpointer.feed(probability, at, at + WINDOW)
        at += WINDOW
        if edge is not None:
            found.append(edge)
        if isinstance(edge, Ended | NothingSaid):
            break
    return found


def test_a_sentence_is_found_with_its_preroll() -> None:
    """A second of quiet, a second of voice, then the patience runs out."""
    began, paused, ended = edges((0.0, 1_024), (0.9, 1_024), (0.0, 1_500))
    assert isinstance(began, Began) and isinstance(ended, Ended)
    assert paused == Paused(ended.to_sample), "what may be the end is told early, and is the end"
    assert began.from_sample == (1_024 - Ears().preroll_ms) * SAMPLES_PER_MS
    assert 2_048 * SAMPLES_PER_MS <= ended.to_sample <= 2_300 * SAMPLES_PER_MS


@pytest.mark.parametrize("pause_ms", [400, 600])
def test_a_hesitation_does_not_end_a_sentence(pause_ms: int) -> None:
    """Pauses shorter than the patience stay inside."""
    found = edges((0.9, 800), (0.0, pause_ms), (0.9, 800), (0.0, 1_500))
    assert [type(edge) for edge in found] == [Began, Paused, Paused, Ended]
    ended = found[-1]
    assert isinstance(ended, Ended)
    assert ended.to_sample >= (1_600 + pause_ms - 64) * SAMPLES_PER_MS


def test_a_click_is_no_speech() -> None:
    """A voiced blip, such as the tail of the wake word, is not the question."""
    found = edges((0.9, 96), (0.0, 6_000))
    assert found == [NothingSaid()]


def test_nobody_speaks() -> None:
    """The patience at the start has an end."""
    assert edges((0.0, 10_000)) == [NothingSaid()]


def test_a_late_question_is_waited_for_to_its_end() -> None:
    """Speech that begins within the patience is not cut by it."""
    found = edges((0.0, 4_800), (0.9, 3_000), (0.0, 1_500))
    assert [type(edge) for edge in found] == [Began, Paused, Ended]


def test_endless_speech_is_cut() -> None:
    """A radio that plays on does not keep the assistant listening for ever."""
    _, ended = edges((0.9, 30_000))
    assert isinstance(ended, Ended)
    assert ended.to_sample <= (Ears().longest_speech_ms + 100) * SAMPLES_PER_MS


def test_a_weak_syllable_does_not_end_speech() -> None:
    """Below the threshold, above its share: still the same sentence."""
    found = edges((0.9, 500), (0.4, 1_200), (0.9, 500), (0.0, 1_500))
    assert isinstance(found[-1], Ended)
    assert found[-1].to_sample > 2_100 * SAMPLES_PER_MS


def test_positions_are_those_of_the_microphone() -> None:
    """It may start anywhere in the stream."""
    near = edges((0.0, 512), (0.9, 512), (0.0, 1_500))
    far = edges((0.0, 512), (0.9, 512), (0.0, 1_500), start=1_000_000 * WINDOW)
    assert isinstance(near[-1], Ended) and isinstance(far[-1], Ended)
    assert far[-1].to_sample - near[-1].to_sample == 1_000_000 * WINDOW


def spoken_then(outlook: Outlook, silence_ms: int = 3_000, late_by: int = 0) -> int:
    """ms of silence after which half a second of speech is over, where its pause is judged so.

    `late_by` shifts the sample that the verdict is about.
    """
    endpointer = Endpointer(Ears(), 0)
    at, spoken_to = 0, 500 * SAMPLES_PER_MS // WINDOW * WINDOW
    for probability in track((0.9, 500), (0.0, silence_ms)):
        match endpointer.feed(probability, at, at + WINDOW):
            case Paused(to_sample):
                endpointer.judge(to_sample + late_by, outlook)
            case Ended():
                return (at + WINDOW - spoken_to) // SAMPLES_PER_MS
        at += WINDOW
    raise AssertionError("it did not end")


@pytest.mark.parametrize(
    ("outlook", "patience_ms"),
    [
        (Outlook.CLOSED, Ears().complete_patience_ms),
        (Outlook.OPEN, Ears().end_patience_ms),
        (Outlook.UNFINISHED, Ears().hesitation_patience_ms),
    ],
)
def test_patience_depends_on_what_was_said(outlook: Outlook, patience_ms: int) -> None:
    """A whole sentence ends early, one that may go on later, half a sentence last of all."""
    assert patience_ms <= spoken_then(outlook) < patience_ms + 32


@pytest.mark.parametrize("late_by", [-WINDOW, 1, WINDOW])
def test_a_verdict_on_another_pause_counts_for_nothing(late_by: int) -> None:
    """It came too late: what it is about is no longer how the utterance ends."""
    assert spoken_then(Outlook.CLOSED, late_by=late_by) >= Ears().end_patience_ms


def test_more_speech_takes_a_verdict_back() -> None:
    """A sentence seemed whole and went on: the next pause begins with the usual patience."""
    endpointer = Endpointer(Ears(), 0)
    at = 0
    for probability in track((0.9, 500), (0.0, 224), (0.9, 500), (0.0, 600)):
        edge = endpointer.feed(probability, at, at + WINDOW)
        assert not isinstance(edge, Ended)
        if isinstance(edge, Paused) and at < 900 * SAMPLES_PER_MS:
            endpointer.judge(edge.to_sample, Outlook.CLOSED)
        at += WINDOW


def test_a_follow_up_is_waited_for_as_long_as_it_is_told() -> None:
    """Another patience for the beginning than after a wake word."""
    endpointer = Endpointer(Ears(), 0, start_patience_ms=1_000)
    found = [
        at
        for at in range(0, 2_000 * SAMPLES_PER_MS, WINDOW)
        if endpointer.feed(0.0, at, at + WINDOW) == NothingSaid()
    ]
    assert 1_000 * SAMPLES_PER_MS - WINDOW <= found[0] <= 1_000 * SAMPLES_PER_MS
