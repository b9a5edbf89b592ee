"""The pictures that INT8 is calibrated with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mortar.errors import UsageError
from mortar_tools.vision.convert.calibration import MOST, load


def draw(folder: Path, names: dict[str, str]) -> Path:
    for name, colour in names.items():
        Image.new("RGB", (40, 30), colour).save(folder / name)
    return folder


def test_a_folder_is_taken_in_the_order_of_names_and_what_is_no_picture_is_left_out(tmp_path: Path) -> None:
    draw(tmp_path, {"b.png": "blue", "a.jpg": "red"})
    (tmp_path / "README.md").write_text("no picture")
    (tmp_path / "folder").mkdir()
    found = load(str(tmp_path), 16, 8, tmp_path).pictures
    assert found.shape == (2, 8, 16, 3) and found.dtype == np.uint8
    assert found[0, 0, 0, 0] > 200 and found[1, 0, 0, 2] > 200


def test_the_hash_is_of_the_pictures_and_not_of_where_they_lie(tmp_path: Path) -> None:
    hashes = set()
    for name, colours in {
        "one": {"a.png": "red"},
        "other": {"z.png": "red"},
        "third": {"a.png": "green"},
    }.items():
        (tmp_path / name).mkdir()
        hashes.add(load(str(draw(tmp_path / name, colours)), 8, 8, tmp_path).sha256)
    assert len(hashes) == 2


def test_a_large_folder_is_not_read_to_the_end(tmp_path: Path) -> None:
    draw(tmp_path, {f"{number:04}.png": "red" for number in range(MOST + 3)})
    assert len(load(str(tmp_path), 8, 8, tmp_path).pictures) == MOST


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_no_pictures_are_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as caught:
        load(str(tmp_path / name), 8, 8, tmp_path)
    assert caught.value.code == "calibration-empty"
