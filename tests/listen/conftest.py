"""Moonshine with the weights that are installed with Mortar, loaded once for all tests here."""

from __future__ import annotations

import pytest

from mortar.runtimes.moonshine_model import Moonshine, packaged


@pytest.fixture(scope="session")
def moonshine() -> Moonshine:
    return Moonshine(packaged("en"), threads=1)
