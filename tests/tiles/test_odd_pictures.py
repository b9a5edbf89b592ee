"""Pictures of every odd kind, from the file to what the encoder gets: the right tiles, or one clear line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mortar.bricks.tiles import cut, grid_for
from mortar.drivers.pictures import read_picture
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Pixels
from tiles.parts import tiled

DARK, LIGHT = 40, 220


def cut_from(path: Path) -> Pixels:
    picture = read_picture(path)
    part = tiled()
    return cut(picture, grid_for(picture.size, part), part)


def left_dark_right_light(width: int, height: int) -> Image.Image:
    """Grey, so that every mode can hold it."""
    levels = np.full((height, width), DARK, np.uint8)
    levels[:, width // 2 :] = LIGHT
    return Image.fromarray(levels)


def turned_by_exif(path: Path) -> None:
    """As a telephone stores it: lying, with a word that says how to stand it up."""
    exif = Image.Exif()
    exif[0x0112] = 8  # turn anticlockwise to look at it
    lying = left_dark_right_light(256, 128).transpose(Image.Transpose.ROTATE_270)
    lying.convert("RGB").save(path, exif=exif, quality=95)


def with_alpha(path: Path) -> None:
    """The light half is clear: white lies behind it."""
    picture = left_dark_right_light(256, 128).convert("RGBA")
    clear = Image.new("RGBA", (128, 128), (0, 0, 0, 0))
    picture.paste(clear, (128, 0))
    picture.save(path)


def in_16_bits(path: Path) -> None:
    deep = np.asarray(left_dark_right_light(256, 128)).astype(np.uint16) * 257
    Image.fromarray(deep).save(path)


HALVES: dict[str, Callable[[Path], None]] = {
    "grey.png": lambda path: left_dark_right_light(256, 128).save(path),
    "grey.jpg": lambda path: left_dark_right_light(256, 128).save(path, quality=95),
    "palette.gif": lambda path: left_dark_right_light(256, 128).convert("P").save(path),
    "deep.png": in_16_bits,
    "cmyk.jpg": lambda path: (
        left_dark_right_light(256, 128).convert("RGB").convert("CMYK").save(path, quality=95)
    ),
    "alpha.png": with_alpha,
    "exif.jpg": turned_by_exif,
    "twelve-megapixels.jpg": lambda path: left_dark_right_light(4000, 3000).save(path),
}


@pytest.mark.parametrize("name", HALVES)
def test_the_left_tiles_are_dark_and_the_right_ones_light(tmp_path: Path, name: str) -> None:
    """Whatever the file stores it as: grey, palette, CMYK, 16 bits, transparent, turned, 12 megapixels."""
    HALVES[name](tmp_path / name)
    thumbnail, *tiles = cut_from(tmp_path / name)
    assert thumbnail[:, :60].max() < DARK + 12 and thumbnail[:, 68:].min() > LIGHT - 12
    columns = {2: 2, 6: 3, 9: 3}[len(tiles)]
    for left in tiles[::columns]:
        assert left[:, :60].max() < DARK + 12
    for right in tiles[columns - 1 :: columns]:
        assert right[:, 68:].min() > LIGHT - 12


@pytest.mark.parametrize(("width", "height", "n"), [(1, 1, 1), (1, 10_000, 4), (10_000, 1, 4)])
def test_a_point_and_a_line_are_pictures_too(tmp_path: Path, width: int, height: int, n: int) -> None:
    Image.new("RGB", (width, height), (9, 99, 199)).save(tmp_path / "odd.png")
    cuttings = cut_from(tmp_path / "odd.png")
    assert len(cuttings) == n
    assert (cuttings == (9, 99, 199)).all()


def test_a_truncated_picture_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "half.jpg"
    left_dark_right_light(600, 400).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MortarError) as caught:
        cut_from(path)
    assert caught.value.code == "picture-damaged" and "\n" not in str(caught.value)
