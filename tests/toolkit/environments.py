"""An environment with the small rknn-toolkit2 of tests/toolkit/packages, and graphs for it."""

from __future__ import annotations

import hashlib
import sysconfig
import venv
from pathlib import Path

import numpy as np
import onnx
from msgspec.structs import replace
from onnx import TensorProto, helper

from mortar.runtimes.forms import Form, Installed, Precision, Role, Runtime, Source
from mortar_tools.vision import sidecar

PACKAGES = Path(__file__).with_name("packages")
HEIGHT_px, WIDTH_px = 4, 6
N_TOK, N_EMBD = 2, 3


def make_environment(folder: Path) -> Path:
    """A real environment, into which numpy and onnx are lent; gives its folder."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(f"{PACKAGES}\n{sysconfig.get_path('purelib')}\n")
    return folder


def make_graph(path: Path, batch: int = 1) -> Path:
    """An ONNX file whose input has the shape of the pictures; the small toolkit reads no more of it."""
    given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, (batch, 3, HEIGHT_px, WIDTH_px))
    found = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, (batch, 3, HEIGHT_px, WIDTH_px))
    graph = helper.make_graph([helper.make_node("Relu", ["picture"], ["tokens"])], "graph", [given], [found])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def pictures(n: int, seed: int = 0) -> np.ndarray:
    """uint8 [n, HEIGHT_px, WIDTH_px, 3]"""
    return np.random.default_rng(seed).integers(0, 256, (n, HEIGHT_px, WIDTH_px, 3), np.uint8)


def make_form(
    folder: Path, precision: Precision = Precision.F16, config: dict[str, object] | None = None
) -> Installed:
    """A .rknn with all that it was made from, of weights that nobody has."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"vision-rk3588-{precision}-1x6x4-rknn2.5.0.rknn"
    path.write_bytes(b"not read by anybody")
    onnx_file = make_graph(folder / "vision.onnx")
    source = Source(onnx=onnx_file.name, onnx_sha256=sha256(onnx_file), config=config or {})
    if precision is Precision.INT8:
        kept = folder / "calibration.npy"
        np.save(kept, pictures(5))
        source = replace(
            source,
            calibration=5,
            calibration_file=kept.name,
            calibration_sha256=hashlib.sha256(pictures(5).data).hexdigest(),
        )
    form = Form(
        **sidecar.part(path),
        runtime=Runtime.RKNN,
        role=Role.WHOLE,
        precision=precision,
        batch=1,
        toolkit="rknn-toolkit2 2.5.0",
        vision_sha256="0" * 64,
        soc="rk3588",
        source=source,
    )
    sidecar.write(form, path.with_suffix(".toml"))
    return Installed(form, path.with_suffix(".toml"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
