"""The simulator as a place for the vision encoder, on a small toolkit: when it is one, and what it gives."""

import dataclasses
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.forms import Installed, Precision
from mortar.runtimes.interfaces import UnitFailed
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.places import places
from mortar.runtimes.rknn_sim import toolkit
from mortar.runtimes.rknn_sim.graph import UNIT, SimulatedGraph, place, recipe_of
from mortar.settings import Eye
from toolkit.environments import N_EMBD, N_TOK, HEIGHT_px, WIDTH_px, make_form, pictures

PATIENCE_s = 60.0


@pytest.fixture
def part() -> object:
    own = ModelFolder(resources.bundled_model()).manifest.vision
    return replace(own, n_tok=N_TOK, n_embd=N_EMBD, width_px=WIDTH_px, height_px=HEIGHT_px)


def broken(form: Installed, **source: object) -> Installed:
    """The form as if it had been made from something else."""
    return form._replace(form=replace(form.form, source=replace(form.form.source, **source)))


def test_nobody_gets_it_who_does_not_ask_for_it() -> None:
    """It is slow: where the unit is chosen by itself, it never is."""
    found = {one.unit: one for one in places(Eye(), ModelFolder(resources.bundled_model()))}
    assert not found[UNIT].is_usable and "eye.unit" in found[UNIT].reason


def test_without_the_toolkit_the_reason_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(toolkit.VARIABLE, str(tmp_path))
    first = places(Eye(unit=UNIT), ModelFolder(resources.bundled_model()))[0]
    assert first.unit == UNIT and not first.is_usable and "mortar tools make toolkit" in first.reason


def test_without_a_form_the_reason_says_how_to_make_one(installed_toolkit: Path) -> None:
    found = place([], ModelFolder(resources.bundled_model()).manifest.vision, 1_000)
    assert not found.is_usable and "mortar tools convert" in found.reason


@pytest.mark.parametrize("precision", [Precision.F16, Precision.INT8])
def test_a_form_encodes_any_number_of_pictures(
    installed_toolkit: Path, tmp_path: Path, part: object, precision: Precision
) -> None:
    found = place([make_form(tmp_path, precision)], part, 60_000)
    assert found.open is not None and "slowly" in found.reason
    with closing(found.open()) as encoder:
        assert encoder.unit == UNIT
        shown = pictures(3)
        out = np.zeros((3, N_TOK, N_EMBD), np.float32)
        encoder.encode(shown, out)
    np.testing.assert_allclose(out[:, 0], shown[:, :2].mean((1, 2)), rtol=1e-6)


@pytest.mark.parametrize("trouble", ["dies", "hangs", "gives nothing"])
def test_a_simulator_that_fails_is_a_unit_that_failed(
    installed_toolkit: Path, tmp_path: Path, trouble: str
) -> None:
    """So that the eye goes on with the next one."""
    form = make_form(tmp_path, config={"custom_string": trouble})
    with closing(SimulatedGraph(form, 0.5)) as graph, pytest.raises(UnitFailed) as caught:
        graph.run(pictures(1), np.zeros((1, N_TOK, N_EMBD), np.float32))
    assert caught.value.code == "simulator-failed" and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        {"onnx": "gone.onnx"},
        {"onnx": ""},
        {"onnx_sha256": "1" * 64},
        {"calibration_file": "vision.onnx"},
        {"calibration_sha256": "1" * 64},
    ],
)
def test_a_form_without_what_it_was_made_from_is_not_simulated(
    tmp_path: Path, source: dict[str, object]
) -> None:
    with pytest.raises(MortarError) as caught:
        recipe_of(broken(make_form(tmp_path, Precision.INT8), **source))
    assert caught.value.code == "form-source-missing" and "mortar tools convert" in caught.value.do


def test_what_a_form_was_made_from_is_found(tmp_path: Path) -> None:
    found = recipe_of(make_form(tmp_path, Precision.INT8, {"target_platform": "rk3588"}))
    assert found.config == {"target_platform": "rk3588"}
    assert found.calibration == tmp_path / "calibration.npy" and found.onnx == tmp_path / "vision.onnx"
    assert dataclasses.replace(found, calibration=None) == recipe_of(
        make_form(tmp_path, config={"target_platform": "rk3588"})
    )
