"""Most memory that eye and language take together, from their start to an answer, against one block's."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from mortar_tools.bench.felt_wait import TEXT, SPOKEN_ms, felt_ms, picture
from mortar_tools.bench.figures import Figure, figure
from mortar_tools.bench.models import Measured
from mortar_tools.bench.monolith import Monolith, Question
from mortar_tools.pair import Pair

AGAINST = "libmtmd in one process, same weights"
EVERY_S = 0.02
ANSWERS = 2


def measure(measured: Measured, folder: Path) -> Iterator[Figure]:
    """Once each: the same pages are touched every time."""
    pictures = [picture(folder, number) for number in range(ANSWERS)]
    bricks_MB = _peak_of_bricks(measured, folder)
    block_MB = _peak_of_block(measured, pictures)
    yield figure(f"{measured.name}_peak_MB", [bricks_MB], "MB")
    yield figure(f"{measured.name}_block_peak_MB", [block_MB], "MB")
    yield figure(f"{measured.name}_peak_ratio", [bricks_MB / block_MB], "ratio", AGAINST)


def _peak_of_bricks(measured: Measured, folder: Path) -> float:
    with Peak() as peak:
        pair = Pair(folder, measured.settings, measured.folder, started=peak.watch)
        for turn in range(1, ANSWERS + 1):
            felt_ms(pair, turn, SPOKEN_ms)
    pair.kill()
    return peak.MB


def _peak_of_block(measured: Measured, pictures: Sequence[Path]) -> float:
    with (
        Peak() as peak,
        Monolith(measured.folder, measured.settings.language, started=peak.watch) as block,
    ):
        for path in pictures:
            block.first_token_ms(Question(path, TEXT))
    return peak.MB


class Peak:
    """Largest sum of the proportional set sizes (proc(5), smaps_rollup) of some processes, looked at 50 times
    a second while the with-block lasts."""

    def __init__(self) -> None:
        self._pids: list[int] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.MB = 0.0

    def watch(self, pid: int) -> None:
        self._pids.append(pid)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(EVERY_S):
            self.MB = max(self.MB, sum(map(_pss_MB, tuple(self._pids))))


def _pss_MB(pid: int) -> float:
    """0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
