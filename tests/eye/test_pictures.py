"""Picture files: every usual kind is read as upright RGB, every bad one ends in one clear line."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mortar.drivers.camera import PictureFolder, open_camera
from mortar.drivers.pictures import MOST_PIXELS, pictures_in, read_picture
from mortar.errors import MortarError
from mortar.settings import Camera, RunOptions

RED, WHITE = (255, 0, 0), (255, 255, 255)


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.subtract(pixel, colour)).max() < 12)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises `width` × `height` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("mode", "colour", "suffix"),
    [
        ("RGB", RED, ".jpg"),
        ("RGB", RED, ".webp"),
        ("RGB", RED, ".bmp"),
        ("CMYK", (0, 255, 255, 0), ".jpg"),
        ("RGBA", (255, 0, 0, 255), ".png"),
    ],
)
def test_colours_survive(tmp_path: Path, mode: str, colour: tuple[int, ...], suffix: str) -> None:
    """Red is red, whatever the file stores it as."""
    picture = read_picture(saved(Image.new(mode, (32, 24), colour), tmp_path / f"red{suffix}"))
    assert (picture.mode, picture.size) == ("RGB", (32, 24))
    assert near(picture.getpixel((16, 12)), RED)


def test_palette_pictures_become_rgb(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), RED).quantize(4)
    assert near(read_picture(saved(image, tmp_path / "palette.gif")).getpixel((4, 4)), RED)


def test_16_bit_grey_keeps_its_steps(tmp_path: Path) -> None:
    """16-bit values are scaled, not clipped to white."""
    steps = np.array([[0, 0x4000, 0x8000, 0xFFFF]], np.uint16)
    picture = read_picture(saved(Image.fromarray(steps), tmp_path / "deep.png"))
    assert np.asarray(picture)[0].tolist() == [[v, v, v] for v in (0, 0x40, 0x80, 0xFF)]


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert near(read_picture(saved(image, tmp_path / "clear.png")).getpixel((4, 4)), WHITE)


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    """A phone held upright stores the picture lying, and says so."""
    image = Image.new("RGB", (40, 20), WHITE)
    image.paste(RED, (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to look at it
    picture = read_picture(saved(image, tmp_path / "phone.jpg", exif=exif))
    assert picture.size == (20, 40)
    assert near(picture.getpixel((10, 5)), RED) and near(picture.getpixel((10, 35)), WHITE)


def half_a_jpeg(path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def half_a_png(path: Path) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:600])


BAD = {
    "missing.png": (lambda path: None, "picture-missing"),
    "empty.png": (lambda path: path.touch(), "picture-damaged"),
    "text.png": (lambda path: path.write_text("not a picture, only words"), "picture-unknown"),
    "script.eps": (lambda path: path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n"), "picture-unknown"),
    "half.jpg": (half_a_jpeg, "picture-damaged"),
    "half.png": (half_a_png, "picture-damaged"),
    "huge.png": (lambda path: path.write_bytes(png_that_claims(10_000, 8_000)), "picture-too-large"),
    "bomb.png": (lambda path: path.write_bytes(png_that_claims(60_000, 60_000)), "picture-too-large"),
    "pipe.png": (os.mkfifo, "picture-unknown"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_ends_in_one_line_that_names_it(tmp_path: Path, name: str) -> None:
    make, code = BAD[name]
    path = tmp_path / name
    make(path)
    with pytest.raises(MortarError) as caught:
        read_picture(path)
    assert caught.value.code == code
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_limit_is_above_real_cameras() -> None:
    """48 megapixels is the largest sensor of today's phones and camera modules."""
    assert MOST_PIXELS >= 48_000_000


def test_a_folder_plays_its_pictures_in_order_and_again(tmp_path: Path) -> None:
    for number, size in enumerate((10, 20, 30)):
        saved(Image.new("RGB", (size, 8)), tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    camera = PictureFolder(tmp_path)
    assert [camera.capture().width for _ in range(5)] == [10, 20, 30, 10, 20]


def test_a_damaged_picture_in_a_folder_costs_one_look(tmp_path: Path) -> None:
    half_a_png(tmp_path / "1.png")
    saved(Image.new("RGB", (20, 8)), tmp_path / "2.png")
    camera = PictureFolder(tmp_path)
    with pytest.raises(MortarError, match=r"1\.png"):
        camera.capture()
    assert camera.capture().width == 20


def test_a_folder_without_pictures_says_so(tmp_path: Path) -> None:
    with pytest.raises(MortarError, match="has no pictures"):
        pictures_in(tmp_path)


def test_the_command_line_wins_over_the_settings(tmp_path: Path) -> None:
    path = saved(Image.new("RGB", (20, 8)), tmp_path / "1.png")
    camera = open_camera(Camera(device="none"), RunOptions(camera=str(path)))
    assert camera.capture().width == 20


@pytest.mark.parametrize("device", ["none", "/dev/no-such-camera"])
def test_no_camera_is_said_when_it_is_looked_through(device: str) -> None:
    """Not before: a camera may be plugged in at any time."""
    camera = open_camera(Camera(device=device), RunOptions())
    with pytest.raises(MortarError) as caught:
        camera.capture()
    assert caught.value.code == "camera-missing"
