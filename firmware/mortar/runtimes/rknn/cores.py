"""Which cores of the NPU a model runs on.

One core of several is usual: librknnrt's automatic mode takes an idle one, and within one model few
operators (convolutions above all, no matrix products) are spread over cores.
"""

from __future__ import annotations

from mortar.runtimes.rknn.errors import Cause, error

AUTO = "auto"

_TWO = {"0": 0b1, "1": 0b10, "0+1": 0b11, "all": 0xFFFF}

MASKS = {
    "rk3576": _TWO,
    "rk3588": _TWO | {"2": 0b100, "0+1+2": 0b111},
}
"""SoC → what `eye.npu_cores` may be → librknnrt's core mask. SoCs of one core refuse any mask."""


def mask(soc: str, cores: str) -> int | None:
    """None: none is to be set. Raises RknnError for cores that the SoC has not."""
    if cores == AUTO:
        return None
    known = MASKS.get(soc, {})
    if cores not in known:
        has = f"{soc} knows {', '.join([AUTO, *known])}"
        raise error(Cause.CORES, detail=f"{cores!r}, and {has}")
    return known[cores]
