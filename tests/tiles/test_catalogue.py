"""The catalogue: it loads, its numbers agree with each other, and a wrong one is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mortar import catalogue, resources
from mortar.catalogue import Weights
from mortar.errors import MortarError
from mortar.runtimes.model_folder import ModelFolder

KNOWN = catalogue.load()


@pytest.mark.parametrize("folder", ["", "small"])
def test_the_bundled_model_is_in_it_as_its_manifest_has_it(folder: str) -> None:
    manifest = ModelFolder(resources.bundled_model() / folder).manifest
    part, known = manifest.vision, KNOWN["cards"]
    assert known.weights is Weights.BUNDLED
    assert (known.width_px, known.height_px, known.n_tok) == (part.width_px, part.height_px, part.n_tok)
    assert known.tiles == part.tiles


@pytest.mark.parametrize(
    ("name", "n_tok"),
    [
        ("smolvlm-256m-instruct", 64),
        ("smolvlm-500m-instruct", 64),
        ("llava-onevision-qwen2-0.5b", 729),
        ("bluelm-v-3b", 196),
        ("qwen2-vl-2b-instruct", 416),
    ],
)
def test_a_tile_has_as_many_tokens_as_the_model_is_known_for(name: str, n_tok: int) -> None:
    """They follow from side, patch and reduction, so a slip in one of those shows here."""
    assert KNOWN[name].n_tok == n_tok


def test_every_model_says_where_its_figures_are_from() -> None:
    assert all(model.source for model in KNOWN.values())


def test_marks_name_rows_and_columns() -> None:
    """They are filled in with `format`: another name in braces would fail where a picture is shown."""
    marks = KNOWN["smolvlm-256m-instruct"].marks
    assert marks.before_tile.format(row=2, column=3) == "<fake_token_around_image><row_2_col_3>"


GOOD = """
[toy]
title = "toy"
weights = "published"
licence = "MIT"
width_px = 64
height_px = 64
patch_px = 16
merged = 1
source = "this test"
"""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("patch_px = 16", "patch_px = 0"), "patch_px"),
        (("merged = 1", "merged = 1\nmerge = 1"), "merge"),
        (('weights = "published"', 'weights = "somewhere"'), "weights"),
        (('source = "this test"', ""), "source"),
        (('source = "this test"', 'source = "x"\n[toy.tiles]\nmost_across = 0'), "most_across"),
        (("[toy]", "[toy"), "line"),
    ],
)
def test_a_wrong_catalogue_is_one_line_that_names_the_key(
    tmp_path: Path, change: tuple[str, str], named: str
) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(GOOD)
    assert catalogue.load(path)["toy"].n_tok == 16
    path.write_text(GOOD.replace(*change))
    with pytest.raises(MortarError) as caught:
        catalogue.load(path)
    assert caught.value.code == "catalogue-wrong"
    assert named in caught.value.what and str(path) in caught.value.what and "\n" not in str(caught.value)


def test_a_catalogue_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MortarError, match="catalogue") as caught:
        catalogue.load(tmp_path / "catalogue.toml")
    assert caught.value.code == "catalogue-unreadable"
