"""The volume by voice: the mixer is the voice's, and what is said is what the mixer shows."""

from __future__ import annotations

import pytest

from mortar.assistant.conversation import Conversation
from mortar.messages import SetVolume, VolumeSet
from talks import ENGLISH, ListPort, ask_aloud


@pytest.mark.parametrize(
    ("asked", "percent", "is_step"),
    [
        ("louder", 10, True),
        ("turn the volume down", -10, True),
        ("set the volume to seventy percent", 70, False),
        ("volume one hundred percent", 100, False),
    ],
)
def test_the_voice_is_told_how_loud_to_be(
    talk: Conversation, port: ListPort, asked: str, percent: int, is_step: bool
) -> None:
    """And nothing is said before it has answered."""
    turn = ask_aloud(talk, asked)
    assert port.to("voice", SetVolume) == [SetVolume(turn, percent, is_step)]
    assert port.said == []
    assert talk.turn is not None


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (50, "Volume fifty percent."),
        (0, "Volume zero percent."),
        (100, "Volume one hundred percent."),
        (None, "I cannot change the volume here."),
    ],
)
def test_what_is_said_is_how_loud_it_became(
    talk: Conversation, port: ListPort, percent: int | None, said: str
) -> None:
    """Also where there is no mixer; an answer that comes twice is said once."""
    turn = ask_aloud(talk, "louder")
    for _ in range(2):
        talk.volume_set(VolumeSet(turn, percent), 1_200.0)
    assert port.said == [said]


def test_without_a_voice_the_turn_ends_honestly(talk: Conversation, port: ListPort) -> None:
    """The voice is down: nobody has the mixer."""
    port.down.add("voice")
    ask_aloud(talk, "louder")
    assert talk.turn is not None
    assert talk.turn.answer == "I cannot change the volume here."


def test_every_percentage_has_words_of_its_own() -> None:
    """0 to 100, in letters alone."""
    said = [ENGLISH.cardinal(n) for n in range(101)]
    assert len(set(said)) == 101
    assert not any(character.isdigit() for text in said for character in text)
