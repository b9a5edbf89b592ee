"""Power states: by the battery's level, with overlapping limits, told to whom they concern."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mortar.power import MAINS, Power, PowerState, power
from mortar.settings import Gauge, PowerLimits, Settings
from mortar.slowdowns import Battery
from mortar.supervisor.gauge_watch import GaugeWatch

LIMITS = PowerLimits(high_percent=50, low_percent=10, overlap_percent=4)


def after(*levels: int) -> Power:
    """The state after these levels, from the first to the last, on the battery."""
    held = MAINS
    for level in levels:
        held = power(Battery(level, False), held, LIMITS)
    return held


def test_mains_and_charging_know_no_limits() -> None:
    assert power(None, Power(PowerState.CRITICAL, 0.0), LIMITS) == MAINS
    assert power(Battery(3, True), Power(PowerState.CRITICAL, 0.0), LIMITS) == MAINS


def test_alpha_falls_from_one_limit_to_the_other() -> None:
    """NANOMIND's (B - T_low) / (T_high - T_low)."""
    assert after(51) == MAINS
    assert [after(level) for level in (50, 30, 11)] == [
        Power(PowerState.PROPORTIONAL, alpha) for alpha in (1.0, 0.5, 0.03)
    ]
    assert after(10) == Power(PowerState.CRITICAL, 0.0)


def test_a_level_that_swings_about_a_limit_does_not_swing_the_state() -> None:
    assert after(10, 11, 10, 14).state is PowerState.CRITICAL
    assert after(10, 15).state is PowerState.PROPORTIONAL
    assert after(50, 54).state is PowerState.PROPORTIONAL
    assert after(50, 55) == MAINS


@given(st.lists(st.integers(0, 100), min_size=1))
def test_every_walk_ends_in_a_state_that_its_last_level_allows(levels: list[int]) -> None:
    """Falling is never held back; rising by no more than the overlap."""
    held, last = after(*levels), levels[-1]
    assert 0.0 <= held.alpha <= 1.0
    if last <= LIMITS.low_percent:
        assert held.state is PowerState.CRITICAL
    if last > LIMITS.high_percent + LIMITS.overlap_percent:
        assert held == MAINS
    if last <= LIMITS.high_percent:
        assert held.state is not PowerState.UNCONSTRAINED


def test_the_gauge_is_looked_at_when_it_is_time(tmp_path: Path) -> None:
    """And a change is told once."""
    script = tmp_path / "gauge.toml"
    script.write_text("percent = 80\ncharging = false\n")
    watch = GaugeWatch(Settings(gauge=Gauge(str(script))), now_ms=0)
    assert not watch.look(0) and watch.power == MAINS
    script.write_text("percent = 5\ncharging = false\n")
    assert not watch.look(watch.due_ms - 1)
    assert watch.look(watch.due_ms) and watch.power.state is PowerState.CRITICAL
    assert not watch.look(watch.due_ms)
