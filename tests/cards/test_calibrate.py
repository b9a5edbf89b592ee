"""mortar tools calibrate, on the bundled models and pictures that they cannot know: discs of a colour."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="scenes are drawn with the tools extra")
pytest.importorskip("matplotlib", reason="plots come with the tools extra")

from mortar import resources
from mortar.errors import UsageError
from mortar.runtimes.manifest import MANIFEST
from mortar_tools.calibrate.command import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small model, of which anything may be written."""
    return shutil.copytree(resources.bundled_model() / "small", tmp_path / "tiny")


def test_figures_of_a_cascade_come_out_with_their_plots(
    work: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["--n", "60", "--json", "--work", str(work), "--out", str(out)]
    assert main([str(folder), "base", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = {held["name"]: held for held in map(json.loads, lines)}
    assert {"tiny_accuracy", "base_accuracy", "cascade_accuracy", "cascade_escalated"} <= set(found)
    assert all({"value", "unit", "n", "seed", "interval"} <= set(held) for held in found.values())
    assert found["cascade_parameters_ratio"]["value"] >= found["cascade_escalated"]["value"]
    assert (out / "figures.jsonl").read_text(encoding="utf-8").splitlines() == lines
    report = (out / "report.md").read_text(encoding="utf-8")
    assert "| always tiny |" in report and "| tiny, then base |" in report
    for name in ("accuracy.svg", "risk.svg"):
        assert "<svg" in (out / name).read_text(encoding="utf-8") and name in report


def test_models_that_are_good_for_nothing_get_no_threshold(work: Path, folder: Path) -> None:
    """60 questions are not enough to show that anything is rarely wrong: the manifest stays as it is."""
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(UsageError) as error:
        main([str(folder), "--n", "60", "--error", "0.01", "--write", "--work", str(work)])
    assert error.value.code == "calibrate-never-sure"
    assert (folder / MANIFEST).read_bytes() == before


@pytest.mark.parametrize(
    "arguments", [["--error", "0"], ["--confidence", "1"], ["--n", "3"], ["--seed", "-1"], ["--n", "600000"]]
)
def test_numbers_that_make_no_sense_are_refused_at_once(work: Path, arguments: list[str]) -> None:
    with pytest.raises(UsageError):
        main([*arguments, "--work", str(work)])
