"""The engine on rknn-toolkit-lite2's RKNNLite, which raises nothing: every return value is looked at.

It takes and gives arrays of its own, so that the result is copied once into shared memory.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from mortar.runtimes.rknn import cores
from mortar.runtimes.rknn.capi import Log
from mortar.runtimes.rknn.errors import Cause, complains, error, explained
from mortar.runtimes.rknn.protocol import Load
from mortar.runtimes.rknn.service import Region

_VERSION = re.compile(r"(API|DRV): *(.+)")
"""Lines of what `get_sdk_version` gives."""


class Lite:
    """One model. `load` first."""

    def __init__(self, soc: str, core_choice: str, log: Log) -> None:
        self._mask = cores.mask(soc, core_choice)
        self._log = log
        try:
            from rknnlite.api import RKNNLite
        except ImportError:
            raise error(Cause.NO_BINDING) from None
        self._lite: Any = RKNNLite()

    def load(self, load: Load) -> dict[str, str]:
        self._load = load
        self._require(self._lite.load_rknn(load.model), "load_rknn")
        masked = {} if self._mask is None else {"core_mask": self._mask}
        self._require(self._lite.init_runtime(**masked), "init_runtime")
        said = self._lite.get_sdk_version()
        if said is None:
            raise explained("get_sdk_version", -1, self._log())
        told = dict(_VERSION.findall(said))
        return {
            name: told[label] for label, name in (("API", "librknnrt"), ("DRV", "rknpu")) if label in told
        }

    def run(self, given: Region, out: Region) -> int:
        taken = _array(given, self._load.given_type, self._load.given_shape)
        is_pictures = taken.ndim == 4
        outputs = self._lite.inference(
            inputs=[taken],
            data_type=self._load.given_type,
            data_format=["nhwc"] if is_pictures else None,
        )
        # It drops rknn_run's return code, and gives what the output held before: the log alone tells.
        if outputs is None or complains(self._log()):
            raise explained("inference", -1, self._log())
        wanted = _array(out, "float32", self._load.out_shape)
        sizes = [array.size for array in outputs]
        if sizes != [wanted.size]:
            told = f"it gives {sizes} numbers, not {list(wanted.shape)}"
            raise error(Cause.SHAPE, detail=told)
        np.copyto(wanted, outputs[0].reshape(wanted.shape))
        return 1

    def close(self) -> None:
        self._lite.release()

    def _require(self, code: int, call: str) -> None:
        if code != 0:
            raise explained(call, code, self._log())


def _array(region: Region, type_name: str, shape: Any) -> np.ndarray[Any, Any]:
    count = int(np.prod(shape))
    return np.frombuffer(region.shared.mapping, type_name, count, region.offset).reshape(shape)
