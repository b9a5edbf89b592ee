"""What each check says of boards that are well, and of what is wrong with them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from doctor.trees import BOARDS, PI5, RK3566, RK3588, clock, examined, the_one, tree, zones
from mortar import privacy, resources
from mortar.clock import Moment
from mortar.doctor import board, checks, devices, keeping, npu, programs
from mortar.doctor.finding import Check, Finding, Verdict
from mortar.doctor.machine import Machine
from mortar.lease import Held
from mortar.store.database import FILE, Database
from mortar.store.schema import MIGRATIONS

ON_TREES: tuple[Check, ...] = (
    *(npu.npu, devices.permissions, board.memory, board.temperature, board.clocks, board.throttling),
)


def noted(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict is not Verdict.OK]


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_that_is_well_has_nothing_to_note(name: str, tmp_path: Path) -> None:
    """But for what is not installed for its NPU: the library or the binding."""
    held = examined(tree(tmp_path, BOARDS[name]))
    wrong = noted(finding for check in ON_TREES for finding in check(held))
    assert {finding.name for finding in wrong} <= {"npu driver", "npu runtime", "npu binding"}
    assert (wrong == []) is (name in ("rpi5", "pc"))


@pytest.mark.parametrize("check", ON_TREES)
def test_a_kernel_that_shows_nothing_is_no_crash(check: Check, tmp_path: Path) -> None:
    assert all(finding.what for finding in check(examined(tmp_path)))


def test_what_is_wrong_comes_with_what_to_do(tmp_path: Path) -> None:
    """In one line each, on the worst board that there is."""
    worst = {
        **RK3566,
        "proc/meminfo": "MemTotal: 1000000 kB\nMemAvailable: 90000 kB\n",
        "dev/snd/pcmC0D0p": "",
        "dev/video0": "",
        "dev/ttyACM0": "",
        **clock(0, 1_104_000, 1_800_000),
        **zones(soc=91.0),
    }
    held = examined(tree(tmp_path, worst), may_use=False)
    wrong = noted(finding for check in ON_TREES for finding in check(held))
    assert len(wrong) >= 8
    for finding in wrong:
        assert finding.do and "\n" not in finding.what + finding.do, finding


def test_every_check_is_in_the_table() -> None:
    """A check that nobody calls finds nothing."""
    assert set(ON_TREES) <= set(checks.CHECKS)
    assert len(set(checks.CHECKS)) == len(checks.CHECKS)


# --- the NPU ---


def of_board(folder: Path, files: dict[str, str], binding: str | None = "2.3.2") -> dict[str, Finding]:
    held = npu.look(Machine(tree(folder, files)), binding)
    assert held is not None
    return {finding.name: finding for finding in npu.judge(held)}


def test_an_npu_whose_parts_fit(tmp_path: Path) -> None:
    found = of_board(tmp_path, RK3588)
    assert [finding.verdict for finding in found.values()] == [Verdict.OK] * 3
    assert found["npu driver"].what == "rknpu 0.9.8"
    assert found["npu runtime"].what == "librknnrt 2.3.2"


def test_a_runtime_that_is_older_than_its_binding_is_bad(tmp_path: Path) -> None:
    """It would refuse models that the toolkit of that version makes."""
    found = of_board(tmp_path, RK3588 | {"usr/lib/librknnrt.so": "librknnrt version: 1.6.0 (2024)"})
    runtime = found["npu runtime"]
    assert runtime.verdict is Verdict.BAD and "1.6.0" in runtime.what and "2.3.2" in runtime.do


def test_a_newer_runtime_is_fine(tmp_path: Path) -> None:
    found = of_board(tmp_path, RK3588 | {"usr/lib/librknnrt.so": "librknnrt version: 2.10.0 (2027)"})
    assert found["npu runtime"].verdict is Verdict.OK


def test_an_old_driver_is_noted(tmp_path: Path) -> None:
    found = of_board(tmp_path, RK3588 | {"sys/kernel/debug/rknpu/version": "RKNPU driver: v0.8.2"})
    assert found["npu driver"].verdict is Verdict.NOTE and "0.8.2" in found["npu driver"].what


def test_a_driver_that_only_root_may_ask(tmp_path: Path) -> None:
    """debugfs is closed to others; that the NPU has a clock shows that there is a driver."""
    files = {name: text for name, text in RK3588.items() if "rknpu" not in name}
    assert "no rknpu driver" in of_board(tmp_path / "none", files)["npu driver"].what
    closed = of_board(tmp_path / "closed", files | {"sys/class/devfreq/fdab0000.npu/governor": ""})
    assert "sudo cat" in closed["npu driver"].do


def test_a_board_without_any_part(tmp_path: Path) -> None:
    found = of_board(tmp_path, RK3566, binding=None)
    assert {finding.verdict for finding in found.values()} == {Verdict.NOTE}


@pytest.mark.parametrize(
    ("up_s", "verdict", "words"),
    [
        (101.0, Verdict.OK, "process 7, to encode a picture"),
        (106.0, Verdict.NOTE, "past its deadline"),
        (112.0, Verdict.BAD, "hangs in the driver"),
    ],
)
def test_who_uses_the_npu(up_s: float, verdict: Verdict, words: str) -> None:
    held = Held(7, "rknn/npu", "encode a picture", since_s=100.0, deadline_ms=5_000, boot="this")
    found = npu.used(held, Moment(0.0, up_s, "this"))
    assert found.verdict is verdict and words in found.what


def test_a_computer_without_an_npu_has_one_line(tmp_path: Path) -> None:
    assert the_one(npu.npu(examined(tree(tmp_path, PI5)))).what == "none that Mortar knows"


# --- the board ---


@pytest.mark.parametrize(
    ("flags", "told", "does"),
    [
        ("0", "none since", ""),
        ("50005", "now: under-voltage, throttled; since it was switched on: under-voltage, throttled", "5 V"),
        ("e0000", "since it was switched on: clock capped, throttled, soft temperature limit", "cool"),
        ("0x8", "now: soft temperature limit", "cool"),
    ],
)
def test_the_flags_of_a_raspberry_pi(flags: str, told: str, does: str, tmp_path: Path) -> None:
    file = "sys/devices/platform/soc/soc:firmware/get_throttled"
    finding = the_one(board.throttling(examined(tree(tmp_path, PI5 | {file: f"{flags}\n"}))))
    assert finding.what.startswith(told) and does in finding.do


def test_flags_that_cannot_be_read_are_no_crash(tmp_path: Path) -> None:
    """Not there, or not a number."""
    file = "sys/devices/platform/soc/soc:firmware/get_throttled"
    finding = the_one(board.throttling(examined(tree(tmp_path, PI5 | {file: "what?"}))))
    assert finding.verdict is Verdict.NOTE and "vcgencmd" in finding.do


def test_a_cap_is_told_with_the_line_that_lifts_it(tmp_path: Path) -> None:
    held = examined(tree(tmp_path, RK3588 | clock(4, 1_608_000, 2_352_000)))
    finding = the_one(board.clocks(held))
    assert finding.what == "policy4 is capped at 1608 of 2352 MHz"
    assert "echo 2352000" in finding.do and "policy4/scaling_max_freq" in finding.do


def test_the_hottest_zone_counts(tmp_path: Path) -> None:
    """A zone that is switched off cannot be read, and is no news."""
    held = examined(tree(tmp_path, RK3588 | zones(soc=60.0, bigcore0=83.6)))
    tree(tmp_path, {"sys/class/thermal/thermal_zone9/type": "off"})
    finding = the_one(board.temperature(held))
    assert finding.verdict is Verdict.NOTE and finding.what.startswith("84 °C") and "bigcore0" in finding.what


@pytest.mark.parametrize(
    ("device", "group"),
    [("snd/pcmC0D0c", "audio"), ("video11", "video"), ("dri/renderD129", "render"), ("ttyUSB0", "dialout")],
)
def test_a_missing_group_is_named(device: str, group: str, tmp_path: Path) -> None:
    held = examined(tree(tmp_path, RK3588 | {f"dev/{device}": ""}), may_use=False)
    finding = the_one(devices.permissions(held))
    assert f"/dev/{device}" in finding.what
    assert finding.do.startswith(f"run: sudo usermod -aG {group} $USER")


def test_a_gpu_that_nobody_uses_needs_no_group(tmp_path: Path) -> None:
    held = examined(tree(tmp_path, PI5 | {"dev/dri/renderD128": ""}), may_use=False)
    assert the_one(devices.permissions(held)).verdict is Verdict.OK


# --- packages, store, clock ---


def test_packages_that_are_missing_or_others() -> None:
    there = {"a": "1.0", "b": "2.1"}
    found = list(programs.compare(["a", "b", "c"], {"a": "1.0", "b": "2.0", "d": "3.0"}, there.get))
    assert [(finding.verdict, finding.what) for finding in found] == [
        (Verdict.BAD, "c is not installed"),
        (Verdict.NOTE, "in other versions than tested (in brackets): b 2.1 (2.0)"),
    ]
    assert the_one(programs.compare(["a"], {"a": "1.0"}, there.get)).verdict is Verdict.OK


def test_the_packages_of_this_computer() -> None:
    """Those of pyproject.toml without the extras', each with its pin."""
    needed, pins = programs.needed(), programs.pins()
    assert {"msgspec", "hassil", "llama-cpp-python", "ai-edge-litert"} <= set(needed)
    assert not {"mypy", "torch", "mortar", "rknn-toolkit-lite2"} & set(needed)
    assert all(name in pins for name in needed)
    assert pins["rknn-toolkit-lite2"] == "2.3.2"
    assert all(programs.installed(name) for name in needed)


@pytest.fixture
def store_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return resources.data_folder() / FILE


def test_the_store_is_looked_at_and_not_touched(store_file: Path, tmp_path: Path) -> None:
    held = examined(tmp_path)
    assert "nothing is kept" in the_one(keeping.store(held)).what
    assert not store_file.exists()
    Database(store_file).close()
    before = store_file.read_bytes()
    finding = the_one(keeping.store(held))
    assert (finding.verdict, finding.what) == (
        Verdict.OK,
        f"readable, version {len(MIGRATIONS)} of {len(MIGRATIONS)}",
    )
    assert store_file.read_bytes() == before


def test_a_damaged_store_is_bad(store_file: Path, tmp_path: Path) -> None:
    Database(store_file).close()
    store_file.write_bytes(b"no database, " * 500)
    finding = the_one(keeping.store(examined(tmp_path)))
    assert finding.verdict is Verdict.BAD and finding.is_personal and "set aside" in finding.do


def test_the_store_of_a_newer_mortar_is_bad(store_file: Path, tmp_path: Path) -> None:
    Database(store_file).close()
    with sqlite3.connect(store_file) as connection:
        connection.execute("PRAGMA user_version = 900")
    finding = the_one(keeping.store(examined(tmp_path)))
    assert finding.verdict is Verdict.BAD and "version 900" in finding.what


def test_what_is_switched_off_is_said(store_file: Path, tmp_path: Path) -> None:
    """Each with how to switch it on; a file that cannot be read counts as both."""
    held = examined(tmp_path)
    assert the_one(keeping.switched_off(held)).verdict is Verdict.OK
    folder = store_file.parent
    privacy.keep(folder, privacy.BOTH)
    assert [finding.what for finding in keeping.switched_off(held)] == ["muted", "the camera is off"]
    (folder / privacy.FILE).write_text("?")
    unreadable = the_one(keeping.switched_off(held))
    assert (unreadable.code, unreadable.verdict) == ("privacy-unreadable", Verdict.BAD)


def test_a_clock_that_was_never_set() -> None:
    assert keeping.judge_clock(1_000.0).verdict is Verdict.NOTE
    assert "timedatectl" in keeping.judge_clock(1_000.0).do
    set_ = keeping.judge_clock(1_795_000_000.0)
    assert set_.verdict is Verdict.OK and re.match(r"2026-11-1\d", set_.what)
