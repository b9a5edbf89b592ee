"""`mortar tools bench kill`: how long a killed process is missing, and how soon the person hears of it.

Each process is killed (SIGKILL) in the stage that most depends on it. Times count from the moment the
supervisor noticed the death, which its "restart" event carries.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from mortar import resources
from mortar_tools.bench.figures import Figure, bench, figure, repeated
from mortar_tools.bench.loop import LOOK, record
from mortar_tools.program import Line, Running

STAGES = {
    "ears": "listen_start",
    "listen": "understand_start",
    "eye": "look_start",
    "language": "answer_start",
    "voice": "speak_start",
    "assistant": "listen_start",
}
"""Process → the event upon which it is killed."""

SOUNDS = ("earcon", "first_sound")


def main(argv: list[str] | None = None) -> int:
    return bench(argv, "kill", __doc__, 5, measure)


def measure(folder: Path, n: int) -> Iterator[Figure]:
    for process, stage in STAGES.items():
        deaths = [_death(folder, process, stage) for _ in repeated(f"killing {process}", n)]
        yield figure(f"killed_{process}_back_ms", [back for back, _ in deaths], "ms")
        yield figure(f"killed_{process}_sound_ms", [sound for _, sound in deaths], "ms")


def _death(folder: Path, process: str, stage: str) -> tuple[float, float]:
    """(until it serves again, until a sound), in ms."""
    picture = sorted(resources.session_folder().glob("*.png"))[0]
    files = ["--mic", record(folder, LOOK).path, "--camera", picture, "--speaker", folder / "answer.wav"]
    with Running(folder / "run", ["run", "--json", *files]) as run:
        run.until("ready")
        pid = run.pid(process)
        run.until(stage)
        os.kill(pid, signal.SIGKILL)
        died_ms = run.until("restart")["t_ms"]
        back_ms = run.until("back")["t_ms"]
        while not (heard := _sounds(run.seen, died_ms)):
            run.until(*SOUNDS)
    return back_ms - died_ms, heard[0] - died_ms


def _sounds(lines: list[Line], after_ms: float) -> list[float]:
    return [line["t_ms"] for line in lines if line["event"] in SOUNDS and line["t_ms"] >= after_ms]
