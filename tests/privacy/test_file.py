"""The privacy states on the disk: what was switched off stays off, whatever becomes of the file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mortar import privacy
from mortar.errors import MortarError
from mortar.privacy import BOTH, FILE, NONE, Closed, Device


def test_nobody_has_switched_anything_off(tmp_path: Path) -> None:
    assert privacy.load(tmp_path / "never-made") == NONE


@pytest.mark.parametrize("closed", [NONE, BOTH, Closed(microphone=True, camera=False)])
def test_what_is_kept_is_found_again_by_its_user_alone(tmp_path: Path, closed: Closed) -> None:
    folder = tmp_path / "data"
    privacy.keep(folder, closed)
    assert privacy.load(folder) == closed
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert os.listdir(folder) == [FILE]


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"\0" * 64,
        b'{"schema":1,"closed":{"microphone":false}}',
        b'{"schema":1,"closed":{"microphone":false,"camera":"no"}}',
        b'{"schema":2,"closed":{"microphone":false,"camera":false}}',
        b'{"schema":1,"closed":{"microphone":false,"camera":false,"screen":true}}',
    ],
)
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, damaged: bytes) -> None:
    """Cut short, of a newer Mortar, or anything else: who reads it treats that as both closed."""
    (tmp_path / FILE).write_bytes(damaged)
    with pytest.raises(MortarError) as raised:
        privacy.load(tmp_path)
    assert raised.value.code == "privacy-unreadable"
    assert "\n" not in str(raised.value)


def test_switching_one_leaves_the_other(tmp_path: Path) -> None:
    assert privacy.change(tmp_path, Device.CAMERA, is_on=False) == Closed(microphone=False, camera=True)
    assert privacy.change(tmp_path, Device.MICROPHONE, is_on=False) == BOTH
    assert privacy.change(tmp_path, Device.CAMERA, is_on=True) == Closed(microphone=True, camera=False)
    assert privacy.load(tmp_path) == Closed(microphone=True, camera=False)


def test_after_damage_only_what_is_switched_on_is_open(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("?")
    assert privacy.change(tmp_path, Device.CAMERA, is_on=True) == Closed(microphone=True, camera=False)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(MortarError) as raised:
        privacy.keep(tmp_path / "a-file", BOTH)
    assert raised.value.code == "privacy-unwritable"


def test_what_a_power_cut_left_unfinished_changes_nothing_and_goes(tmp_path: Path) -> None:
    privacy.keep(tmp_path, BOTH)
    (tmp_path / "privacy.tmp").write_bytes(b'{"schema":1,"clo')
    assert privacy.load(tmp_path) == BOTH
    privacy.keep(tmp_path, NONE)
    assert (os.listdir(tmp_path), privacy.load(tmp_path)) == ([FILE], NONE)
