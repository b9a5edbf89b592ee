"""Wrong use is one line and exit status 2, and costs no import of torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WRONG = {
    "int8 of nothing": ["--to", "rknn", "--precision", "int8"],
    "an unknown runtime": ["--to", "openvino"],
    "no batch": ["--batch", "0"],
    "an unknown SoC": ["--soc", "rk3399"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_wrong_use_is_one_line(arguments: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mortar", "tools", "convert", *arguments, "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and done.stderr.strip()
    assert not (tmp_path / "out").exists()


def test_it_says_what_it_can_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mortar", "tools", "convert", "--help"],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert all(word in done.stdout for word in ("--calibration", "--split", "random:"))
