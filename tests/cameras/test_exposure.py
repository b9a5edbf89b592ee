"""When the exposure of a camera that was just opened is believed."""

from __future__ import annotations

import numpy as np
import pytest

from mortar.drivers.exposure import LEAST_FRAMES, MOST_FRAMES, Settling


def settled_at(*lumas: float) -> int:
    """Which frame, from 1, of these mean lumas is believed; the last luma stays for ever."""
    settling = Settling()
    for number in range(1, MOST_FRAMES + 1):
        luma = lumas[min(number, len(lumas)) - 1]
        if settling.is_over(np.full((12, 16), luma, np.uint8)):
            return number
    raise AssertionError("waited for ever")


def test_a_steady_picture_is_believed_soon() -> None:
    assert settled_at(120) == LEAST_FRAMES


def test_one_that_grows_brighter_is_waited_for() -> None:
    assert settled_at(10, 30, 50, 70, 90, 110, 120, 121, 121) == 10


def test_a_still_moment_on_the_way_is_not_enough() -> None:
    assert settled_at(40, 41, 90, 120, 121, 121, 121) == 7


@pytest.mark.parametrize("luma", [0, 5])
def test_black_frames_are_no_steady_picture(luma: int) -> None:
    """A sensor that has not begun; in the dark, this is how long a picture takes."""
    assert settled_at(*[luma] * 8, 100) == 12
    assert settled_at(luma) == MOST_FRAMES


def test_a_flickering_scene_is_not_waited_for_without_end() -> None:
    assert settled_at(*[100, 130] * MOST_FRAMES) == MOST_FRAMES
