"""What cameras send, as pictures: NV12, YUYV and Motion-JPEG to RGB, and to the small luma of a gate.

YCbCr of ITU-R BT.601, in its limited range (16..235, colour 16..240) unless the driver says that it is full.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from mortar.drivers.frames import GATE_PX, Luma, Size, gate_of
from mortar.drivers.v4l2_kernel import fourcc

Bytes = npt.NDArray[np.uint8]

NV12, NV12_APART, YUYV, MJPEG, JPEG = map(fourcc, ("NV12", "NM12", "YUYV", "MJPG", "JPEG"))

LUMA_TO_FULL = [round(min(max((value - 16) * 255 / 219, 0), 255)) for value in range(256)]
COLOUR_TO_FULL = [round(min(max((value - 128) * 255 / 224 + 128, 0), 255)) for value in range(256)]
"""Tables from the limited range to the full one, which is Pillow's."""

END_OF_JPEG = b"\xff\xd9"


class Damaged(Exception):
    """The picture came in incomplete."""


@dataclass(frozen=True)
class Layout:
    """How one picture lies in memory."""

    pixelformat: int
    size: Size
    strides: tuple[int, ...]
    """Bytes from one line to the next, for each piece of memory that the picture lies in; 0 for JPEG."""
    is_full_range: bool = False


class Parts(NamedTuple):
    """Luma [h, w] and the two colours, [⌈h/2⌉, ⌈w/2⌉] or [h, ⌈w/2⌉]: views, no copies."""

    luma: Bytes
    blue: Bytes
    red: Bytes


class Form(NamedTuple):
    """A form of pictures that Mortar reads."""

    name: str
    parts: Callable[[Layout, Sequence[Bytes]], Parts] | None
    """Of the pieces of memory that a picture lies in; None for JPEG."""


def gate(layout: Layout, planes: Sequence[Bytes]) -> Luma:
    """Small luma of a picture, uint8 [h, w], own memory. A JPEG is decoded at a part of its size for it.
    Raises Damaged where the picture is incomplete."""
    if (parts := FORMS[layout.pixelformat].parts) is None:
        return gate_of(_decoded(planes, "L", (GATE_PX, 1)))
    small = gate_of(Image.fromarray(parts(layout, planes).luma))
    return np.asarray(_widened(Image.fromarray(small), LUMA_TO_FULL, layout))


def picture(layout: Layout, planes: Sequence[Bytes]) -> Image.Image:
    """A whole picture, RGB, own memory. Raises Damaged where it is incomplete."""
    if (parts := FORMS[layout.pixelformat].parts) is None:
        return _decoded(planes, "RGB", None)
    luma, *colours = parts(layout, planes)
    # Each value of colour belongs to two pixels in a direction; an odd picture lacks its last one's half.
    even = (2 * colours[0].shape[1], luma.shape[0] + luma.shape[0] % 2)
    large = [Image.fromarray(plane).resize(even, Image.Resampling.BILINEAR) for plane in colours]
    cut = [plane.crop((0, 0, *layout.size)) for plane in large]
    blue, red = (_widened(plane, COLOUR_TO_FULL, layout) for plane in cut)
    whole = _widened(Image.fromarray(luma), LUMA_TO_FULL, layout)
    return Image.merge("YCbCr", (whole, blue, red)).convert("RGB")


def _widened(plane: Image.Image, to_full: list[int], layout: Layout) -> Image.Image:
    return plane if layout.is_full_range else plane.point(to_full)


def _nv12(layout: Layout, planes: Sequence[Bytes]) -> Parts:
    """The colour lies behind the luma, or in a second piece of memory."""
    width_px, height_px = layout.size
    luma = _lines(planes[0], height_px, layout.strides[0], width_px)
    colour = planes[1] if len(planes) > 1 else planes[0][layout.strides[0] * height_px :]
    pairs = _lines(colour, (height_px + 1) // 2, layout.strides[-1], width_px + width_px % 2)
    return Parts(luma, pairs[:, 0::2], pairs[:, 1::2])


def _yuyv(layout: Layout, planes: Sequence[Bytes]) -> Parts:
    width_px, height_px = layout.size
    lines = _lines(planes[0], height_px, layout.strides[0], 2 * (width_px + width_px % 2))
    return Parts(lines[:, 0 : 2 * width_px : 2], lines[:, 1::4], lines[:, 3::4])


def _lines(plane: Bytes, count: int, stride: int, used: int) -> Bytes:
    """uint8 [count, used]: lines without their padding, which the last one may lack altogether."""
    if len(plane) < stride * (count - 1) + used:
        raise Damaged(f"{len(plane)} bytes came of {stride * count}")
    return np.lib.stride_tricks.as_strided(plane, (count, used), (stride, 1), writeable=False)


def _decoded(planes: Sequence[Bytes], mode: str, least: tuple[int, int] | None) -> Image.Image:
    """A JPEG, at no more than is needed of its size. Some cameras pad it with zeros, which the decoder
    would take for a picture if the end were missing."""
    data = planes[0].tobytes().rstrip(b"\0")
    if not data.endswith(END_OF_JPEG):
        raise Damaged("the end of a JPEG is missing")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if least is not None:
                image.draft(mode, least)
            return image.convert(mode)
    except (OSError, SyntaxError, ValueError) as error:  # each of these is how Pillow reports damage
        raise Damaged(str(error)) from None


FORMS = {
    NV12: Form("NV12", _nv12),
    NV12_APART: Form("NV12", _nv12),
    YUYV: Form("YUYV", _yuyv),
    MJPEG: Form("MJPEG", None),
    JPEG: Form("MJPEG", None),
}
"""By pixelformat; those that cost least to read come first: 1.5 bytes a pixel, 2, and decoding."""
