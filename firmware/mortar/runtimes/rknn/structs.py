"""librknnrt's C API (rknn_api.h of versions 2.3 to 2.5, 64-bit), as far as Mortar uses it."""

from __future__ import annotations

import ctypes
from enum import IntEnum

MAX_DIMS = 16
MAX_NAME_bytes = 256

Context = ctypes.c_uint64
"""rknn_context on 64-bit systems."""


class Query(IntEnum):
    IN_OUT_NUM = 0
    INPUT_ATTR = 1
    OUTPUT_ATTR = 2
    SDK_VERSION = 5


class Type(IntEnum):
    """Of a tensor's numbers."""

    FLOAT32 = 0
    FLOAT16 = 1
    INT8 = 2
    UINT8 = 3


class Format(IntEnum):
    """Order of a tensor's dimensions."""

    NCHW = 0
    NHWC = 1
    NC1HWC2 = 2
    UNDEFINED = 3


class Sync(IntEnum):
    TO_DEVICE = 1
    FROM_DEVICE = 2


class InOutNum(ctypes.Structure):
    _fields_ = (("n_input", ctypes.c_uint32), ("n_output", ctypes.c_uint32))


class TensorAttr(ctypes.Structure):
    """`index` is set before a query. `type`, `fmt` and `pass_through` are what `rknn_set_io_mem` takes the
    memory to hold; the runtime converts where the model's own differ and `pass_through` is 0."""

    _fields_ = (
        ("index", ctypes.c_uint32),
        ("n_dims", ctypes.c_uint32),
        ("dims", ctypes.c_uint32 * MAX_DIMS),
        ("name", ctypes.c_char * MAX_NAME_bytes),
        ("n_elems", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("fmt", ctypes.c_int),
        ("type", ctypes.c_int),
        ("qnt_type", ctypes.c_int),
        ("fl", ctypes.c_int8),
        ("zp", ctypes.c_int32),
        ("scale", ctypes.c_float),
        ("w_stride", ctypes.c_uint32),
        ("size_with_stride", ctypes.c_uint32),
        ("pass_through", ctypes.c_uint8),
        ("h_stride", ctypes.c_uint32),
    )


class TensorMem(ctypes.Structure):
    _fields_ = (
        ("virt_addr", ctypes.c_void_p),
        ("phys_addr", ctypes.c_uint64),
        ("fd", ctypes.c_int32),
        ("offset", ctypes.c_int32),
        ("size", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("priv_data", ctypes.c_void_p),
    )


class SdkVersion(ctypes.Structure):
    """ "2.3.2 (429f97ae6b@2025-04-09T09:09:27)" and "0.9.8"."""

    _fields_ = (("api_version", ctypes.c_char * 256), ("drv_version", ctypes.c_char * 256))


_int, _memory = ctypes.c_int, ctypes.POINTER(TensorMem)

SIGNATURES: dict[str, tuple[type, tuple[type, ...]]] = {
    "rknn_init": (
        _int,
        (ctypes.POINTER(Context), ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p),
    ),
    "rknn_query": (_int, (Context, _int, ctypes.c_void_p, ctypes.c_uint32)),
    "rknn_set_core_mask": (_int, (Context, _int)),
    "rknn_create_mem": (_memory, (Context, ctypes.c_uint32)),
    "rknn_create_mem_from_fd": (
        _memory,
        (Context, ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int32),
    ),
    "rknn_set_io_mem": (_int, (Context, _memory, ctypes.POINTER(TensorAttr))),
    "rknn_mem_sync": (_int, (Context, _memory, _int)),
    "rknn_run": (_int, (Context, ctypes.c_void_p)),
    "rknn_destroy_mem": (_int, (Context, _memory)),
    "rknn_destroy": (_int, (Context,)),
}
"""Result and arguments of each function."""
