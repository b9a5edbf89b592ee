"""A thousand exchanges leave nothing behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from mortar_tools.program import Running
from scenes import table
from system.recordings import ask

EXCHANGES = 1_000
SETTLED = 100
"""Exchanges after which caches and arenas have their size."""

GROWTH = 1.05
"""PSS may differ by this much: allocators do not give every page back."""


@dataclass(frozen=True)
class Footprint:
    descriptors: Counter[str]
    """By process name."""
    shared_memory: int
    """Open memfds in the whole tree."""
    pss_kB: int


def footprint(run: Running) -> Footprint:
    processes = run.status()["processes"]
    links = {
        name: [link for link in Path(f"/proc/{held['pid']}/fd").iterdir() if link.is_symlink()]
        for name, held in processes.items()
    }
    targets = [str(link.readlink()) for held in links.values() for link in held]
    return Footprint(
        Counter({name: len(held) for name, held in links.items()}),
        sum("memfd:" in target for target in targets),
        sum(held["pss_kB"] for held in processes.values()),
    )


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_thousand_exchanges(tmp_path: Path) -> None:
    """No growth in descriptors, shared memory, processes or memory."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    look = ask(tmp_path / "look.wav", "what do you see")
    skill = ask(tmp_path / "skill.wav", "what time is it")
    for number in range(EXCHANGES + SETTLED):  # it still runs when the last footprint is taken
        (recordings / f"{number:04}.wav").symlink_to(skill if number % 2 else look)
    picture = table(["cat"], tmp_path / "p.png")
    files = ["--mic", recordings, "--camera", picture, "--speaker", tmp_path / "a.raw"]
    with Running(tmp_path / "run", ["run", "--fast", "--json", *files]) as run:
        main = psutil.Process(run.process.pid)
        for _ in range(SETTLED):
            run.until("exchange")
        before, family = footprint(run), main.children(recursive=True)
        for _ in range(EXCHANGES - SETTLED):
            run.until("exchange")
        after = footprint(run)
        assert len(main.children(recursive=True)) <= len(family) + 1  # an espeak-ng
    assert after.descriptors <= before.descriptors + Counter(voice=3)  # that espeak-ng's pipes
    assert after.shared_memory == before.shared_memory
    assert after.pss_kB < before.pss_kB * GROWTH
    assert not any(line["event"] in ("restart", "error") for line in run.seen)
