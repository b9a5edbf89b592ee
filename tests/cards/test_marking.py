"""An answer is read for what it says, whatever the thing is called."""

from __future__ import annotations

import pytest

pytest.importorskip("cv2", reason="scenes are drawn with the tools extra")

from mortar_tools.cards.evaluate.marking import mentioned, number_said
from mortar_tools.cards.language.nouns import by_class
from mortar_tools.cards.things import NUMBERS, UNKNOWN

NUMBER = {noun.name: kind for kind, noun in enumerate(by_class())}
CAT, CUP, FISH, RED_CIRCLE = (NUMBER[name] for name in ("cat", "cup", "fish", "red circle"))


@pytest.mark.parametrize(
    ("answer", "things"),
    [
        ("I see a cat on the left and two cups on the right.", {CAT: 1, CUP: 2}),
        ("There is one cat.", {CAT: 1}),
        ("Yes, there are three cats.", {CAT: 3}),
        ("I see two fish.", {FISH: 2}),
        ("I see a red circle, a cat and two red circles.", {RED_CIRCLE: 3, CAT: 1}),
        ("I see a card I do not know.", {UNKNOWN: 1}),
        ("I see a cat on the left and two cards I do not know on the right.", {CAT: 1, UNKNOWN: 2}),
        ("I do not see a cat.", {}),
        ("No, I do not see any cats.", {}),
        ("I see no cats.", {}),
        ("I see nothing on the left.", {}),
        ("I see a catcat.", {}),
        ("", {}),
    ],
)
def test_what_an_answer_mentions(answer: str, things: dict[int, int]) -> None:
    assert mentioned(answer) == things


@pytest.mark.parametrize("kind", range(UNKNOWN + 1), ids=lambda kind: by_class()[kind].name)
def test_every_thing_is_found_one_and_several(kind: int) -> None:
    """Also where one name is part of another, or the plural is the same word."""
    noun = by_class()[kind]
    assert mentioned(f"I see {noun.listed(1)} on the left.") == {kind: 1}
    assert mentioned(f"There are {noun.counted(6)}.") == {kind: 6}


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("There are four cats.", 4),
        ("There is one card.", 1),
        ("I see no cats.", 0),
        ("I do not see any cards.", 0),
        ("It is too dark to see anything.", 0),
        *((f"There are {word} cards.", n) for n, word in enumerate(NUMBERS) if n > 1),
    ],
)
def test_the_number_said(answer: str, number: int) -> None:
    assert number_said(answer) == number
