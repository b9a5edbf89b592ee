"""Right answers follow from ground truth, and every question is one that the firmware knows."""

from __future__ import annotations

import numpy as np
import pytest

from mortar.assistant.intents import Kind, Understanding
from mortar_tools.cards import language
from mortar_tools.cards.pool import Truth
from mortar_tools.cards.scene import Seen
from mortar_tools.cards.things import things

NUMBER = {thing.name: number for number, thing in enumerate(things())}


def seen(*placed: tuple[str, float, float]) -> list[Seen]:
    return [Seen(NUMBER[name], x, y) for name, x, y in placed]


CAT_AND_CUPS = seen(("cup", 0.8, 0.5), ("cat", 0.2, 0.5), ("cup", 0.62, 0.52))
PILE = seen(("egg", 0.5, 0.8), ("umbrella", 0.51, 0.2))


def test_48_things_with_different_names() -> None:
    assert len(things()) == 48
    assert len({name for thing in things() for name in {thing.name, thing.plural}}) >= 95


@pytest.mark.parametrize(
    ("placed", "answer"),
    [
        ([], "I do not see any cards."),
        (seen(("cat", 0.5, 0.5)), "I see a cat."),
        (seen(("cat", 0.2, 0.5), ("cat", 0.7, 0.5)), "I see two cats."),
        (CAT_AND_CUPS, "I see a cat on the left and two cups on the right."),
        (PILE, "I see an umbrella and an egg."),
        (
            seen(("sock", 0.9, 0.5), ("fish", 0.1, 0.5), ("key", 0.5, 0.5)),
            "I see a fish on the left, a key in the middle and a sock on the right.",
        ),
        (
            seen(("cat", 0.1, 0.5), ("dog", 0.4, 0.5), ("cat", 0.8, 0.5)),
            "I see two cats and a dog.",
        ),
        (seen(("cat", 0.30, 0.5), ("dog", 0.39, 0.5)), None),
    ],
)
def test_describe(placed: list[Seen], answer: str | None) -> None:
    assert language.describe(placed) == answer


def test_counts() -> None:
    assert language.count(CAT_AND_CUPS, NUMBER["cup"]) == "There are two cups."
    assert language.count(CAT_AND_CUPS, NUMBER["cat"]) == "There is one cat."
    assert language.count(CAT_AND_CUPS, NUMBER["fish"]) == "I see no fish."
    assert language.count_all(CAT_AND_CUPS, "cards") == "There are three cards."
    assert language.count_all(PILE[:1], "things") == "There is one thing."
    assert language.count_all([], "cards") == "I do not see any cards."


def test_where() -> None:
    assert language.where(CAT_AND_CUPS, NUMBER["cat"]) == "The cat is on the left."
    assert language.where(PILE, NUMBER["umbrella"]) == "The umbrella is at the top."
    assert language.where(PILE, NUMBER["cat"]) == "I do not see a cat."
    corner = seen(("egg", 0.9, 0.9))
    assert language.where(corner, NUMBER["egg"]) == "The egg is at the bottom right."
    between = seen(("egg", 0.39, 0.5))
    assert language.where(between, NUMBER["egg"]) is None
    assert language.where(CAT_AND_CUPS, NUMBER["cup"]) is None


def test_yes_no() -> None:
    assert language.yes_no(PILE, NUMBER["egg"], plural=False) == "Yes, there is an egg."
    assert language.yes_no(CAT_AND_CUPS, NUMBER["cup"], plural=True) == "Yes, there are two cups."
    assert language.yes_no(PILE, NUMBER["cat"], plural=False) == "No, I do not see a cat."
    assert language.yes_no(PILE, NUMBER["cat"], plural=True) == "No, I do not see any cats."


def test_side() -> None:
    assert language.side(PILE, "middle") == "In the middle I see an umbrella and an egg."
    assert language.side(PILE, "left") == "I see nothing on the left."
    assert language.side(CAT_AND_CUPS, "right") is None


def test_a_dark_picture_has_one_answer() -> None:
    rng = np.random.default_rng(0)
    turns = language.interview(rng, Truth((), dark=True), 12)
    assert {turn.answer for turn in turns} == {language.TOO_DARK}


def random_truth(rng: np.random.Generator) -> Truth:
    kinds = rng.integers(0, len(things()), rng.integers(1, 6))
    return Truth(tuple(Seen(int(kind), *map(float, rng.random(2))) for kind in kinds), dark=False)


def test_yes_is_as_common_as_no() -> None:
    rng = np.random.default_rng(1)
    turns = [turn for _ in range(400) for turn in language.interview(rng, random_truth(rng), 6)]
    marks = [turn.answer.startswith("Yes") for turn in turns if turn.kind == "yes_no"]
    assert len(marks) > 800
    assert 0.46 < sum(marks) / len(marks) < 0.54


def test_the_firmware_understands_every_question() -> None:
    understanding = Understanding()
    rng = np.random.default_rng(2)
    for kind, intent in language.INTENTS.items():
        for _ in range(6):
            turn = language.ask(rng, random_truth(rng), kind)
            if turn is None:
                continue
            found = understanding.understand(turn.question)
            assert found is not None, turn.question
            assert (found.name, found.kind) == (intent, Kind.LOOK), turn.question
