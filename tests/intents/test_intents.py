"""Sentences and what they mean, against the real templates and the real things."""

import pytest

from mortar.assistant.intents import Understanding
from mortar.assistant.meaning import Intent, Kind
from mortar.assistant.skills import SKILLS


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding()


def test_every_sentence_of_the_templates_is_understood_as_itself(understanding: Understanding) -> None:
    """No template shadows another: all sentences come back as the intent that made them."""
    sentences = list(understanding.sentences(entries=2))
    assert len(sentences) > 500
    understood = [
        (intent.name if (intent := understanding.understand(text)) else None, text) for _, text in sentences
    ]
    assert understood == sentences


def test_every_skill_can_be_asked_for(understanding: Understanding) -> None:
    """An intent is a question about the picture or has a skill; a skill has sentences."""
    kinds = {
        name: intent.kind
        for name, text in understanding.sentences(entries=1)
        if (intent := understanding.understand(text))
    }
    assert {name for name, kind in kinds.items() if kind is Kind.SKILL} == set(SKILLS)
    assert all(name.startswith("Look") for name, kind in kinds.items() if kind is Kind.LOOK)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("How many cats are there?", Intent("LookCount", Kind.LOOK, {"thing": "cat"})),
        ("is there an apple", Intent("LookIsThere", Kind.LOOK, {"thing": "apple"})),
        ("What is on the left?", Intent("LookSide", Kind.LOOK, {"side": "left"})),
        ("WHERE'S THE DOG", Intent("LookWhere", Kind.LOOK, {"thing": "dog"})),
        (
            "Where is the red circle?",
            Intent("LookWhere", Kind.LOOK, {"thing": "circle", "colour": "red"}),
        ),
        (
            "is there an orange cross",
            Intent("LookIsThere", Kind.LOOK, {"thing": "cross", "colour": "orange"}),
        ),
        ("What colour is the circle?", Intent("LookColour", Kind.LOOK, {"thing": "circle"})),
        ("what color are the squares", Intent("LookColour", Kind.LOOK, {"thing": "square"})),
        (
            "are there more cups than blue squares",
            Intent("LookCompare", Kind.LOOK, {"thing": "cup", "other": "square", "other_colour": "blue"}),
        ),
        ("Are there more cups or cats?", Intent("LookCompare", Kind.LOOK, {"thing": "cup", "other": "cat"})),
        (
            "What's between the cat and the dog?",
            Intent("LookBetween", Kind.LOOK, {"thing": "cat", "other": "dog"}),
        ),
        ("what time is it", Intent("Time", Kind.SKILL, {})),
        ("Never mind.", Intent("Stop", Kind.SKILL, {})),
    ],
)
def test_meaning_and_slots(understanding: Understanding, text: str, intent: Intent) -> None:
    """Slots carry the thing's own name, whatever its number, article, case or punctuation."""
    assert understanding.understand(text) == intent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "?",
        "what time",
        "how many unicorns are there",
        "is there a red cat",
        "how heavy is the cat",
        "stop the cat",
        "<cat>",
        "[",
        "{thing}",
    ],
)
def test_anything_else_is_not_understood(understanding: Understanding, text: str) -> None:
    """A part of a sentence, an unknown thing or template syntax means nothing."""
    assert understanding.understand(text) is None


def test_examples_are_one_for_each_intent(understanding: Understanding) -> None:
    """Help gives sentences that work, and leaves no ability out."""
    examples = understanding.examples
    intents = [understanding.understand(text) for text in examples]
    assert "are there more cats than dogs" in examples, "no question names one thing twice"
    assert {intent.name for intent in intents if intent} == {
        name for name, _ in understanding.sentences(entries=1)
    }
