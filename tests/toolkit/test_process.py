"""The toolkit's process, on a small toolkit: what it is asked, and every way in which it fails."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

from mortar.errors import MortarError
from mortar.runtimes.rknn_sim.process import Recipe, ToolkitProcess
from toolkit.environments import N_EMBD, N_TOK, make_graph, pictures

PATIENCE_s = 60.0


@pytest.fixture
def process(small_toolkit: Path) -> Iterator[ToolkitProcess]:
    with closing(ToolkitProcess(small_toolkit / "bin" / "python")) as started:
        yield started


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return make_graph(tmp_path / "vision.onnx")


def exported(process: ToolkitProcess, folder: Path) -> dict[str, object]:
    """What the small toolkit says it was asked to build."""
    process.export(folder / "out.rknn")
    told: dict[str, object] = json.loads((folder / "out.rknn").read_text())
    return told


def halves(shown: np.ndarray) -> np.ndarray:
    upper, lower = np.split(shown.astype(np.float32), 2, 1)
    return np.stack([upper.mean((1, 2)), lower.mean((1, 2))], 1)


def failure(code: str, process: ToolkitProcess, recipe: Recipe) -> MortarError:
    """The one line that building or running comes to."""
    with pytest.raises(MortarError) as caught:
        process.build(recipe)
        process.run(pictures(1), 0.5)
    assert caught.value.code == code
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
    return caught.value


def test_a_graph_is_simulated_in_place(process: ToolkitProcess, graph: Path) -> None:
    assert process.build(Recipe(graph, {"mean_values": [[1.0, 2.0, 3.0]]})) == "2.5.0"
    shown = pictures(1)
    slot = np.zeros((3, N_TOK, N_EMBD), np.float32)
    process.run(shown, PATIENCE_s, slot[1:2])
    np.testing.assert_allclose(slot[1:2], halves(shown) - [1, 2, 3], rtol=1e-6)
    assert not slot[0].any() and not slot[2].any()


def test_a_hundred_pictures_one_after_the_other_are_themselves(process: ToolkitProcess, graph: Path) -> None:
    process.build(Recipe(graph, {}))
    for seed in range(100):
        shown = pictures(1, seed)
        np.testing.assert_allclose(process.run(shown, PATIENCE_s), halves(shown), rtol=1e-6)


def test_calibration_pictures_go_in_as_the_graph_takes_them(process: ToolkitProcess, tmp_path: Path) -> None:
    """As many at a time, channels first; what does not fill a batch is left out."""
    np.save(tmp_path / "calibration.npy", pictures(5))
    process.build(Recipe(make_graph(tmp_path / "two.onnx", batch=2), {}, tmp_path / "calibration.npy"))
    assert exported(process, tmp_path) == {"quantised": True, "samples": [[2, 3, 4, 6], [2, 3, 4, 6]]}


def test_float_layers_are_named_to_the_toolkit(process: ToolkitProcess, graph: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "calibration.npy", pictures(1))
    process.build(Recipe(graph, {}, tmp_path / "calibration.npy", ("first", "/odd: name#1")))
    layers = ['    "first": float16', '    "/odd: name#1": float16']
    assert exported(process, tmp_path) == {"samples": [[1, 3, 4, 6]], "layers": layers}


def test_one_graph_after_the_other(process: ToolkitProcess, graph: Path, tmp_path: Path) -> None:
    """A second recipe takes the place of the first, also after one that was refused."""
    process.build(Recipe(graph, {}))
    failure("toolkit-refused", process, Recipe(graph, {"custom_string": "says no"}))
    process.build(Recipe(graph, {}))
    assert process.run(pictures(1), PATIENCE_s).shape == (1, N_TOK, N_EMBD)


@pytest.mark.parametrize(
    ("trouble", "what", "do"),
    [
        ("says no", "nothing of it fits", "convert it again"),
        ("needs torch", "torch.einsum", "install torch"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    process: ToolkitProcess, graph: Path, trouble: str, what: str, do: str
) -> None:
    error = failure("toolkit-refused", process, Recipe(graph, {"custom_string": trouble}))
    assert what in error.what and do in error.do


def test_a_missing_graph_is_named(process: ToolkitProcess, tmp_path: Path) -> None:
    error = failure("toolkit-refused", process, Recipe(tmp_path / "none.onnx", {}))
    assert "none.onnx" in error.what


def test_nothing_for_an_answer_is_a_refusal(process: ToolkitProcess, graph: Path) -> None:
    error = failure("toolkit-refused", process, Recipe(graph, {"custom_string": "gives nothing"}))
    assert "inference failed" in error.what


def test_a_process_that_dies_leaves_its_last_words(process: ToolkitProcess, graph: Path) -> None:
    error = failure("toolkit-ended", process, Recipe(graph, {"custom_string": "dies"}))
    assert "the driver went away" in error.what


def test_a_process_that_hangs_is_killed(process: ToolkitProcess, graph: Path) -> None:
    failure("toolkit-too-slow", process, Recipe(graph, {"custom_string": "hangs"}))
    assert not [child for child in psutil.Process().children() if "worker.py" in " ".join(child.cmdline())]


def test_a_graph_of_another_shape_is_refused(process: ToolkitProcess, graph: Path) -> None:
    process.build(Recipe(graph, {}))
    with pytest.raises(MortarError) as caught:
        process.run(pictures(1), PATIENCE_s, np.zeros((1, N_TOK, 5), np.float32))
    assert caught.value.code == "vision-model-shape"


def test_nothing_is_left_of_a_closed_one(small_toolkit: Path, graph: Path) -> None:
    process = ToolkitProcess(small_toolkit / "bin" / "python")
    process.build(Recipe(graph, {}))
    (child,) = (one for one in psutil.Process().children() if "worker.py" in " ".join(one.cmdline()))
    folder = Path(os.readlink(f"/proc/{child.pid}/cwd")).parent
    assert "mortar-toolkit-" in folder.name
    process.close()
    assert not child.is_running() and not folder.exists()


def test_the_programs_own_packages_are_not_the_toolkits(
    small_toolkit: Path, graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever PYTHONPATH says."""
    (tmp_path / "rknn").mkdir()
    (tmp_path / "rknn" / "__init__.py").write_text("raise ImportError('the wrong one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with closing(ToolkitProcess(small_toolkit / "bin" / "python")) as process:
        assert process.build(Recipe(graph, {})) == "2.5.0"


def test_a_python_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MortarError) as caught:
        ToolkitProcess(tmp_path / "bin" / "python")
    assert caught.value.code == "toolkit-missing"
