"""Right answers follow from ground truth alone, one wording each."""

from __future__ import annotations

import pytest

from mortar_tools.cards.language import answers
from mortar_tools.cards.language.nouns import Noun, any_colour, by_class
from mortar_tools.cards.things import UNKNOWN, things
from mortar_tools.cards.world.scene import Seen

NUMBER = {thing.name: number for number, thing in enumerate(things())} | {"unknown": UNKNOWN}


def seen(*placed: tuple[str, float, float]) -> tuple[Seen, ...]:
    return tuple(Seen(NUMBER[name], x, y) for name, x, y in placed)


def noun(name: str) -> Noun:
    """Of a thing, or of a shape with or without its colour."""
    shapes = {shape.name: shape for shape in any_colour().values()}
    return shapes.get(name) or by_class()[NUMBER[name]]


CAT_AND_CUPS = seen(("cup", 0.8, 0.5), ("cat", 0.2, 0.5), ("cup", 0.62, 0.52))
PILE = seen(("egg", 0.5, 0.8), ("umbrella", 0.51, 0.2))
CIRCLES = seen(("red circle", 0.2, 0.5), ("cat", 0.5, 0.5), ("blue circle", 0.8, 0.5))
ROW = seen(("cat", 0.2, 0.5), ("apple", 0.5, 0.5), ("dog", 0.8, 0.52))


@pytest.mark.parametrize(
    ("placed", "answer"),
    [
        ((), "I do not see any cards."),
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
        (
            seen(("cat", 0.1, 0.5), ("orange circle", 0.5, 0.5), ("unknown", 0.9, 0.5)),
            "I see a cat on the left, an orange circle in the middle and a card I do not know on the right.",
        ),
        (seen(("unknown", 0.1, 0.5), ("unknown", 0.5, 0.5)), "I see two cards I do not know."),
        (
            seen(
                *(("cat", 0.1, 0.2), ("cup", 0.1, 0.8), ("dog", 0.4, 0.2)),
                *(("cat", 0.4, 0.8), ("egg", 0.8, 0.2), ("cup", 0.8, 0.8)),
            ),
            "I see two cats, two cups, a dog and an egg.",
        ),
    ],
)
def test_describe(placed: tuple[Seen, ...], answer: str) -> None:
    """Column by column from the left, each from the top, the same things together."""
    assert answers.describe(placed) == answer


def test_order_has_to_be_plain_only_where_it_matters() -> None:
    """Whether two things stand beside or above each other."""
    assert answers.describe(seen(("cat", 0.30, 0.2), ("dog", 0.39, 0.8))) is None
    assert answers.describe(seen(("cat", 0.30, 0.2), ("cat", 0.39, 0.8))) == "I see two cats."
    assert answers.describe(seen(("cat", 0.30, 0.50), ("dog", 0.32, 0.53))) is None
    many = seen(("cat", 0.30, 0.2), ("dog", 0.39, 0.8), ("egg", 0.6, 0.5), ("key", 0.9, 0.5))
    assert answers.describe(many) == "I see a cat, a dog, an egg and a key."


def test_counts() -> None:
    assert answers.count(CAT_AND_CUPS, noun("cup")) == "There are two cups."
    assert answers.count(CAT_AND_CUPS, noun("cat")) == "There is one cat."
    assert answers.count(CAT_AND_CUPS, noun("fish")) == "I see no fish."
    assert answers.count(CIRCLES, noun("circle")) == "There are two circles."
    assert answers.count(CIRCLES, noun("blue circle")) == "There is one blue circle."
    cards, things_ = Noun("card", "cards", "a"), Noun("thing", "things", "a")
    assert answers.count_all(CAT_AND_CUPS, cards) == "There are three cards."
    assert answers.count_all(PILE[:1], things_) == "There is one thing."
    assert answers.count_all((), cards) == "I do not see any cards."


def test_where() -> None:
    assert answers.where(CAT_AND_CUPS, noun("cat")) == "The cat is on the left."
    assert answers.where(PILE, noun("umbrella")) == "The umbrella is at the top."
    assert answers.where(PILE, noun("cat")) == "I do not see a cat."
    assert answers.where(seen(("egg", 0.9, 0.9)), noun("egg")) == "The egg is at the bottom right."
    assert answers.where(CIRCLES, noun("red circle")) == "The red circle is on the left."
    assert answers.where(seen(("egg", 0.39, 0.5)), noun("egg")) is None, "between left and middle"
    assert answers.where(CAT_AND_CUPS, noun("cup")) is None, "in two places"


def test_yes_no() -> None:
    assert answers.yes_no(PILE, noun("egg"), plural=False) == "Yes, there is an egg."
    assert answers.yes_no(CAT_AND_CUPS, noun("cup"), plural=True) == "Yes, there are two cups."
    assert answers.yes_no(PILE, noun("cat"), plural=False) == "No, I do not see a cat."
    assert answers.yes_no(PILE, noun("cat"), plural=True) == "No, I do not see any cats."
    assert answers.yes_no(CIRCLES, noun("circle"), plural=False) == "Yes, there are two circles."
    assert answers.yes_no(CIRCLES, noun("green circle"), plural=False) == "No, I do not see a green circle."


def test_side() -> None:
    assert answers.side(PILE, "middle") == "In the middle I see an umbrella and an egg."
    assert answers.side(PILE, "left") == "I see nothing on the left."
    assert answers.side(CAT_AND_CUPS, "right") is None


@pytest.mark.parametrize(
    ("placed", "name", "answer"),
    [
        (CIRCLES[:2], "circle", "The circle is red."),
        (CIRCLES, "circle", "One circle is red and one is blue."),
        (seen(("red cross", 0.2, 0.5), ("red cross", 0.8, 0.5)), "cross", "The crosses are red."),
        (CIRCLES, "square", "I do not see a square."),
        (CIRCLES, "cat", "I only know the colours of plain shapes."),
        (PILE, "cat", "I only know the colours of plain shapes."),
        (seen(("red circle", 0.39, 0.2), ("blue circle", 0.30, 0.8)), "circle", None),
        ((*CIRCLES, Seen(NUMBER["black circle"], 0.5, 0.9)), "circle", None),
    ],
)
def test_colour(placed: tuple[Seen, ...], name: str, answer: str | None) -> None:
    """Pictograms have many colours, and of three shapes nobody wants to hear a list."""
    assert answers.colour(placed, noun(name), plural=False) == answer


@pytest.mark.parametrize(
    ("more", "less", "answer"),
    [
        ("cup", "cat", "Yes, there are two cups and one cat."),
        ("cat", "cup", "No, there is one cat and two cups."),
        ("cat", "dog", "Yes, there is one cat and no dogs."),
        ("dog", "cat", "No, there are no dogs and one cat."),
        ("dog", "red circle", "No, I do not see any dogs or red circles."),
    ],
)
def test_compare(more: str, less: str, answer: str) -> None:
    assert answers.compare(CAT_AND_CUPS, noun(more), noun(less)) == answer


def test_compare_what_is_as_many() -> None:
    assert answers.compare(ROW, noun("cat"), noun("dog")) == "No, there are as many cats as dogs."
    assert answers.which_more(ROW, noun("cat"), noun("dog")) == "There are as many cats as dogs."


def test_which_there_are_more_of() -> None:
    assert answers.which_more(CAT_AND_CUPS, noun("cat"), noun("cup")) == "There are more cups."
    assert answers.which_more(CIRCLES, noun("circle"), noun("cat")) == "There are more circles."
    assert answers.which_more(PILE, noun("cat"), noun("dog")) == "I do not see any cats or dogs."


@pytest.mark.parametrize(
    ("placed", "answer"),
    [
        (ROW, "Between the cat and the dog I see an apple."),
        (
            seen(("cat", 0.5, 0.1), ("dog", 0.5, 0.9), ("cup", 0.52, 0.5)),
            "Between the cat and the dog I see a cup.",
        ),
        (ROW[::2], "I see nothing between them."),
        (seen(("cat", 0.2, 0.8), ("dog", 0.8, 0.8), ("cup", 0.5, 0.2)), "I see nothing between them."),
        (seen(("cat", 0.2, 0.8), ("dog", 0.8, 0.8), ("cup", 0.5, 0.6)), None),
        (
            seen(("dog", 0.1, 0.5), ("unknown", 0.4, 0.5), ("cup", 0.7, 0.5), ("cat", 0.9, 0.5)),
            "Between the cat and the dog I see a card I do not know and a cup.",
        ),
        (ROW[:2], "I do not see a dog."),
        (ROW[2:], "I do not see a cat."),
        (PILE, "I do not see a cat or a dog."),
        ((*ROW, Seen(NUMBER["cat"], 0.2, 0.9)), None),
    ],
)
def test_between(placed: tuple[Seen, ...], answer: str | None) -> None:
    """What stands in a row with the two, and neither beside the row nor more than once at its ends."""
    assert answers.between(placed, noun("cat"), noun("dog")) == answer
