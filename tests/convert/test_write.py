"""The command itself, on a small tower: whole files with sidecars that vouch for them, or nothing."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="converting needs the tools extra")
pytest.importorskip("litert_torch", reason="converting needs the tools extra")

from mortar.errors import MortarError, UsageError
from mortar.runtimes.forms import Form, Precision, Role, Runtime
from mortar_tools.vision.convert import agreement, tflite_file
from mortar_tools.vision.convert.command import main
from mortar_tools.vision.convert.graphs import Graph
from mortar_tools.vision.towers import mmproj
from mortar_tools.vision.towers.tower import Tower, randomised
from small_towers import SMALL

# Importing and running the converters takes most of a minute where the processor is busy.
pytestmark = pytest.mark.timeout(600)

LEAST_COSINE = {Precision.F32: 0.99999, Precision.F16: 0.9999, Precision.INT8: 0.99}


@pytest.fixture(scope="module")
def tower() -> Tower:
    return randomised(SMALL)


@pytest.fixture(scope="module")
def file(tower: Tower, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "small.gguf"
    mmproj.write(tower, "small", "Apache-2.0", path)
    return path


@pytest.fixture(scope="module")
def calibration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(6)
    for number in range(12):
        coarse = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8))
        coarse.resize((64, 64)).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def out(file: Path, calibration: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything but .rknn, two pictures at a time, whole and in halves."""
    folder = tmp_path_factory.mktemp("forms")
    asked = ["--to", "onnx", "tflite", "--batch", "2", "--split", "--calibration", str(calibration)]
    assert main([str(file), *asked, "--out", str(folder)]) == 0
    return folder


def forms(folder: Path) -> list[Form]:
    return [msgspec.toml.decode(path.read_bytes(), type=Form) for path in sorted(folder.glob("*.toml"))]


def test_every_file_has_a_sidecar_and_there_is_nothing_else(out: Path) -> None:
    files = {one.file for one in forms(out)}
    assert {path.name for path in out.iterdir()} == files | {path.name for path in out.glob("*.toml")}
    assert all((out / f"{Path(file).stem}.toml").exists() for file in files)
    # ONNX of three roles; TFLite in f32 and f16 of three, in INT8 of two.
    assert len(files) == 3 + 6 + 2


def test_a_sidecar_vouches_for_its_file_and_its_source(out: Path, file: Path) -> None:
    source = hashlib.sha256(file.read_bytes()).hexdigest()
    for form in forms(out):
        content = (out / form.file).read_bytes()
        assert (form.sha256, form.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
        assert form.vision_sha256 == source and form.soc == "" and form.checked is None


def test_what_int8_was_calibrated_with_is_in_its_sidecar(out: Path) -> None:
    for form in forms(out):
        quantised = form.precision is Precision.INT8
        assert (form.source.calibration, bool(form.source.calibration_sha256)) == (12 * quantised, quantised)


@pytest.mark.parametrize("precision", list(LEAST_COSINE))
def test_each_precision_sees_what_the_tower_sees(out: Path, tower: Tower, precision: Precision) -> None:
    x = np.random.default_rng(8).uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32).repeat(8, 1).repeat(8, 2)
    found = agreement.by_tflite(out / f"vision-cpu-{precision}-2x64x64-tflite.tflite", x)
    wanted = agreement.by_torch(tower, x.transpose(0, 3, 1, 2))
    assert agreement.least_cosine(found, wanted) >= LEAST_COSINE[precision]


def test_smaller_precisions_are_smaller_files(out: Path) -> None:
    blocks = [one for one in forms(out) if (one.runtime, one.role) == (Runtime.TFLITE, Role.BLOCKS)]
    sizes = {one.precision: one.size_bytes for one in blocks}
    assert sizes[Precision.INT8] < sizes[Precision.F16] < sizes[Precision.F32]


def test_the_halves_in_a_row_are_the_whole(out: Path) -> None:
    x = np.random.default_rng(9).uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32)
    patches = agreement.by_tflite(out / "vision-patches-cpu-f32-2x64x64-tflite.tflite", x)
    tokens = agreement.by_tflite(out / "vision-blocks-cpu-f32-2x64x64-tflite.tflite", patches)
    whole = agreement.by_tflite(out / "vision-cpu-f32-2x64x64-tflite.tflite", x)
    assert np.abs(tokens - whole).max() < 1e-5


def test_tflite_has_few_operators(out: Path, tmp_path: Path) -> None:
    tflite_file.write_float32(randomised(SMALL), Role.WHOLE, 2, tmp_path / "plain.tflite")
    plain = tflite_file.operators(tmp_path / "plain.tflite")
    lean = tflite_file.operators(out / "vision-cpu-f32-2x64x64-tflite.tflite")
    assert lean.total() < 0.6 * plain.total()
    assert lean["MEAN"] == lean["SLICE"] == 0


def test_a_conversion_that_fails_leaves_what_was_there(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vision-cpu-f16-1x64x64-tflite.tflite").write_bytes(b"before")

    def wrong(*_: object) -> float:
        return 0.5

    monkeypatch.setattr(agreement, "least_cosine", wrong)
    with pytest.raises(MortarError) as caught:
        main([str(file), "--precision", "f16", "--out", str(tmp_path)])
    assert caught.value.code == "convert-differs"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "vision-cpu-f16-1x64x64-tflite.tflite": b"before"
    }


def test_ctrl_c_leaves_whole_files_alone(file: Path, tmp_path: Path) -> None:
    asked = [str(file), "--to", "onnx", "tflite", "--out", str(tmp_path)]
    code = f"from mortar_tools.vision.convert.command import main; main({asked!r})"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert any("onnx.onnx" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.returncode != 0
    assert {path.name for path in tmp_path.iterdir()} == {
        f"vision-cpu-f32-1x64x64-onnx.{ending}" for ending in ("onnx", "toml")
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing"], "convert-nothing"),
        (["random:llama"], "convert-unknown"),
        (["pyproject.toml"], "convert-unknown"),
        (["random:siglip-base", "--out", "/proc/here"], "out-unusable"),
        (["random:siglip-base", "--mean", "0", "0", "0"], "convert-colours"),
    ],
)
def test_what_cannot_be_converted_is_said(arguments: list[str], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        main(arguments)
    assert caught.value.code == code


def test_int8_without_pictures_finds_its_ranges_as_they_come(
    file: Path, tower: Tower, tmp_path: Path
) -> None:
    """Its sidecar says that nothing was calibrated, so that what cannot do so leaves it alone."""
    main([str(file), "--precision", "int8", "--out", str(tmp_path)])
    (written,) = tmp_path.glob("*.toml")
    form = msgspec.toml.decode(written.read_bytes(), type=Form)
    assert form.ranges_itself
    x = np.random.default_rng(1).normal(size=(1, 64, 64, 3)).astype(np.float32)
    wanted = agreement.by_torch(Graph(tower, Role.WHOLE, channels_last=True), x)
    found = agreement.by_tflite(tmp_path / form.file, x)
    assert agreement.least_cosine(found, wanted) >= LEAST_COSINE[Precision.INT8]
