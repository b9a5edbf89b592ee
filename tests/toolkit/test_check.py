"""Checking forms: what is compared, what is good enough, and what is made of a form that is not."""

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from mortar.errors import MortarError, UsageError
from mortar.runtimes.forms import Form, Precision, folders
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.vision import sidecar
from mortar_tools.vision.check.command import checked, main
from mortar_tools.vision.check.cosines import Nearness, cosines
from mortar_tools.vision.check.encoders import Reference, forms, in_batches, own_file
from mortar_tools.vision.check.results import Result
from mortar_tools.vision.check.study import Study, in_folder
from toolkit.environments import make_form, pictures
from toolkit.studies import halves, result


def test_each_token_has_its_cosine() -> None:
    ours = np.array([[[1, 0], [0, 2]], [[3, 3], [0, 0]]], np.float32)
    theirs = np.array([[[5, 0], [4, 0]], [[1, 0], [1, 1]]], np.float32)
    found = Nearness(cosines(ours, theirs))
    np.testing.assert_allclose(found.all, [[1, 0], [0.5**0.5, 0]], atol=1e-7)
    assert found.worst == 0 and found.worst_picture == 1


@pytest.mark.parametrize(
    ("found", "trouble"),
    [
        (result(Precision.F16, 0.9991), ""),
        (result(Precision.F16, 0.9989), "cosine"),
        (result(Precision.F16, float("nan")), "cosine"),
        (result(Precision.F16, 0.9999, 1.2), "points"),
        (result(Precision.INT8, 0.98), ""),
        (result(Precision.INT8, 0.98, 0.9), ""),
        (result(Precision.INT8, 0.98, 1.1), "points"),
        (result(Precision.HYBRID, 0.98, -2.0), ""),
        (result(Precision.INT8, float("nan"), 0.0), "cosine"),
    ],
)
def test_floats_are_judged_by_cosine_and_all_by_answers(found: Result, trouble: str) -> None:
    assert trouble in found.trouble and bool(found.trouble) is bool(trouble)


def test_what_was_found_goes_into_the_sidecar(tmp_path: Path) -> None:
    form = make_form(tmp_path, Precision.INT8, {"mean_values": [[127.5]], "target_platform": 'a "name"'}).form
    form = replace(form, source=replace(form.source, float_layers=("/a#1", "b")))
    form = replace(form, checked=result(Precision.INT8, 0.98, 0.5).checked)
    sidecar.write(form, tmp_path / "vision-x.toml")
    assert msgspec.toml.decode((tmp_path / "vision-x.toml").read_bytes(), type=Form) == form
    assert form.checked is not None and (form.checked.cosine, form.checked.accuracy_lost) == (0.98, 0.5)
    assert not list(tmp_path.glob(".*"))


def test_any_number_of_pictures_goes_through_a_graph_of_four() -> None:
    batches: list[int] = []

    def run(shown: np.ndarray) -> np.ndarray:
        batches.append(len(shown))
        return shown.mean((1, 2))[:, np.newaxis].astype(np.float32)

    shown = pictures(9)
    np.testing.assert_allclose(in_batches(run, 4)(shown), run(shown))
    assert batches[:3] == [4, 4, 4]


def test_the_models_own_file_is_a_reference(model: ModelFolder) -> None:
    """For whoever has no torch."""
    shown = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), np.uint8)
    found = own_file(model).encode(shown)
    assert found.shape == (2, 16, 256) and not np.array_equal(found[0], found[1])


def study(model: ModelFolder) -> Study:
    """Of the small toolkit's graph, which is what is right."""
    return Study(model, Reference("by hand", halves), pictures(4), [], 0)


def test_a_form_is_simulated_compared_and_marked(
    installed_toolkit: Path, model: ModelFolder, tmp_path: Path
) -> None:
    form = make_form(tmp_path)
    (found,) = checked(study(model), model, form, False, lambda line: None)
    assert found.nearness.all.shape == (4, 2) and found.nearness.worst > 0.999999 and not found.trouble
    written = msgspec.toml.decode(form.sidecar.read_bytes(), type=Form)
    assert written == replace(form.form, checked=found.checked)
    assert found.checked.by == "rknn-toolkit2 2.5.0 simulator" and found.checked.against == "by hand"


def test_a_form_whose_file_is_damaged_is_not_marked(
    installed_toolkit: Path, model: ModelFolder, tmp_path: Path
) -> None:
    form = make_form(tmp_path)
    (tmp_path / form.form.file).write_bytes(b"something else said")
    with pytest.raises(MortarError):
        checked(study(model), model, form, False, lambda line: None)
    assert msgspec.toml.decode(form.sidecar.read_bytes(), type=Form).checked is None


def test_without_forms_the_command_says_how_to_make_one(model: ModelFolder) -> None:
    with pytest.raises(MortarError) as caught:
        main(["--n", "2"])
    assert caught.value.code == "forms-missing" and "mortar tools convert" in caught.value.do


@pytest.mark.parametrize("options", [["--n", "1"], ["--seed", "-1"], ["--n", "1000000", "--seed", "3"]])
def test_impossible_scenes_are_refused(options: list[str], model: ModelFolder) -> None:
    with pytest.raises(UsageError) as caught:
        main(options)
    assert caught.value.code == "scenes-impossible"


def test_forms_are_chosen_by_name_and_those_of_other_weights_refused(model: ModelFolder) -> None:
    folder = folders(model)[1]
    own = make_form(folder)
    with pytest.raises(MortarError) as caught:
        forms(model, [])
    assert caught.value.code == "form-wrong" and "other weights" in caught.value.what
    mine = replace(own.form, vision_sha256=model.manifest.vision.sha256)
    sidecar.write(mine, own.sidecar)
    assert [one.form for one in forms(model, ["f16"])] == [mine]
    with pytest.raises(MortarError, match="int8 in its name"):
        forms(model, ["int8"])
    sidecar.write(replace(mine, width_px=96, height_px=96), own.sidecar)
    with pytest.raises(MortarError):
        forms(model, ["f16"])


def test_a_folder_of_pictures_is_squashed_to_the_models_size(model: ModelFolder, tmp_path: Path) -> None:
    Image.new("L", (30, 10), 200).save(tmp_path / "grey.png")
    Image.new("RGB", (500, 900), "red").save(tmp_path / "tall.jpg")
    (tmp_path / "notes.txt").write_text("no picture")
    assert in_folder(model, tmp_path).shape == (2, 128, 128, 3)
    (tmp_path / "broken.png").write_bytes(b"none")
    with pytest.raises(MortarError) as caught:
        in_folder(model, tmp_path)
    assert caught.value.code == "picture-damaged" and "broken.png" in caught.value.what


def test_an_empty_folder_is_one_line(model: ModelFolder, tmp_path: Path) -> None:
    with pytest.raises(MortarError) as caught:
        in_folder(model, tmp_path)
    assert caught.value.code == "picture-missing"


def test_the_page_says_what_simulator_figures_are_of(model: ModelFolder, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots come with the tools extra")
    from mortar_tools.vision.check import report

    found = [result(Precision.F16, 0.9999, 0.1), result(Precision.INT8, 0.98, 1.5)]
    report.write(tmp_path, "mortar tools check vision", found, found[0].accuracy, ["4 layers"], pictures(3))
    page = (tmp_path / "check.md").read_text()
    assert "no board has run it" in page and "refuses a finished `.rknn`" in page and "- 4 layers" in page
    assert re.search(r"it loses 1.5 points of answer accuracy", page)
    assert {path.name for path in tmp_path.glob("*.svg")} == {"cosines.svg", "worst.svg", "accuracy.svg"}
