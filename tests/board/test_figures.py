"""Battery, heat and clocks out of made sysfs trees, what slows down by them, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mortar.assistant.skills import SkillAnswer, SkillRequest, answer_with_skill
from mortar.clock import Moment
from mortar.drivers.gauge import read_battery
from mortar.drivers.kernel import Kernel
from mortar.drivers.thermal import clocks_MHz, temperatures_C
from mortar.settings import Gauge
from mortar.slowdowns import SLOWDOWNS, Battery, Figures, that_hold

Files = dict[str, str]

BATTERY = {"type": "Battery", "capacity": "57", "status": "Discharging"}
MAINS = {"type": "Mains", "online": "1"}


def tree(folder: Path, devices: dict[str, Files]) -> Path:
    for device, files in devices.items():
        (folder / device).mkdir(parents=True)
        for name, text in files.items():
            (folder / device / name).write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize(
    ("supplies", "battery"),
    [
        ({"BAT0": BATTERY, "AC": MAINS}, Battery(57, charging=False)),
        ({"BAT0": {**BATTERY, "status": "Charging"}}, Battery(57, charging=True)),
        ({"BAT0": {**BATTERY, "capacity": "100", "status": "Full"}}, Battery(100, charging=True)),
        ({"BAT0": BATTERY, "BAT1": {**BATTERY, "capacity": "20"}}, Battery(38, charging=False)),
        ({"BAT0": {"type": "Battery", "energy_now": "300", "energy_full": "400"}}, Battery(75, False)),
        ({"BAT0": {"type": "Battery", "charge_now": "9", "charge_full": "90"}}, Battery(10, False)),
        ({"BAT0": {**BATTERY, "capacity": "104"}}, Battery(100, charging=False)),
        ({"BAT0": {"type": "Battery", "capacity": "?"}}, None),
        ({"BAT0": {"type": "Battery", "charge_now": "9", "charge_full": "0"}}, None),
        ({"hid-mouse": {**BATTERY, "scope": "Device"}, "AC": MAINS}, None),
        ({"AC": MAINS}, None),
        ({}, None),
    ],
)
def test_the_battery_is_what_its_gauge_tells(
    tmp_path: Path, supplies: dict[str, Files], battery: Battery | None
) -> None:
    """By capacity, energy or charge; not a mouse's, and nothing where the gauge tells none of them."""
    tree(tmp_path / "sys/class/power_supply", supplies)
    assert read_battery(Gauge(), Kernel(tmp_path)) == battery
    assert read_battery(Gauge(source="none"), Kernel(tmp_path)) is None


@pytest.mark.parametrize("script", ["percent = 'half'", "percent = ", "charging = true", None])
def test_a_file_plays_the_battery(tmp_path: Path, script: str | None) -> None:
    """It is read at each look; one that is no such file is no battery."""
    file = tmp_path / "battery.toml"
    file.write_text("percent = 40\ncharging = true\n")
    gauge = Gauge(source=str(file))
    assert read_battery(gauge) == Battery(40, charging=True)
    if script is None:
        file.unlink()
    else:
        file.write_text(script)
    assert read_battery(gauge) is None


def test_every_zone_that_can_be_read_is_told(tmp_path: Path) -> None:
    """Also two of the same kind; on a board without any, nobody knows."""
    zones = {
        "thermal_zone0": {"type": "cpu", "temp": "41000"},
        "thermal_zone1": {"type": "cpu", "temp": "83500"},
        "thermal_zone2": {"type": "gpu"},
    }
    tree(tmp_path / "sys/class/thermal", zones)
    assert temperatures_C(Kernel(tmp_path)) == {"cpu": 41.0, "cpu (thermal_zone1)": 83.5}
    assert temperatures_C(Kernel(tmp_path / "none")) == {}


def test_the_clocks_are_what_may_be_and_what_could_be(tmp_path: Path) -> None:
    policies = {
        "policy0": {"scaling_max_freq": "1800000", "cpuinfo_max_freq": "1800000"},
        "policy4": {"scaling_max_freq": "1200000", "cpuinfo_max_freq": "2400000"},
        "policy6": {"scaling_max_freq": "2400000"},
    }
    tree(tmp_path / "sys/devices/system/cpu/cpufreq", policies)
    assert clocks_MHz(Kernel(tmp_path)) == {"policy0": (1800, 1800), "policy4": (1200, 2400)}
    assert clocks_MHz(Kernel(tmp_path / "none")) == {}


WELL = Figures(Battery(80, charging=False), 50.0, 1.0, 4_000, 10_000)
"""Nothing slows this down."""

EACH = {
    "hot": {"hottest_C": 80.0},
    "clock capped": {"clock_share": 0.5},
    "low battery": {"battery": Battery(15, charging=False)},
    "starting again": {"starting": 1},
    "part missing": {"missing": 1},
    "model busy": {"job_ms": 2_001.0},
    "memory short": {"memory_MB": 149},
    "disk full": {"disk_MB": 49},
}


def test_each_condition_holds_by_its_own_figure_alone() -> None:
    """And they come in the order of the table when all of them do."""
    assert that_hold(WELL) == []
    assert that_hold(Figures()) == [], "what nobody can tell is no reason"
    for name, figure in EACH.items():
        assert [held.name for held in that_hold(msgspec.structs.replace(WELL, **figure))] == [name]
    all_at_once = {key: value for figure in EACH.values() for key, value in figure.items()}
    assert that_hold(msgspec.structs.replace(WELL, **all_at_once)) == list(SLOWDOWNS)


def test_a_low_battery_that_is_charged_slows_nothing() -> None:
    assert that_hold(Figures(battery=Battery(5, charging=True))) == []


def ask(intent: str, figures: Figures | None) -> SkillAnswer:
    return answer_with_skill(SkillRequest(intent, {}, Moment(0.0, 0.0, "boot"), None, [], figures=figures))


@pytest.mark.parametrize("intent", ["Battery", "WhySlow"])
def test_a_skill_about_the_board_wants_it_looked_at_first(intent: str) -> None:
    assert ask(intent, None) == SkillAnswer("", examines=True)


@pytest.mark.parametrize(
    ("battery", "said"),
    [
        (Battery(100, True), "The battery is full, at one hundred percent."),
        (Battery(62, True), "The battery is more than half full, at sixty-two percent, and it is charging."),
        (Battery(50, False), "The battery is about half full, at fifty percent."),
        (Battery(21, False), "The battery is less than half full, at twenty-one percent."),
        (Battery(10, False), "The battery is low, at ten percent."),
        (Battery(0, False), "The battery is almost empty, at zero percent."),
        (None, "I see no battery here. I run on mains."),
    ],
)
def test_how_full_the_battery_is(battery: Battery | None, said: str) -> None:
    assert ask("Battery", Figures(battery=battery)).text == said


def test_why_it_is_slow() -> None:
    """The two reasons that weigh most, as sentences; or that there is none."""
    assert ask("WhySlow", WELL).text == "Nothing slows me down that I know of."
    slow = msgspec.structs.replace(WELL, hottest_C=90.0, memory_MB=1, disk_MB=1)
    assert ask("WhySlow", slow).text == "I am hot, and slow down to cool off. I am short of memory."
