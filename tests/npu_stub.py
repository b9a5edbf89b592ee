"""What tests need to run models on the stand-in for librknnrt (tests/rknn/stub), and what it computes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mortar.runtimes.rknn.graph import Bounds, RknnGraph, Shape

STUB = Path(__file__).parent / "rknn" / "stub" / "librknnrt.c"

GIVEN = Shape("uint8", (1, 8, 8, 3))
OUT = Shape("float32", (1, 4, 16))

PATIENT = Bounds(load_ms=60_000, run_ms=60_000)
"""They only end a hang: nothing in these tests takes that long."""

Open = Callable[..., RknnGraph]


def model_text(soc: str = "rk3588", given: Shape = GIVEN, out: Shape = OUT) -> str:
    """A model as the stub reads it."""
    shapes = [",".join(map(str, shape.dims)) for shape in (given, out)]
    return f"RKNN-STUB {soc} 2.5.0 in {given.type} {shapes[0]} out {shapes[1]} END\n"


def pictures(seed: int, shape: Shape = GIVEN) -> npt.NDArray[Any]:
    return np.random.default_rng(seed).integers(0, 256, shape.dims).astype(shape.type)


def expected(given: npt.NDArray[Any], out: Shape = OUT) -> npt.NDArray[np.float32]:
    """What the stub makes of it."""
    n = int(np.prod(out.dims))
    flat = np.resize(given.reshape(-1).astype(np.float32), n)
    return (flat / 2 + np.arange(n, dtype=np.float32)).reshape(out.dims)


def encoded(graph: RknnGraph, seed: int) -> bool:
    """Whether a picture comes out right."""
    given, out = pictures(seed), np.zeros(OUT.dims, np.float32)
    graph.run(given, out)
    return bool((out == expected(given)).all())


def wait_for_a_queue(path: Path) -> None:
    """Until somebody waits for the lease."""
    with path.with_name(f"{path.name}.queue").open() as queue:
        while True:
            try:
                fcntl.flock(queue, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(queue, fcntl.LOCK_UN)
            os.sched_yield()
