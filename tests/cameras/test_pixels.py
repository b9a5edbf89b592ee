"""Pixels of cameras, beside those that tests/cameras/v4l2_streams.py takes through the driver."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cameras.pictures import CHECKS, as_jpeg, as_yuyv, differs
from mortar.drivers import pixels
from mortar.drivers.frames import Size
from mortar.drivers.pixels import JPEG, MJPEG, NV12, YUYV, Damaged, Layout


def planes(*data: bytes) -> list[pixels.Bytes]:
    return [np.frombuffer(part, np.uint8) for part in data]


@pytest.mark.parametrize(
    ("is_full", "luma", "grey"), [(False, 16, 0), (False, 235, 255), (False, 255, 255), (True, 16, 16)]
)
def test_the_range_is_the_limited_one_unless_the_driver_says_otherwise(
    is_full: bool, luma: int, grey: int
) -> None:
    layout = Layout(NV12, Size(2, 2), (2,), is_full)
    data = planes(bytes([luma] * 4 + [128] * 2))
    assert pixels.picture(layout, data).getcolors() == [(4, (grey, grey, grey))]
    assert (pixels.gate(layout, data) == grey).all()


def test_yuyv_of_an_odd_width() -> None:
    """Its last pixel has its colour to itself."""
    picture = CHECKS.resize((321, 241))
    layout = Layout(YUYV, Size(321, 241), (700,))
    assert differs(pixels.picture(layout, planes(as_yuyv(picture, 700))), picture) < 1


def test_the_last_line_may_come_without_its_padding() -> None:
    data = as_yuyv(CHECKS, 1400)[: -(1400 - 1280)]
    layout = Layout(YUYV, Size(640, 480), (1400,))
    assert differs(pixels.picture(layout, planes(data)), CHECKS) < 1.5
    with pytest.raises(Damaged):
        pixels.picture(layout, planes(data[:-1]))


@pytest.mark.parametrize("form", [MJPEG, JPEG])
def test_a_jpeg_without_its_huffman_tables_is_read(form: int) -> None:
    """Webcams leave them out: they are always the same ones."""
    data = as_jpeg(CHECKS)
    at, kept = 2, data[:2]
    while data[at + 1] != 0xDA:
        length = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept += b"" if data[at + 1] == 0xC4 else data[at : at + length]
        at += length
    kept += data[at:]
    assert len(kept) < len(data)
    assert differs(pixels.picture(Layout(form, Size(640, 480), (0,)), planes(kept)), CHECKS) < 1.5


@pytest.mark.parametrize("padding", [b"", b"\0" * 5_000])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("read", [pixels.gate, pixels.picture])
def test_a_jpeg_that_is_cut_short_is_damaged(read: object, share: float, padding: bytes) -> None:
    """Also where the driver fills the rest with zeros, which a decoder would take for a grey picture."""
    data = as_jpeg(CHECKS)
    assert callable(read)
    with pytest.raises(Damaged):
        read(Layout(MJPEG, Size(640, 480), (0,)), planes(data[: int(len(data) * share)] + padding))


def test_a_jpegs_gate_is_as_large_as_any_other() -> None:
    layout = Layout(MJPEG, Size(1280, 960), (0,))
    gate = pixels.gate(layout, planes(as_jpeg(CHECKS.resize((1280, 960)))))
    assert gate.shape == (120, 160)
    small = CHECKS.convert("L").resize((160, 120), Image.Resampling.BOX)
    assert np.abs(gate.astype(int) - np.asarray(small)).mean() < 3
