"""The evaluation of a closer look: the same scenes in every way, and what is compared with what."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("cv2", reason="scenes are drawn with the tools extra")

from mortar import resources
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.evaluate import closeup
from mortar_tools.cards.evaluate.closeup import EDGE_PX, WAYS, paper, parser

SMALL = Image.new("RGB", (EDGE_PX, EDGE_PX), "grey")
SMALL.paste("yellow", (40, 60, 70, 90))


def test_each_way_looks_as_often_as_it_says() -> None:
    part = ModelFolder(resources.bundled_model()).manifest.vision
    looks = {name: way(SMALL, part) for name, way in WAYS.items()}
    assert {name: len(seen) for name, seen in looks.items()} == {
        "whole": 1,
        "closeup": 1,
        "both": 2,
        "tiles": 5,
    }
    assert np.array_equal(looks["both"], np.concatenate((looks["whole"], looks["closeup"])))
    assert np.array_equal(looks["tiles"][0], looks["whole"][0]), "the thumbnail stands first"


def test_each_look_is_so_many_tokens_more() -> None:
    model = Shipped(resources.bundled_model())
    once = model.encode_views(WAYS["whole"](SMALL, model.part))
    twice = model.encode_views(WAYS["both"](SMALL, model.part))
    assert len(twice) == 2 * len(once) and np.allclose(twice[: len(once)], once, atol=1e-4)


def test_cards_are_small_unless_they_are_near(work: Path) -> None:
    options = [["--n", "12", "--work", str(work), *more] for more in ([], ["--near"])]
    afar, near = (list(paper(parser().parse_args(one))) for one in options)
    assert all(sheet.picture.size == (EDGE_PX, EDGE_PX) for sheet in (*afar, *near))
    assert [sheet.present for sheet in afar] == [sheet.present for sheet in near]
    sizes = [{group for sheet in one for group in sheet.groups if "size" in group} for one in (afar, near)]
    assert "size_above" in sizes[1] and sizes[0] != sizes[1]


def test_the_command_compares_with_another_model(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which is here the same one, and so no better and no worse."""
    before = ["--before", str(resources.bundled_model()), "--way", "whole"]
    assert closeup.main(["--n", "4", "--work", str(work), "--json", *before]) == 0
    found = {one["name"]: one["value"] for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert found["whole_minus_before_answer_accuracy"] == found["whole_minus_before_objects_f1"] == 0
    assert found["whole_answer_accuracy"] == found["before_answer_accuracy"]
