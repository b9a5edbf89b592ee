"""Ways of looking: which one the power allows, and that the real eye moves along them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from looks import looks_by_power
from mortar import resources, settings
from mortar.bricks.eye.points import point_for
from mortar.power import MAINS, Power, PowerState
from mortar.runtimes import forms
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.places import places
from mortar.settings import Eye, Point
from scenes import tokens_of


def point(precision: str) -> Point:
    return Point(128, 128, 16, precision, False, accuracy=0.9, wait_ms=5.0, memory_MB=20.0, energy_mJ=9.0)


POINTS = [point("f16"), point("int8"), point("hybrid")]


def proportional(alpha: float) -> Power:
    return Power(PowerState.PROPORTIONAL, alpha)


def test_the_less_power_the_further_along() -> None:
    assert point_for(MAINS, POINTS) is POINTS[0]
    assert [point_for(proportional(alpha), POINTS) for alpha in (1.0, 0.5, 0.0)] == POINTS
    assert point_for(Power(PowerState.CRITICAL, 0.0), POINTS) is POINTS[2]
    assert point_for(MAINS, []) is None


SIDECAR = """
runtime = "tflite"
role = "whole"
precision = "int8"
batch = 1
toolkit = "none: a file of the same shape"
file = "{file}"
sha256 = "{sha256}"
size_bytes = {size_bytes}
vision_sha256 = "{own}"
"""


@pytest.fixture
def other_form(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModelFolder:
    """The smaller model's encoder, installed as if it were a form of the bundled one: what it gives is told
    apart from what the bundled one gives."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    own, small = (ModelFolder(resources.bundled_model() / name) for name in ("", "small"))
    folder = forms.folders(own)[1]
    folder.mkdir(parents=True)
    part = small.manifest.vision
    shutil.copy(small.path / part.file, folder / "vision-cpu-int8-1x128x128-none.tflite")
    text = SIDECAR.format(
        file="vision-cpu-int8-1x128x128-none.tflite",
        sha256=part.sha256,
        size_bytes=part.size_bytes,
        own=own.manifest.vision.sha256,
    )
    (folder / "vision-cpu-int8-1x128x128-none.toml").write_text(text)
    return own


def test_the_eye_moves_along_with_the_power_and_back(other_form: ModelFolder, tmp_path: Path) -> None:
    """The next look is through the form that the power allows; the one after it through the first."""

    camera = tmp_path / "camera.png"
    Image.new("RGB", (64, 48), "teal").save(camera)
    powers = (MAINS, Power(PowerState.CRITICAL, 0.0), MAINS)
    first, frugal, again = asyncio.run(looks_by_power(Eye(points=POINTS[:2]), camera, powers))
    np.testing.assert_allclose(first, tokens_of(camera), atol=1e-5)
    assert np.abs(first - frugal).max() > 0.1
    np.testing.assert_array_equal(first, again)


def test_a_form_of_other_weights_is_not_used(other_form: ModelFolder) -> None:
    """The model was trained again since: its forms are told to be old, not run."""
    (path,) = forms.folders(other_form)[1].glob("*.toml")
    assert [one.name for one in forms.installed(other_form, forms.Runtime.TFLITE)] == [path.stem]
    path.write_text(path.read_text().replace(other_form.manifest.vision.sha256, "0" * 64))
    assert forms.installed(other_form, forms.Runtime.TFLITE) == []
    (told,) = forms.found(other_form)
    assert isinstance(told, forms.Unusable) and "other weights" in told.why


CHECKED = """
[checked]
cosine = 0.999
worst = 0.9
against = "torch"
by = "TensorFlow Lite"
pictures = 200
accuracy_lost = {lost}
"""


@pytest.mark.parametrize(("lost", "is_run"), [(None, False), (0.4, True), (1.7, False)])
def test_int8_is_run_where_it_was_checked_and_holds(
    other_form: ModelFolder, lost: float | None, is_run: bool
) -> None:
    """It takes less time and memory than the model's own file; unchecked, nobody knows what it sees."""
    (sidecar,) = forms.folders(other_form)[1].glob("*.toml")
    if lost is not None:
        sidecar.write_text(sidecar.read_text() + CHECKED.format(lost=lost))
    cpu = next(place for place in places(Eye(), other_form) if place.unit == "tflite/cpu")
    assert ("int8" in cpu.reason) is is_run


def test_what_was_measured_on_a_board_lies_between_its_profile_and_the_users_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    measured = settings.measured_file("host")
    measured.parent.mkdir(parents=True)
    measured.write_text("[eye]\ntile_batch = 4\nthreads = 3\n")
    mine = tmp_path / "mine.toml"
    mine.write_text("[eye]\nthreads = 2\n")
    found = settings.load("host", mine).eye
    assert (found.tile_batch, found.threads) == (4, 2)
