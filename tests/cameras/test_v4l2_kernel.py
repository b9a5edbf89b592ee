"""The structures and requests of v4l2_kernel.py are those of the kernel's own header: a C program tells."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cameras.standin import compiler
from mortar.drivers import v4l2_kernel as kernel

STRUCTURES = {
    "v4l2_capability": kernel.Capability,
    "v4l2_fmtdesc": kernel.FormatDescription,
    "v4l2_frmsizeenum": kernel.FrameSize,
    "v4l2_frmivalenum": kernel.FrameInterval,
    "v4l2_pix_format": kernel.PixFormat,
    "v4l2_plane_pix_format": kernel.PlaneFormat,
    "v4l2_pix_format_mplane": kernel.PixFormatMplane,
    "v4l2_format": kernel.Format,
    "v4l2_requestbuffers": kernel.RequestBuffers,
    "v4l2_plane": kernel.Plane,
    "v4l2_buffer": kernel.Buffer,
}

OTHER_NAMES = {
    "v4l2_frmsizeenum.values": "discrete",
    "v4l2_frmivalenum.values": "discrete",
    "v4l2_plane.mem_offset": "m",
    "v4l2_buffer.place": "m",
}
"""Unions, which Python has as one field."""

REQUESTS = (
    *("QUERYCAP", "ENUM_FMT", "S_FMT", "REQBUFS", "QUERYBUF", "QBUF", "DQBUF", "STREAMON", "STREAMOFF"),
    *("ENUM_FRAMESIZES", "ENUM_FRAMEINTERVALS"),
)

NUMBERS = {
    "V4L2_BUF_TYPE_VIDEO_CAPTURE": kernel.CAPTURE,
    "V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE": kernel.CAPTURE_MPLANE,
    "V4L2_MEMORY_MMAP": kernel.MEMORY_MMAP,
    "VIDEO_MAX_PLANES": kernel.MOST_PLANES,
    "V4L2_CAP_VIDEO_CAPTURE": kernel.HAS_CAPTURE,
    "V4L2_CAP_VIDEO_CAPTURE_MPLANE": kernel.HAS_CAPTURE_MPLANE,
    "V4L2_CAP_STREAMING": kernel.HAS_STREAMING,
    "V4L2_CAP_DEVICE_CAPS": kernel.HAS_DEVICE_CAPS,
    "V4L2_FRMSIZE_TYPE_DISCRETE": kernel.DISCRETE,
    "V4L2_FRMIVAL_TYPE_DISCRETE": kernel.DISCRETE,
    "V4L2_COLORSPACE_JPEG": kernel.COLORSPACE_JPEG,
    "V4L2_QUANTIZATION_FULL_RANGE": kernel.FULL_RANGE,
    "V4L2_BUF_FLAG_ERROR": kernel.BUFFER_DAMAGED,
    "V4L2_BUF_FLAG_TIMESTAMP_MASK": kernel.TIMESTAMP_MASK,
    "V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC": kernel.TIMESTAMP_MONOTONIC,
    **{f"V4L2_PIX_FMT_{name}": kernel.fourcc(code) for name, code in (("NV12", "NV12"), ("NV12M", "NM12"))},
    **{f"V4L2_PIX_FMT_{name}": kernel.fourcc(code) for name, code in (("YUYV", "YUYV"), ("MJPEG", "MJPG"))},
}


def in_c() -> Iterator[tuple[str, int]]:
    """Everything that must agree: as the expression in C, with its value in Python."""
    for name, structure in STRUCTURES.items():
        yield f"sizeof(struct {name})", ctypes.sizeof(structure)
        for field, *_ in structure._fields_:
            real = OTHER_NAMES.get(f"{name}.{field}", field)
            yield f"offsetof(struct {name}, {real})", getattr(structure, field).offset
    for name in REQUESTS:
        yield f"VIDIOC_{name}", getattr(kernel, name)
    yield from NUMBERS.items()


@pytest.fixture(scope="module")
def of_the_header(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    folder: Path = tmp_path_factory.mktemp("header")
    lines = "".join(f'printf("%llu\\n", (unsigned long long)({expression}));\n' for expression, _ in in_c())
    includes = "#include <linux/videodev2.h>\n#include <stddef.h>\n#include <stdio.h>\n"
    (folder / "told.c").write_text(f"{includes}int main(void) {{\n{lines}return 0; }}\n")
    subprocess.run([compiler(), "-o", folder / "told", folder / "told.c"], check=True)
    told = subprocess.run([folder / "told"], capture_output=True, text=True, check=True).stdout
    return dict(zip((expression for expression, _ in in_c()), map(int, told.split()), strict=True))


@pytest.mark.parametrize(("expression", "value"), list(in_c()))
def test_the_header_says_the_same(of_the_header: dict[str, int], expression: str, value: int) -> None:
    assert value == of_the_header[expression]
