"""The gallery: its page, pictures, questions and answers belong together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from mortar import resources
from mortar.commands.describe import DESCRIBE
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.language.answers import TOO_DARK, UNANSWERABLE, UNKNOWN_WORD
from mortar_tools.cards.world import art
from mortar_tools.cards.world.scene import MOST_THINGS, SIZE, SPLITS
from mortar_tools.gallery.command import ask
from mortar_tools.gallery.draw import CHOSEN, as_toml
from mortar_tools.gallery.page import SCENES, page, said, scenes

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "gallery"
LISTED = scenes(FOLDER)


def test_the_page_is_of_these_scenes_and_answers() -> None:
    """`mortar tools make gallery` was run after the last change."""
    assert (DOCS / "gallery.md").read_text(encoding="utf-8") == page(LISTED, said(FOLDER))


def test_the_answers_are_those_of_the_weights_that_ship() -> None:
    """New weights want a new gallery."""
    manifest = ModelFolder(resources.bundled_model()).manifest
    assert said(FOLDER).sha256 == {part.file: part.sha256 for part in (manifest.vision, manifest.language)}


def test_the_scenes_are_those_that_were_chosen() -> None:
    """`mortar tools make gallery --draw` was run after the last change of the choice."""
    assert [(scene.seed, scene.shows) for scene in LISTED] == [
        (choice.seed, choice.shows) for choice in CHOSEN
    ]
    assert {scene.seed for scene in LISTED} < set(SPLITS["gallery"])
    assert (FOLDER / SCENES).read_text(encoding="utf-8") == as_toml(LISTED)


def test_every_picture_is_there_and_small() -> None:
    pictures = sorted(FOLDER.glob("*.png"))
    assert [path.name for path in pictures] == [scene.picture for scene in LISTED]
    assert len(pictures) == 24
    assert sum(path.stat().st_size for path in pictures) < 1_000_000
    for path in pictures:
        with Image.open(path) as picture:
            assert (picture.size, picture.mode) == ((SIZE, SIZE), "RGB")


def test_the_gallery_shows_all_that_there_is() -> None:
    """Every number of cards, light and drawing style, and what gets in the way of seeing."""
    assert {scene.n_cards for scene in LISTED} == set(range(MOST_THINGS + 1))
    assert {scene.light for scene in LISTED} == {"screen", "normal", "dim", "dark"}
    assert {style for scene in LISTED for style in scene.styles} == {*art.STYLES, "shape"}
    shown = " ".join(scene.shows for scene in LISTED).lower()
    assert all(word in shown for word in ("overlap", "glare", "clutter", "tiny", "noise"))
    described = [scene.asked[0] for scene in LISTED]
    assert {asked.question for asked in described} == {DESCRIBE}
    assert any("I do not know" in asked.answer for asked in described)


def test_the_questions_are_of_many_kinds() -> None:
    """Three a picture, all different, with answers of every sort."""
    for scene in LISTED:
        assert len({asked.question for asked in scene.asked}) == 3
    right = Counter(asked.answer for scene in LISTED for asked in scene.asked)
    assert right[TOO_DARK] == 3
    assert right[UNKNOWN_WORD] >= 3
    assert right[UNANSWERABLE] >= 3
    starts = ("Yes,", "No,", "There are", "There is one", "The ", "On the", "In the", "Between the")
    for start in starts:
        assert any(answer.startswith(start) for answer in right), start


def test_a_wrong_answer_is_marked_and_the_right_one_told() -> None:
    scene = LISTED[3]
    right = [asked.answer for asked in scene.asked]
    told = msgspec.structs.replace(said(FOLDER), answers={scene.picture: right.copy()})
    assert "✗" not in page([scene], told).split("|---|---|")[1]
    told.answers[scene.picture][0] = "I see a | <b>."
    wrong = page([scene], told)
    assert f"✗ I see a &#124; &lt;b&gt;. (right: {right[0]})" in wrong
    assert "2 of 3 are right" in wrong


def test_an_answer_for_every_question_or_no_page() -> None:
    told = said(FOLDER)
    told.answers[LISTED[0].picture].pop()
    with pytest.raises(ValueError):
        page(LISTED, told)


def test_the_real_program_is_asked(tmp_path: Path) -> None:
    """A dark picture: even weights that know little say so."""
    dark = next(scene for scene in LISTED if scene.light == "dark")
    answer = ask(tmp_path, FOLDER / dark.picture, DESCRIBE, resources.bundled_model())
    assert answer == said(FOLDER).answers[dark.picture][0]
