"""Figures of a language model: what they count, and how sure they are."""

from __future__ import annotations

import pytest

from mortar_tools.cards.evaluate.marking import Things
from mortar_tools.weights.quality import EXACT, F1, LOSS, Marked, differences, figures


def scene(right: int, said: Things | None = None, present: Things | None = None) -> Marked:
    return Marked(nats=4.0 - right, tokens=10, right=right, asked=4, said=said, present=present)


def test_figures_are_of_all_scenes_together() -> None:
    found = {
        one.name: one.value
        for one in figures([scene(4, Things([1, 2]), Things([1, 2])), scene(2, Things([3]), Things([4]))], 0)
    }
    assert found == {LOSS: 0.1, EXACT: 0.75, F1: pytest.approx(4 / 6, abs=1e-4)}


def test_things_that_nobody_was_asked_about_are_no_figure() -> None:
    assert [one.name for one in figures([scene(1), scene(3)], 0)] == [LOSS, EXACT]


def test_a_difference_is_paired() -> None:
    """Scenes are unlike each other; that one model is right once more in each is sure all the same."""
    before = [scene(n % 4) for n in range(40)]
    after = [scene(n % 4 + 1) for n in range(40)]
    gained = next(one for one in differences(after, before, 0) if one.name == f"{EXACT}_change")
    assert gained.value == 0.25 and gained.interval == (0.25, 0.25)
    alone = next(one for one in figures(after, 0) if one.name == EXACT)
    assert alone.interval[1] - alone.interval[0] > 0.1


def test_a_scene_counts_as_one_draw() -> None:
    """Its questions belong together: 10 scenes, all right or all wrong, are 10 draws and not 40."""
    marks = [scene(4 if n % 2 else 0) for n in range(10)]
    (held,) = [one for one in figures(marks, 0) if one.name == EXACT]
    assert held.interval[1] - held.interval[0] > 0.4
