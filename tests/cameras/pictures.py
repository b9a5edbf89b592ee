"""Pictures as cameras send them, from the formulas of the standard, with nothing of the driver's."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Values = npt.NDArray[np.float64]


def _checks() -> Image.Image:
    """Soft fields of strong colours: those survive that their colour is halved."""
    picture = Image.new("RGB", (640, 480), (128, 128, 128))
    draw = ImageDraw.Draw(picture)
    for number, colour in enumerate(
        ["red", "lime", "blue", "white", "black", "yellow", "#c03070", "#205080"]
    ):
        left, top = number % 4 * 160, number // 4 * 240
        draw.rectangle((left, top, left + 159, top + 239), fill=colour)
    return picture.resize((16, 12), Image.Resampling.BOX).resize((640, 480), Image.Resampling.BICUBIC)


CHECKS = _checks()


def ycbcr(picture: Image.Image) -> tuple[Values, Values, Values]:
    """ITU-R BT.601, limited range, each [h, w]."""
    red, green, blue = (np.asarray(picture.convert("RGB"), float) / 255).transpose(2, 0, 1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return 16 + 219 * luma, 128 + 224 * (blue - luma) / 1.772, 128 + 224 * (red - luma) / 1.402


def _halved(values: Values, down: int) -> Values:
    """Means of two columns, and of `down` lines; an odd edge is repeated."""
    height, width = values.shape
    even = np.pad(values, ((0, -height % down), (0, width % 2)), mode="edge")
    return even.reshape(even.shape[0] // down, down, even.shape[1] // 2, 2).mean((1, 3))


def _lines(values: Values, stride: int) -> bytes:
    lines = np.full((len(values), stride), 255, np.uint8)
    lines[:, : values.shape[1]] = values.round().clip(0, 255)
    return lines.tobytes()


def as_nv12(picture: Image.Image, stride: int) -> bytes:
    luma, blue, red = ycbcr(picture)
    pairs = np.stack([_halved(blue, 2), _halved(red, 2)], axis=-1)
    return _lines(luma, stride) + _lines(pairs.reshape(len(pairs), -1), stride)


def as_yuyv(picture: Image.Image, stride: int) -> bytes:
    luma, blue, red = ycbcr(picture)
    even = np.pad(luma, ((0, 0), (0, luma.shape[1] % 2)), mode="edge")
    lines = np.zeros((len(luma), 2 * even.shape[1]))
    lines[:, 0::2], lines[:, 1::4], lines[:, 3::4] = even, _halved(blue, 1), _halved(red, 1)
    return _lines(lines, stride)


def as_jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95)
    return file.getvalue()


def differs(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of a colour value, of 255. Infinite for pictures of different sizes."""
    if one.size != other.size:
        return float("inf")
    return float(np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).mean())
