"""The wake word leaves the front of a question, however a recogniser spells it."""

from __future__ import annotations

import pytest

from mortar.assistant.wake_phrase import without_wake_word

PHRASES = ["okay nabu", "hey jarvis", "alexa"]


@pytest.mark.parametrize(
    ("heard", "question"),
    [
        ("okay nabu what do you see", "what do you see"),
        ("Okay, Nabu. What do you see?", "What do you see?"),
        ("Okay, Naboo, what do you see?", "what do you see?"),
        ("OK Nabu what do you see", "what do you see"),
        ("okaynabu what do you see", "what do you see"),
        ("Hey Jarvis: what's that?", "what's that?"),
        ("Alexa!", ""),
        ("okay nabu", ""),
    ],
)
def test_it_is_taken_away(heard: str, question: str) -> None:
    """With its punctuation; what follows stays as it was written."""
    assert without_wake_word(heard, PHRASES) == question


@pytest.mark.parametrize(
    "heard",
    ["okay now what do you see", "okay", "hey", "what is okay nabu", "is there a lex", "", "help me"],
)
def test_other_beginnings_stay(heard: str) -> None:
    """Only the front, and only what is nearly the wake word."""
    assert without_wake_word(heard, PHRASES) == heard


@pytest.mark.parametrize(
    ("heard", "question"),
    [("hey nabu help me", "help me"), ("hey help me", "help me"), ("help me hey nabu", "help me hey nabu")],
)
def test_the_longest_of_several_is_taken_away(heard: str, question: str) -> None:
    """One wake word may begin another, and only one in front counts."""
    assert without_wake_word(heard, ["hey", "hey nabu"]) == question
