"""What `mortar tools convert` leaves is all that a .rknn can be built from again."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the tools extra (make setup-tools)")

from mortar.runtimes.forms import Form, Installed, Precision, Role, Runtime
from mortar.runtimes.rknn_sim.graph import recipe_of
from mortar_tools.vision.convert.calibration import Calibration
from mortar_tools.vision.convert.plan import Job
from mortar_tools.vision.convert.source import Source
from mortar_tools.vision.convert.workshop import Workshop
from mortar_tools.vision.convert.write import put_in_place
from mortar_tools.vision.towers.shape import TowerShape
from mortar_tools.vision.towers.tower import randomised

SHAPE = TowerShape(picture_px=32, patch_px=8, width=32, layers=1, heads=2, mlp=64, n_embd=16, shuffle=2)


@pytest.mark.parametrize("role", [Role.WHOLE, Role.BLOCKS])
def test_an_int8_form_has_its_graph_and_its_pictures_beside_it(
    installed_toolkit: Path, tmp_path: Path, role: Role
) -> None:
    """Of a second half: what the first half makes of the pictures."""
    draft, out = tmp_path / "draft", tmp_path / "out"
    draft.mkdir()
    out.mkdir()
    shown = Calibration(np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8))
    workshop = Workshop(Source("toy", randomised(SHAPE), "0" * 64), draft, shown, print)
    put_in_place(workshop.make(Job(Runtime.ONNX, role, Precision.F32, 1)), out)
    made = workshop.make(Job(Runtime.RKNN, role, Precision.INT8, 1, "rk3588"))
    put_in_place(made, out)
    sidecar = (out / made.form.file).with_suffix(".toml")
    found = recipe_of(Installed(msgspec.toml.decode(sidecar.read_bytes(), type=Form), sidecar))
    assert found.calibration is not None and found.onnx.parent == found.calibration.parent == out
    kept = np.load(found.calibration)
    if role is Role.WHOLE:
        np.testing.assert_array_equal(kept, shown.pictures)
    else:
        assert kept.shape == (3, SHAPE.patches, SHAPE.width) and kept.dtype == np.float32
