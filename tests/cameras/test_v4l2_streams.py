"""The V4L2 driver against a stand-in for the kernel: each test of v4l2_streams.py, in one process apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from cameras.standin import names_in, outcomes

FILE = Path(__file__).with_name("v4l2_streams.py")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return outcomes(FILE, tmp_path_factory.mktemp("standin"))


@pytest.mark.parametrize("name", names_in(FILE))
def test_it(told: dict[str, str], name: str) -> None:
    if told[name]:
        pytest.fail(told[name], pytrace=False)
