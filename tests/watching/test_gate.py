"""The gate lets changes by and nothing else: on drawn sequences, and where the numbers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.eye.gate import CHANGED, CELL_px, Gate, Luma, Reason, outside, reduced, worst_cell
from mortar_tools.watching import sequences
from mortar_tools.watching.outcomes import marks, passes
from mortar_tools.watching.sequences import EVENTS, HAND_IN_VIEW, STILL, Kind

SEEDS = range(3)
"""Of their own: neither the gate's numbers nor its figures come from them."""

H, W = 120, 160


def table(level: int = 120) -> Luma:
    """With a grain, as of wood."""
    rows = np.arange(H)[:, np.newaxis] % 24
    grain: Luma = np.broadcast_to(level + rows - 12, (H, W)).astype(np.uint8)
    return grain.copy()


def with_card(luma: Luma, x: int, y: int, edge: int = 24, level: int = 250) -> Luma:
    changed = luma.copy()
    changed[y : y + edge, x : x + edge] = level
    return changed


def judged(first: Luma, *frames: Luma) -> list[Reason]:
    gate = Gate()
    gate.take(first)
    return [gate.judge(frame).reason for frame in frames]


@pytest.mark.parametrize("kind", STILL)
@pytest.mark.parametrize("seed", SEEDS)
def test_where_nothing_happens_only_the_first_frame_is_encoded(kind: Kind, seed: int) -> None:
    sequence = sequences.draw(kind, seed)
    passed = list(passes(Gate(), [sequence.luma(index) for index in range(len(sequence.frames))]))
    assert passed[0]
    assert not any(passed[1:])


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_happens_is_seen_in_time(kind: Kind, seed: int) -> None:
    sequence = sequences.draw(kind, seed)
    passed = list(passes(Gate(), [sequence.luma(index) for index in range(len(sequence.frames))]))
    seen, alarms = marks(sequence.content.tolist(), passed)
    assert seen and all(seen)
    assert not any(alarms)


def test_the_first_frame_and_one_of_another_size_are_new() -> None:
    gate = Gate()
    assert gate.judge(table()).reason is Reason.FIRST
    gate.take(table())
    assert gate.judge(table()[:100, :120]).reason is Reason.FIRST
    gate.forget()
    assert gate.judge(table()).reason is Reason.FIRST


def test_a_card_is_seen_when_it_comes_goes_and_moves() -> None:
    bare, here = table(), with_card(table(), 40, 40)
    there = with_card(table(), 60, 40)
    assert judged(bare, here) == judged(here, bare) == judged(here, there) == [Reason.PLACE]


def test_a_change_counts_until_it_is_taken() -> None:
    """A frame that could not be encoded does not become what later ones are compared with."""
    gate, card = Gate(), with_card(table(), 40, 40)
    gate.take(table())
    assert [gate.judge(card).is_changed for _ in range(3)] == [True] * 3
    gate.take(card)
    assert not gate.judge(card).is_changed


def test_a_card_of_the_mean_level_of_a_pattern_is_not_hidden_by_it() -> None:
    """Every level of the card is in the pattern around it; what is missing is the pattern."""
    chequered = (np.indices((H, W)).sum(0) // 2 % 2 * 160 + 40).astype(np.uint8)
    assert judged(chequered, with_card(chequered, 40, 40, level=120)) == [Reason.PLACE]


@given(st.floats(0.6, 1.6))
def test_exposure_is_no_change(gain: float) -> None:
    dimmer = np.clip(table(100) * gain, 0, 255).astype(np.uint8)
    assert judged(table(100), dimmer) == [Reason.SAME]


def test_a_lamp_that_is_switched_on_is() -> None:
    assert judged(table(30), np.full((H, W), 200, np.uint8)) == [Reason.LIGHT]


@given(st.integers(-2, 2), st.integers(-2, 2))
def test_shake_of_a_pixel_is_no_change(across: int, down: int) -> None:
    """Two pixels of the frame are one of the reduced one."""
    card = with_card(table(), 40, 40)
    assert judged(card, np.roll(card, (down, across), (0, 1))) == [Reason.SAME]


def test_light_that_drifts_on_one_side_is_followed() -> None:
    """In the end it is off by far more than a change is, and was never one."""
    dims = np.linspace(0, 1, W)[np.newaxis, :]
    frames = [(table(150) * (1 - 0.4 * dims * t)).astype(np.uint8) for t in np.linspace(0, 1, 120)]
    assert set(judged(frames[0], *frames[1:])) == {Reason.SAME}
    assert judged(frames[0], frames[-1]) == [Reason.PLACE]


@given(st.integers(1, 40), st.integers(1, 400))
def test_a_picture_of_any_size_is_the_same_as_itself(height: int, width: int) -> None:
    luma = np.random.default_rng(7).integers(0, 256, (height, width), np.uint8)
    assert judged(luma, luma) == [Reason.SAME]


def test_a_measure_adds_no_difference() -> None:
    """The gate asks it only about frames that differ enough before anything is explained away."""
    rng = np.random.default_rng(7)
    for _ in range(50):
        one, other = rng.uniform(0, 255, (2, 60, 80)).astype(np.float32)
        assert outside(one, other) <= worst_cell(np.abs(one - other)) + 1e-3


def test_a_cell_is_off_by_the_mean_of_its_pixels() -> None:
    off = np.zeros((60, 80), np.float32)
    off[CELL_px : 2 * CELL_px, CELL_px : 2 * CELL_px] = 2 * CHANGED
    off[CELL_px, CELL_px] = 0
    assert worst_cell(off) == pytest.approx(2 * CHANGED * (1 - 1 / CELL_px**2))


def test_frames_are_reduced_to_means() -> None:
    luma = np.arange(4 * 160, dtype=np.uint16).reshape(4, 160).astype(np.uint8)
    assert reduced(luma).shape == (2, 80)
    assert reduced(luma)[0, 0] == luma[:2, :2].mean()


def test_the_marks_of_a_sequence() -> None:
    """A change is seen if it is encoded within three frames; a hand until it is gone; an encoded frame that
    shows what was encoded last is an alarm."""
    T, F = True, False
    assert marks([0, 0, 0, 1, 1, 1, 1], [T, F, F, T, F, F, F]) == ((T,), (F, F, F, F, F))
    assert marks([0, 0, 0, 1, 1, 1, 1], [T, F, T, F, F, F, T]) == ((F,), (F, T))
    hand = HAND_IN_VIEW
    assert marks([0, hand, hand, hand, hand, 0, 0], [T, F, F, F, T, T, F]) == ((T, T), (F,))
    assert marks([0, hand, hand, 0, 0, 0, 0], [T, F, F, F, F, F, F]) == ((F,), (F, F, F, F))
