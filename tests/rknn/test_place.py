"""Whether the NPU can be used is found out before anything runs, with the reason."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from mortar import lease, resources
from mortar.clock import moment
from mortar.drivers.kernel import Kernel
from mortar.errors import MortarError
from mortar.lease import Lease
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.place import Site
from mortar.runtimes.places import places
from mortar.runtimes.rknn import place
from mortar.runtimes.rknn.place import probe
from mortar.settings import Eye, NpuBinding

RK3588 = {
    "proc/device-tree/compatible": "radxa,rock-5b\0rockchip,rk3588\0",
    "sys/kernel/debug/rknpu/version": "RKNPU driver: v0.9.8\n",
    "usr/lib/librknnrt.so": "\x7fELF\0librknnrt version: 2.5.0 (429f97ae6b@2026-04-09T09:09:27)\0",
    "sys/class/drm/renderD129/device/uevent": "DRIVER=RKNPU\nOF_NAME=npu\n",
    "sys/class/drm/renderD128/device/uevent": "DRIVER=rockchip-drm\n",
    "dev/dri/renderD128": "",
    "dev/dri/renderD129": "",
}


def board(folder: Path, files: Mapping[str, str] = RK3588, **changed: str | None) -> Kernel:
    for name, text in {**files, **changed}.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return Kernel(folder)


@pytest.fixture
def model(tmp_path: Path) -> ModelFolder:
    """The bundled one, in a folder that forms can be put into."""
    folder = tmp_path / "model"
    folder.mkdir()
    bundled = resources.bundled_model()
    for name in ("manifest.toml", "vision-f16.tflite"):
        shutil.copy(bundled / name, folder)
    return ModelFolder(folder)


def add_form(model: ModelFolder, *, soc: str = "rk3588", batch: int = 1, precision: str = "f16") -> Path:
    name = f"vision-{soc}-{precision}-{batch}x128x128-rknn2.5.0"
    file = model.path / f"{name}.rknn"
    file.write_text("RKNN-STUB")
    sidecar = model.path / f"{name}.toml"
    sidecar.write_text(
        f"""runtime = "rknn"
role = "whole"
precision = "{precision}"
batch = {batch}
soc = "{soc}"
toolkit = "rknn-toolkit2 2.5.0"
file = "{file.name}"
sha256 = "{hashlib.sha256(file.read_bytes()).hexdigest()}"
size_bytes = {file.stat().st_size}
vision_sha256 = "{model.manifest.vision.sha256}"
"""
    )
    return file


def found(model: ModelFolder, kernel: Kernel, settings: Eye | None = None) -> place.Found:
    return probe(Site(settings or Eye(), model, None), kernel)


def test_a_board_that_has_everything(model: ModelFolder, tmp_path: Path) -> None:
    add_form(model)
    add_form(model, batch=4)
    add_form(model, precision="int8")
    held = found(model, board(tmp_path / "board"))
    assert held.is_usable and held.soc == "rk3588"
    assert [(one.form.batch, one.form.precision) for one in held.forms] == [(1, "f16"), (4, "f16")]
    assert held.reason == ("vision-rk3588-f16-1x128x128-rknn2.5.0 and vision-rk3588-f16-4x128x128-rknn2.5.0")


CHECKED = """
[checked]
cosine = 0.999
worst = 0.9
against = "torch"
by = "a simulator"
pictures = 200
accuracy_lost = {lost}
"""


@pytest.mark.parametrize(("lost", "run"), [(0.4, "int8"), (1.7, "f16")])
def test_int8_is_run_where_it_was_checked_and_holds(
    model: ModelFolder, tmp_path: Path, lost: float, run: str
) -> None:
    add_form(model)
    sidecar = add_form(model, precision="int8").with_suffix(".toml")
    sidecar.write_text(sidecar.read_text() + CHECKED.format(lost=lost))
    assert [one.form.precision for one in found(model, board(tmp_path / "board")).forms] == [run]


def test_an_rk3588s_runs_what_was_made_for_an_rk3588(model: ModelFolder, tmp_path: Path) -> None:
    add_form(model)
    tree = board(
        tmp_path / "board", **{"proc/device-tree/compatible": "xunlong,orangepi-5\0rockchip,rk3588s\0"}
    )
    assert found(model, tree).is_usable


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"proc/device-tree/compatible": "raspberrypi,5-model-b\0brcm,bcm2712\0"}, "no NPU that RKNN knows"),
        ({"sys/kernel/debug/rknpu/version": None}, "no rknpu driver"),
        ({"usr/lib/librknnrt.so": None}, "no librknnrt.so"),
        ({"usr/lib/librknnrt.so": "librknnrt version: 2.3.2"}, "2.3.2 is older"),
        ({"proc/device-tree/compatible": "radxa,zero3\0rockchip,rk3566\0"}, "no form of this size"),
    ],
)
def test_what_is_missing_is_the_reason(
    model: ModelFolder, tmp_path: Path, changed: dict[str, str | None], reason: str
) -> None:
    add_form(model)
    held = found(model, board(tmp_path / "board", **changed))
    assert not held.is_usable and reason in held.reason


def test_a_binding_that_is_set_and_not_installed(model: ModelFolder, tmp_path: Path) -> None:
    add_form(model)
    held = found(model, board(tmp_path / "board"), Eye(npu_binding=NpuBinding.LITE))
    assert not held.is_usable and "rknn-toolkit-lite2 is not installed" in held.reason


def test_an_npu_that_is_closed_to_this_user(
    model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node that belongs to the NPU, whatever its number. Nothing is closed to root, who may run this."""
    add_form(model)
    kernel = board(tmp_path / "board")
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("renderD129"))
    held = found(model, kernel)
    assert not held.is_usable and "renderD129" in held.reason and "usermod -aG render,video" in held.reason


def test_an_npu_that_something_hangs_in(
    model: ModelFolder, tmp_path: Path, runtime_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_form(model)
    now = moment()
    with Lease(runtime_folder / lease.FILE).hold("rknn/npu", "a test", deadline_ms=1, wait_ms=1):
        later = now.__class__(now.wall_s, now.up_s + 60, now.boot)
        monkeypatch.setattr(place, "moment", lambda: later)
        held = found(model, board(tmp_path / "board"))
    assert not held.is_usable and f"process {os.getpid()} hangs" in held.reason


def test_a_damaged_form_is_refused_before_anything_reads_it(model: ModelFolder, tmp_path: Path) -> None:
    add_form(model).write_text("RKNN-STUC")
    site = Site(Eye(), model, None)
    with pytest.raises(MortarError) as caught:
        place.encoder(site, probe(site, board(tmp_path / "board")))
    assert caught.value.code == "model-damaged"


def test_on_this_computer_it_stands_in_the_list_with_its_reason(model: ModelFolder) -> None:
    npu = next(one for one in places(Eye(), model) if one.unit == "rknn/npu")
    assert not npu.is_usable and "no NPU" in npu.reason
