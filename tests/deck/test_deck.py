"""The deck: a card for everything that the model can name, and picking from it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mortar import resources
from mortar.cards.deck import PICTOGRAMS, SHAPES, deck, pick
from mortar.errors import MortarError, UsageError
from mortar_tools.cards.things import shapes, things

MODEL = resources.bundled_model()
CARDS = deck(MODEL)


def test_there_is_a_card_for_everything_that_the_model_can_name() -> None:
    assert [card.name for card in CARDS] == [thing.name for thing in things()]
    assert set(SHAPES) == {shape.name for shape in shapes()}


def test_every_drawing_is_made_of_steps_that_paper_and_screen_have() -> None:
    number = r"-?\d+(\.\d)?"
    step = re.compile(rf"[ML]{number} {number}|C{number}( {number}){{5}}|Z")
    for card in CARDS:
        assert card.areas, card.name
        for area in card.areas:
            assert step.sub("", area.path) == "", card.name
            assert re.fullmatch("#[0-9a-f]{6}", area.colour), card.name
            assert 0 < area.opacity <= 1, card.name


def test_cards_come_in_the_order_asked_for_and_as_often() -> None:
    names = [card.name for card in pick(CARDS, ["dog", " Red  circle", "dog"])]
    assert names == ["dog", "red circle", "dog"]


@pytest.mark.parametrize(("name", "helps"), [("bananna", "'banana'"), ("xyzzy", "mortar cards")])
def test_a_name_that_no_card_has_is_wrong_use(name: str, helps: str) -> None:
    """With the nearest name, or where they are listed."""
    with pytest.raises(UsageError, match=name) as raised:
        pick(CARDS, ["cat", name])
    assert helps in raised.value.do


def test_a_model_folder_that_lost_a_pictogram_says_whose(tmp_path: Path) -> None:
    shutil.copy(MODEL / "things.toml", tmp_path)
    whole = (MODEL / PICTOGRAMS).read_text()
    (tmp_path / PICTOGRAMS).write_text(whole.replace('id="1f408"', 'id="1f409"'))
    with pytest.raises(MortarError, match="has no cat;"):
        deck(tmp_path)


@pytest.mark.parametrize("harmed", ["things.toml", PICTOGRAMS])
@pytest.mark.parametrize("content", [None, "", "<svg", "[[thing]]\nname = 3"])
def test_a_damaged_model_folder_is_one_clear_line(tmp_path: Path, harmed: str, content: str | None) -> None:
    for name in ("things.toml", PICTOGRAMS):
        shutil.copy(MODEL / name, tmp_path)
    (tmp_path / harmed).unlink()
    if content is not None:
        (tmp_path / harmed).write_text(content)
    with pytest.raises(MortarError, match=harmed) as raised:
        deck(tmp_path)
    assert "\n" not in str(raised.value)
