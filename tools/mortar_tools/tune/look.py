"""What one look costs, measured in a process of its own, so that nothing else is in its memory.

python -m mortar_tools.tune.look FORM.tflite THREADS PICTURES TIMES PICTURE_PX N_TOK N_EMBD

Prints one JSON object: wall and processor time of a look, and the memory that it took at its peak.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar.runtimes.tflite_interpreter import package

WARM_UP = 3

LONGEST_S = 600.0


@dataclass(frozen=True)
class Look:
    """Medians of one look."""

    wall_ms: float
    cpu_ms: float
    memory_MB: float
    """Peak of the process above what it had before the engine was loaded."""


def measured(path: Path, part: VisionPart, threads: int, pictures: int, times: int) -> Look:
    """A look through the graph in `path`, at `pictures` of its size. Raises MortarError where it fails."""
    shape = [part.width_px, part.n_tok, part.n_embd]
    numbers = [threads, pictures, times, *shape]
    command = [sys.executable, "-m", "mortar_tools.tune.look", str(path), *map(str, numbers)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        raise MortarError(
            "look-unmeasured",
            f"{path.name} took more than {LONGEST_S:.0f} s to be measured",
            "search among smaller pictures: --resolutions",
        ) from None
    if ran.returncode != 0:
        said = ran.stderr.strip().splitlines()
        raise MortarError(
            "look-unmeasured",
            f"{path.name} could not be measured: {said[-1] if said else 'its process ended without a word'}",
            "see that the file is whole, and try again",
        )
    return Look(**json.loads(ran.stdout))


def _peak_MB() -> float:
    """VmHWM of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _main(path: Path, threads: int, pictures: int, times: int, px: int, n_tok: int, n_embd: int) -> Look:
    part = VisionPart(path.name, "0" * 64, 1, n_tok, n_embd, px, px)
    package()  # it is loaded already
    before_MB = _peak_MB()
    graph = TfliteVisionGraph(path, part, threads=threads)
    pixels = np.random.default_rng(0).integers(0, 256, (1, px, px, 3), np.uint8)
    out = np.empty((1, n_tok, n_embd), np.float32)
    wall, cpu = [], []
    for _ in range(WARM_UP + times):
        began_ms, worked_s = now_ms(), time.process_time()
        for _ in range(pictures):
            graph.run(pixels, out)
        wall.append(now_ms() - began_ms)
        cpu.append((time.process_time() - worked_s) * 1e3)
    return Look(
        round(statistics.median(wall[WARM_UP:]), 3),
        round(statistics.median(cpu[WARM_UP:]), 3),
        round(_peak_MB() - before_MB, 2),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_main(Path(sys.argv[1]), *map(int, sys.argv[2:])))))
