"""Stands in for rknn-toolkit-lite2, whose wheel is for aarch64: what it returns, seen under emulation
(test_emulated_wheel.py).

Nothing is ever raised. Environment: LITE_FAILS names the call that fails, LITE_SAYS what it logs then.
"""

from __future__ import annotations

import os
import sys

import numpy as np


def _fails(call: str) -> bool:
    if os.environ.get("LITE_FAILS") != call:
        return False
    print(os.environ.get("LITE_SAYS", "E it failed"), file=sys.stderr, flush=True)
    return True


class RKNNLite:
    def __init__(self) -> None:
        self._out: list[int] = []
        self._is_loaded = False

    def load_rknn(self, path: str) -> int:
        """0 for any file that can be read, whatever is in it."""
        if _fails("load_rknn"):
            return -1
        with open(path, errors="replace") as file:
            self._words = file.read().split()
        return 0

    def init_runtime(self, **given: object) -> int:
        if _fails("init_runtime"):
            return -1
        assert given in ({}, {"core_mask": 3}), f"init_runtime of a mask that was not asked for: {given}"
        if self._words[:1] != ["RKNN-STUB"]:
            print("E Exception: RKNN init failed. error code: RKNN_ERR_MODEL_INVALID", flush=True)
            return -1
        self._out = [int(n) for n in self._words[self._words.index("out") + 1].split(",")]
        self._is_loaded = True
        return 0

    def get_sdk_version(self) -> str | None:
        line = 46 * "="
        versions = "RKNN VERSION:\n  API: 2.5.0 (stand-in@2026-01-01T00:00:00)\n  DRV: 0.9.8"
        return None if _fails("get_sdk_version") else f"{line}\n{versions}\n{line}\n"

    def inference(
        self, inputs: list[np.ndarray], data_type: str, data_format: list[str] | None
    ) -> list[np.ndarray] | None:
        assert self._is_loaded and len(inputs) == 1 and inputs[0].dtype == data_type
        assert data_format == (["nhwc"] if inputs[0].ndim == 4 else None)
        if _fails("inference"):
            return None
        _fails("rknn_run")  # it does not look at the library's return code, and gives a result all the same
        n = int(np.prod(self._out))
        flat = np.resize(inputs[0].reshape(-1).astype(np.float32), n)
        return [(flat / 2 + np.arange(n, dtype=np.float32)).reshape(self._out)]

    def release(self) -> None:
        self._is_loaded = False
