"""Which ways of looking are worth having, and what is kept of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar import settings
from mortar.errors import UsageError
from mortar.runtimes.forms import Precision
from mortar.settings import Point
from mortar_tools.tune.front import COSTS, Budget, front, ladder
from mortar_tools.tune.keep import write_points
from mortar_tools.tune.space import Cost, Measured, Way, ways
from mortar_tools.vision.towers.shape import TowerShape

BUNDLED = TowerShape(
    picture_px=128, patch_px=16, width=192, layers=5, heads=3, mlp=768, n_embd=256, shuffle=2
)


def measured(px: int, accuracy: float, wait_ms: float, memory_MB: float, energy_mJ: float) -> Measured:
    way = Way(px, 16, 1, False, Precision.F16)
    return Measured(way, 16, accuracy, (0.0, 1.0), Cost(wait_ms, memory_MB, energy_mJ), energy_mJ)


GOOD = measured(128, 0.9, 8.0, 20.0, 8.0)
SMALL = measured(96, 0.85, 5.0, 18.0, 5.0)
WORSE = measured(160, 0.88, 12.0, 25.0, 12.0)
TINY = measured(32, 0.2, 1.0, 10.0, 1.0)


def test_what_is_beaten_in_everything_is_not_on_the_front() -> None:
    assert front([WORSE, TINY, GOOD, SMALL]) == [GOOD, SMALL, TINY]


shares = st.sampled_from([0.2, 0.5, 0.9])
costs = st.sampled_from([1.0, 5.0, 9.0])


@given(st.lists(st.tuples(shares, costs, costs, costs), min_size=1, max_size=12))
def test_everything_off_the_front_is_beaten_by_something_on_it(
    rows: list[tuple[float, float, float, float]],
) -> None:
    found = [measured(16 * (n + 1), *row) for n, row in enumerate(rows)]
    best = front(found)
    for one in found:
        beaten = [
            other
            for other in best
            if other.accuracy >= one.accuracy and all(cost(other) <= cost(one) for cost in COSTS)
        ]
        assert one in best or beaten


def test_the_ladder_begins_with_the_best_and_each_step_takes_less() -> None:
    """And none gives up more than is said to be worth it."""
    found = [WORSE, TINY, GOOD, SMALL]
    assert ladder(found, Budget(), worth=0.1) == [GOOD, SMALL]
    assert ladder(found, Budget(), worth=1.0) == [GOOD, SMALL, TINY]
    assert ladder(found, Budget(wait_ms=6.0), worth=0.1) == [SMALL]


def test_a_budget_that_nothing_fits_is_told_with_the_quickest() -> None:
    with pytest.raises(UsageError, match=r"32px-stride16-f16, with 1\.0 ms"):
        ladder([GOOD, TINY], Budget(memory_MB=5.0), worth=0.1)


def test_only_towers_that_can_be_made_are_tried() -> None:
    """Whole patches in a picture, and whole squares of them in a token."""
    found = ways([96, 100, 128], [16, 32], [1, 2], [Precision.F16], BUNDLED, has_tiles=False)
    assert [one.name for one in found] == [
        "96px-stride16-f16",
        "128px-stride16-f16",
        "128px-stride16-f16-merged2",
        "128px-stride32-f16",
        "128px-stride32-f16-merged2",
    ]
    (twice,) = {one.shape(BUNDLED).n_tok for one in ways([128], [16], [2], [Precision.F16], BUNDLED, False)}
    assert twice == 4


@pytest.fixture
def measured_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return settings.measured_file("host")


POINT = Point(128, 128, 16, "f16", False, accuracy=0.9, wait_ms=8.0, memory_MB=20.0, energy_mJ=8.0)


def test_what_is_kept_is_what_the_assistant_reads(measured_file: Path) -> None:
    """And what else was measured stays, with its comments."""
    measured_file.parent.mkdir(parents=True)
    measured_file.write_text("[eye]\ntile_batch = 4  # fours are quickest\n")
    write_points([POINT, POINT], "host")
    write_points([POINT], "host")
    found = settings.load("host")
    assert (found.eye.points, found.eye.tile_batch) == ([POINT], 4)
    assert "# fours are quickest" in measured_file.read_text()


def test_a_file_that_cannot_be_read_is_not_written_over(measured_file: Path) -> None:
    measured_file.parent.mkdir(parents=True)
    measured_file.write_text("[nose]\nsmell = 1\n")
    with pytest.raises(UsageError, match=r"host\.toml"):
        write_points([POINT], "host")
    assert measured_file.read_text() == "[nose]\nsmell = 1\n"
