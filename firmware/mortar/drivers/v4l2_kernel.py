"""The kernel's camera interface in ctypes: linux/videodev2.h on a 64-bit machine, as far as it is used.

A test compiles a C program that prints the header's own sizes and offsets, and holds these against them.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_int, c_int64, c_uint8, c_uint16, c_uint32, c_uint64

CAPTURE, CAPTURE_MPLANE = 1, 9
"""Types of buffers. MPLANE: a picture may lie in more than one piece of memory (drivers of Rockchip)."""

MEMORY_MMAP = 1
MOST_PLANES = 8

HAS_CAPTURE, HAS_CAPTURE_MPLANE, HAS_STREAMING = 0x1, 0x1000, 0x0400_0000
HAS_DEVICE_CAPS = 0x8000_0000
"""`device_caps` is filled in, and says what this device file can, not its whole card."""

DISCRETE = 1
"""Type of a frame size, or interval, that is one value and no range."""

COLORSPACE_JPEG, FULL_RANGE = 7, 1

BUFFER_DAMAGED = 0x40
TIMESTAMP_MASK, TIMESTAMP_MONOTONIC = 0xE000, 0x2000


def fourcc(name: str) -> int:
    return int.from_bytes(name.encode("ascii"), "little")


class Capability(ctypes.Structure):
    _fields_ = (
        ("driver", c_char * 16),
        ("card", c_char * 32),
        ("bus_info", c_char * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class FormatDescription(ctypes.Structure):
    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("flags", c_uint32),
        ("description", c_char * 32),
        ("pixelformat", c_uint32),
        ("mbus_code", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class FrameSize(ctypes.Structure):
    """`values`: width, height if DISCRETE; else least, most and step of the width, then of the height."""

    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("type", c_uint32),
        ("values", c_uint32 * 6),
        ("reserved", c_uint32 * 2),
    )


class FrameInterval(ctypes.Structure):
    """`values`: seconds as numerator, denominator; for a range, those of the shortest come first."""

    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("type", c_uint32),
        ("values", c_uint32 * 6),
        ("reserved", c_uint32 * 2),
    )


class PixFormat(ctypes.Structure):
    _fields_ = (
        ("width", c_uint32),
        ("height", c_uint32),
        ("pixelformat", c_uint32),
        ("field", c_uint32),
        ("bytesperline", c_uint32),
        ("sizeimage", c_uint32),
        ("colorspace", c_uint32),
        ("priv", c_uint32),
        ("flags", c_uint32),
        ("ycbcr_enc", c_uint32),
        ("quantization", c_uint32),
        ("xfer_func", c_uint32),
    )


class PlaneFormat(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("sizeimage", c_uint32), ("bytesperline", c_uint32), ("reserved", c_uint16 * 6))


class PixFormatMplane(ctypes.Structure):
    _pack_ = 1
    _fields_ = (
        ("width", c_uint32),
        ("height", c_uint32),
        ("pixelformat", c_uint32),
        ("field", c_uint32),
        ("colorspace", c_uint32),
        ("plane_fmt", PlaneFormat * MOST_PLANES),
        ("num_planes", c_uint8),
        ("flags", c_uint8),
        ("ycbcr_enc", c_uint8),
        ("quantization", c_uint8),
        ("xfer_func", c_uint8),
        ("reserved", c_uint8 * 7),
    )


class _FormatUnion(ctypes.Union):
    # The kernel's union holds pointers, which is what aligns it to 8.
    _fields_ = (
        ("pix", PixFormat),
        ("pix_mp", PixFormatMplane),
        ("raw", c_uint8 * 200),
        ("align", ctypes.c_void_p),
    )


class Format(ctypes.Structure):
    _fields_ = (("type", c_uint32), ("fmt", _FormatUnion))


class RequestBuffers(ctypes.Structure):
    _fields_ = (
        ("count", c_uint32),
        ("type", c_uint32),
        ("memory", c_uint32),
        ("capabilities", c_uint32),
        ("flags", c_uint8),
        ("reserved", c_uint8 * 3),
    )


class Plane(ctypes.Structure):
    _fields_ = (
        ("bytesused", c_uint32),
        ("length", c_uint32),
        ("mem_offset", c_uint64),  # a union with pointers: the offset is its lower half
        ("data_offset", c_uint32),
        ("reserved", c_uint32 * 11),
    )


class Buffer(ctypes.Structure):
    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("timestamp", c_int64 * 2),  # s, µs
        ("timecode", c_uint32 * 4),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("place", c_uint64),  # a union: the offset to map at, or the address of the planes
        ("length", c_uint32),  # bytes, or the number of planes
        ("reserved2", c_uint32),
        ("request_fd", c_uint32),
    )


def _request(direction: int, number: int, argument: type[ctypes.Structure] | type[c_int]) -> int:
    """The kernel's _IOC('V', ...): 1 writes, 2 reads, 3 both."""
    return direction << 30 | ctypes.sizeof(argument) << 16 | ord("V") << 8 | number


QUERYCAP = _request(2, 0, Capability)
ENUM_FMT = _request(3, 2, FormatDescription)
S_FMT = _request(3, 5, Format)
REQBUFS = _request(3, 8, RequestBuffers)
QUERYBUF = _request(3, 9, Buffer)
QBUF = _request(3, 15, Buffer)
DQBUF = _request(3, 17, Buffer)
STREAMON = _request(1, 18, c_int)
STREAMOFF = _request(1, 19, c_int)
ENUM_FRAMESIZES = _request(3, 74, FrameSize)
ENUM_FRAMEINTERVALS = _request(3, 75, FrameInterval)
