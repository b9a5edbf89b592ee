"""Small models with random weights, each made once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from mortar_tools.fake_model.command import write
from mortar_tools.fake_model.weights import Kind
from real_models.small import small

Fake = Callable[[str], Path]
"""A shape's name → a model folder."""


@pytest.fixture(scope="session")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Fake:
    @cache
    def made(name: str) -> Path:
        folder = tmp_path_factory.mktemp("fake") / name
        write(folder, name, small(name), Kind.Q8_0)
        return folder

    return made
