"""The assistant's own earcons, as loud at the microphone as they are made, wake nobody and ask nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mortar.bricks.earcons import EARCONS, earcon
from mortar.bricks.endpointer import Edge, Endpointer, NothingSaid
from mortar.errors import MortarError
from mortar.runtimes import choose, microwakeword, wake_words
from mortar.runtimes.interfaces import Samples
from mortar.settings import Ears
from voices import RATE_Hz, in_room, pause, speak

BLOCK = 512

LIKE_SPEECH = {"error"}
"""What the speech detector does take for a voice. It sounds only once a question has been given up."""


def blocks(sound: Samples) -> Iterator[tuple[int, Samples]]:
    for at in range(0, len(sound) - BLOCK + 1, BLOCK):
        yield at, sound[at : at + BLOCK]


def played(name: str) -> Samples:
    """Once in a quiet room, and then every 2 s, as ticks come."""
    once = earcon(name, RATE_Hz)
    return in_room(pause(1_000), *[once, pause(2_000)] * 4)


def words_in(sound: Samples) -> list[str]:
    def complain(error: MortarError) -> None:
        raise error

    spotter = microwakeword.spotter(dict.fromkeys(wake_words.known(), 0.5), 1_000, complain)
    return [found.word for _, block in blocks(sound) for found in spotter.process(block)]


def edge_in(sound: Samples) -> Edge | None:
    """What the end of a question's first edge is, where one is awaited for as long as the sound lasts."""
    detector = choose.speech_detector()
    endpointer = Endpointer(Ears(), 0, start_patience_ms=len(sound) * 1_000 // RATE_Hz - 100)
    edges = (endpointer.feed(detector.probability(block), at, at + BLOCK) for at, block in blocks(sound))
    return next((edge for edge in edges if edge is not None), None)


@pytest.mark.parametrize("name", list(EARCONS))
def test_an_earcon_is_no_wake_word(name: str) -> None:
    """Of none of the models that there are; a real one is heard between the same earcons."""
    assert words_in(played(name)) == []
    assert words_in(np.concatenate([played(name), in_room(speak("okay nabu"), pause(900))])) == ["okay_nabu"]


@pytest.mark.parametrize("name", sorted(EARCONS.keys() - LIKE_SPEECH))
def test_an_earcon_is_no_speech(name: str) -> None:
    """Where a question is awaited it begins none; words do, right after it."""
    assert edge_in(played(name)) == NothingSaid()
    spoken = edge_in(np.concatenate([played(name), in_room(speak("what do you see"), pause(900))]))
    assert spoken is not None and spoken != NothingSaid()
