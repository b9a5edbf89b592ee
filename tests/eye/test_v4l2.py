"""The kernel's camera interface: its numbers, and what cameras send. No camera is needed."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mortar.drivers import v4l2

# Printed by a C program from linux/videodev2.h on a 64-bit machine. A request number holds the size
# of its structure.
KERNEL = {
    "QUERYCAP": 0x80685600,
    "S_FMT": 0xC0D05605,
    "REQBUFS": 0xC0145608,
    "QUERYBUF": 0xC0585609,
    "QBUF": 0xC058560F,
    "DQBUF": 0xC0585611,
    "STREAMON": 0x40045612,
    "STREAMOFF": 0x40045613,
}


@pytest.mark.parametrize("name", KERNEL)
def test_request_numbers_are_the_kernels(name: str) -> None:
    assert getattr(v4l2, name) == KERNEL[name]


def test_fields_lie_where_the_kernel_has_them() -> None:
    buffer = v4l2.Buffer
    offsets = [f.offset for f in (buffer.timestamp, buffer.sequence, buffer.offset, buffer.length)]
    assert offsets == [24, 56, 64, 72]
    assert v4l2.Format.fmt.offset == 8
    assert v4l2.Capability.device_caps.offset == 88


def test_mjpeg_becomes_rgb() -> None:
    data = io.BytesIO()
    Image.new("RGB", (32, 16), (0, 0, 255)).save(data, "JPEG")
    picture = v4l2.decode(data.getvalue(), v4l2.MJPEG, 32, 16, 0)
    assert picture.size == (32, 16)
    assert np.abs(np.subtract(picture.getpixel((5, 5)), (0, 0, 255))).max() < 12


def test_yuyv_becomes_rgb_and_padding_is_left_out() -> None:
    """Two pixels share their colour; lines may be longer than their pixels."""
    ycbcr = np.asarray(Image.new("RGB", (4, 2), (200, 40, 90)).convert("YCbCr"))
    lines = np.full((2, 12), 255, np.uint8)
    lines[:, 0:8:2] = ycbcr[:, :, 0]
    lines[:, 1:8:4] = ycbcr[:, 0::2, 1]
    lines[:, 3:8:4] = ycbcr[:, 0::2, 2]
    picture = v4l2.decode(lines.tobytes(), v4l2.YUYV, 4, 2, 12)
    assert np.abs(np.asarray(picture).astype(int) - (200, 40, 90)).max() <= 2


@pytest.mark.parametrize("form", [v4l2.MJPEG, v4l2.YUYV])
def test_a_picture_that_came_in_cut_short_is_refused(form: int) -> None:
    with pytest.raises(OSError):
        v4l2.decode(b"\xff\xd8\xff\xe0", form, 640, 480, 1280)


def test_a_machine_without_cameras_has_none(tmp_path: Path) -> None:
    (tmp_path / "video0").write_text("a file, not a camera")
    assert v4l2.first_camera(tmp_path) is None
