"""rknn-toolkit2 itself, where its environment is: `mortar tools make toolkit`, or MORTAR_RKNN_TOOLKIT."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from mortar.errors import MortarError
from mortar.runtimes.forms import Precision
from mortar.runtimes.rknn_sim import toolkit
from mortar_tools.vision.check.cosines import cosines
from mortar_tools.vision.check.layers import worst_first
from mortar_tools.vision.toolkit import Session, ToolkitConfig, build

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not toolkit.is_there(), reason="rknn-toolkit2 is not installed: mortar tools make toolkit"
    ),
]

EDGE_px, PATCH_px, WIDTH = 32, 8, 32
PATCHES = (EDGE_px // PATCH_px) ** 2


def make_encoder(path: Path, batch: int = 1, operator: str = "Tanh") -> Path:
    """A vision encoder of one layer with random weights: patches, norm, matrix, activation."""
    rng = np.random.default_rng(3)
    constants = {
        "kernel": rng.normal(0, 0.1, (WIDTH, 3, PATCH_px, PATCH_px)).astype(np.float32),
        "line": np.array([batch, WIDTH, PATCHES], np.int64),
        "scale": np.ones(WIDTH, np.float32),
        "shift": np.zeros(WIDTH, np.float32),
        "matrix": rng.normal(0, 0.3, (WIDTH, WIDTH)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["picture", "kernel"], ["grid"], strides=[PATCH_px, PATCH_px]),
        helper.make_node("Reshape", ["grid", "line"], ["lined"]),
        helper.make_node("Transpose", ["lined"], ["patches"], perm=[0, 2, 1]),
        helper.make_node(
            "LayerNormalization", ["patches", "scale", "shift"], ["normal"], axis=-1, epsilon=1e-5
        ),
        helper.make_node("MatMul", ["normal", "matrix"], ["mixed"]),
        helper.make_node(operator, ["mixed"], ["tokens"]),
    ]
    given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, (batch, 3, EDGE_px, EDGE_px))
    found = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, (batch, PATCHES, WIDTH))
    held = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "encoder", [given], [found], held)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def pictures(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, EDGE_px, EDGE_px, 3), np.uint8)


def right(graph: Path, shown: np.ndarray) -> np.ndarray:
    """What onnxruntime makes of them."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    scaled = ((shown / 255 - 0.5) / 0.5).astype(np.float32).transpose(0, 3, 1, 2)
    tokens: np.ndarray = session.run(None, {"picture": scaled})[0]
    return tokens


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    np.save(tmp_path / "calibration.npy", pictures(20, seed=1))
    return tmp_path / "calibration.npy"


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("soc", ["rk3588", "rk3576", "rk3566"])
def test_a_float_graph_is_what_onnxruntime_makes_of_it(tmp_path: Path, soc: str, batch: int) -> None:
    graph = make_encoder(tmp_path / "encoder.onnx", batch)
    with Session(ToolkitConfig(soc).recipe(graph)) as session:
        shown = pictures(batch)
        assert cosines(session.run(shown), right(graph, shown)).min() > 0.9999
        session.export(tmp_path / "encoder.rknn")
    assert (tmp_path / "encoder.rknn").read_bytes()[:4] == b"RKNN"


def test_an_int8_graph_is_near_and_a_hybrid_one_nearer(tmp_path: Path, calibration: Path) -> None:
    """With every computing layer in float16 little is left of the harm: what carries numbers stays INT8."""
    graph, shown = make_encoder(tmp_path / "encoder.v1.onnx"), pictures(1, seed=2)
    config = ToolkitConfig("rk3588", Precision.INT8, calibration=calibration)
    with Session(config.recipe(graph)) as session:
        int8 = cosines(session.run(shown), right(graph, shown)).mean()
        layers = worst_first(session.analyse(shown))
    assert 0.98 < int8 < 0.99999 and len(layers) >= 3
    names = tuple(layer.name for layer in layers)
    hybrid = ToolkitConfig("rk3588", Precision.HYBRID, calibration=calibration, float_layers=names)
    with Session(hybrid.recipe(graph)) as session:
        assert cosines(session.run(shown), right(graph, shown)).mean() > int8


def test_the_second_half_of_an_encoder_takes_floats(tmp_path: Path) -> None:
    given = helper.make_tensor_value_info("patches", TensorProto.FLOAT, (1, PATCHES, WIDTH))
    found = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, (1, PATCHES, WIDTH))
    matrix = np.random.default_rng(0).normal(0, 0.3, (WIDTH, WIDTH)).astype(np.float32)
    node = helper.make_node("MatMul", ["patches", "matrix"], ["tokens"])
    graph = helper.make_graph([node], "blocks", [given], [found], [numpy_helper.from_array(matrix, "matrix")])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
        tmp_path / "blocks.onnx",
    )
    patches = np.random.default_rng(1).normal(0, 1, (1, PATCHES, WIDTH)).astype(np.float32)
    with Session(ToolkitConfig("rk3588", mean=None, std=None).recipe(tmp_path / "blocks.onnx")) as session:
        assert cosines(session.run(patches), patches @ matrix).min() > 0.9999


def test_its_refusals_are_one_line_each(tmp_path: Path, calibration: Path) -> None:
    def refusal(graph: Path, config: ToolkitConfig) -> MortarError:
        with pytest.raises(MortarError) as caught:
            build(graph, tmp_path / "out.rknn", config)
        assert caught.value.code == "toolkit-refused" and "\n" not in str(caught.value)
        return caught.value

    graph = make_encoder(tmp_path / "encoder.onnx")
    (tmp_path / "garbage.onnx").write_bytes(b"garbage" * 9)
    assert "rk3588" in refusal(graph, ToolkitConfig("rk9999")).do
    assert "convert it again" in refusal(tmp_path / "garbage.onnx", ToolkitConfig("rk3588")).do
    np.save(tmp_path / "other.npy", np.zeros((4, 9, 9, 3), np.uint8))
    other = ToolkitConfig("rk3588", Precision.INT8, calibration=tmp_path / "other.npy")
    assert "shape" in refusal(graph, other).do
    assert not (tmp_path / "out.rknn").exists()


def test_a_simulator_refuses_a_picture_of_another_shape_and_goes_on(tmp_path: Path) -> None:
    graph = make_encoder(tmp_path / "encoder.onnx")
    with Session(ToolkitConfig("rk3588").recipe(graph)) as session:
        with pytest.raises(MortarError, match="shape"):
            session.run(np.zeros((1, 9, 9, 3), np.uint8))
        assert session.run(pictures(1)).shape == (1, PATCHES, WIDTH)
