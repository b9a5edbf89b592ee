"""Scenes come from their seeds alone, and ground truth is what was drawn."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from mortar_tools.cards.things import UNKNOWN, printed, unknown
from mortar_tools.cards.world.art import STYLES, code_of, load
from mortar_tools.cards.world.scene import (
    DARK_LEVEL,
    MOST_THINGS,
    PATCH,
    SIZE,
    SPLITS,
    Scene,
    draw,
    locate,
    pick_sticker,
)

SEEDS = range(60)


@pytest.fixture(scope="module")
def scenes(work: Path) -> list[Scene]:
    return [draw(seed, work=work) for seed in SEEDS]


def test_splits_share_no_seed() -> None:
    for one, other in combinations(SPLITS.values(), 2):
        assert one.stop <= other.start or other.stop <= one.start


def test_a_seed_is_a_scene(work: Path, scenes: list[Scene]) -> None:
    for seed, one in zip(SEEDS[:10], scenes, strict=False):
        other = draw(seed, work=work)
        assert np.array_equal(one.picture, other.picture)
        assert one.seen == other.seen
        assert np.array_equal(one.patches, other.patches)


def test_seeds_differ(scenes: list[Scene]) -> None:
    assert len({scene.picture.tobytes() for scene in scenes}) == len(SEEDS)


def test_truth_fits_the_picture(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.picture.shape == (SIZE, SIZE, 3)
        assert scene.picture.dtype == np.uint8
        assert len(scene.seen) <= MOST_THINGS
        assert all(0 < thing.x < 1 and 0 < thing.y < 1 for thing in scene.seen)
        # A patch can only show what is there; small things may fill no patch.
        assert set(scene.patches.ravel()) - {0} <= {thing.thing + 1 for thing in scene.seen}


def test_a_larger_picture_shows_the_same_scene(work: Path, scenes: list[Scene]) -> None:
    """The same things in the same places; where it is drawn smaller has no say in what is asked."""
    for seed, small in zip(SEEDS[:20], scenes, strict=False):
        large = draw(seed, work=work, edge_px=2 * SIZE)
        assert large.picture.shape == (2 * SIZE, 2 * SIZE, 3) and large.patches.shape == small.patches.shape
        assert [thing.thing for thing in large.seen] == [thing.thing for thing in small.seen]
        for one, other in zip(large.seen, small.seen, strict=True):
            assert abs(one.x - other.x) < 0.02 and abs(one.y - other.y) < 0.02


def test_from_afar_cards_are_smaller(work: Path, scenes: list[Scene]) -> None:
    afar = [draw(seed, work=work, edge_px=2 * SIZE, afar=True) for seed in SEEDS]
    with_cards = [(far, near) for far, near in zip(afar, scenes, strict=True) if far.seen and near.seen]
    assert len(with_cards) > 40
    assert all(far.smallest < near.smallest for far, near in with_cards)


def test_a_large_thing_covers_the_patch_at_its_centre(scenes: list[Scene]) -> None:
    found = 0
    for scene in scenes:
        if len(scene.seen) == 1 and (scene.patches > 0).sum() > 12:
            thing = scene.seen[0]
            row, column = int(thing.y * SIZE) // PATCH, int(thing.x * SIZE) // PATCH
            assert scene.patches[row, column] == thing.thing + 1
            found += 1
    assert found > 3


def test_what_is_covered_is_not_held_against_the_model(work: Path) -> None:
    """Of two cards that lie on each other, the lower one counts only as long as enough of it shows."""
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[20:60, 20:60] = 1
    whole = [1600, 1600]
    labels[20:60, 30:70] = 2
    assert [thing.thing for thing in locate(labels, [5, 6], whole)] == [6]
    labels[20:60, 40:70] = 2
    labels[20:60, 20:40] = 1
    assert [thing.thing for thing in locate(labels, [5, 6], whole)] == [5, 6]


def test_all_sorts_of_cards_are_laid(work: Path) -> None:
    """Things, coloured shapes and unknown pictures, from none to six of them, in all lights."""
    drawn = [draw(seed, work=work) for seed in range(400)]
    kinds = {thing.thing for scene in drawn for thing in scene.seen}
    assert UNKNOWN in kinds
    assert any(kind < len(printed()) for kind in kinds)
    assert any(len(printed()) <= kind < UNKNOWN for kind in kinds)
    assert {len(scene.seen) for scene in drawn} == set(range(MOST_THINGS + 1))
    assert {scene.light for scene in drawn} == {"screen", "normal", "dim", "dark"}


def test_kept_pictures_stay_out_of_training(work: Path) -> None:
    """What is unknown in training is never what is unknown in an evaluation."""
    rng = np.random.default_rng(0)
    art = load(work)
    kept = [art[f"{style}/{code_of(emoji)}"] for style in STYLES for emoji in unknown().kept_pictures]
    taught = [pick_sticker(rng, UNKNOWN, None, kept=False, work=work)[0] for _ in range(300)]
    assert not any(np.array_equal(one, other) for one in taught for other in kept)
    asked = [pick_sticker(rng, UNKNOWN, None, kept=True, work=work)[0] for _ in range(20)]
    assert all(any(np.array_equal(one, other) for other in kept) for one in asked)


def test_dark_pictures_are_dark_and_hold_nothing(scenes: list[Scene]) -> None:
    dark = [scene for scene in scenes if scene.dark]
    assert dark
    for scene in dark:
        assert not scene.seen
        assert not scene.patches.any()
        assert scene.picture.mean() < 4 * DARK_LEVEL


@pytest.mark.parametrize("style", ["noto", "openmoji"])
def test_a_style_can_be_asked_for(work: Path, style: str) -> None:
    for seed in SEEDS[:8]:
        scene = draw(seed, style=style, work=work)
        assert set(scene.styles) <= {style, "shape"}


def test_the_unseen_style_stays_out_of_training(scenes: list[Scene]) -> None:
    assert all("openmoji" not in scene.styles for scene in scenes)
