"""One float model: what it bears, what a budget buys of it, and the files that this is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import Progress

from mortar_tools.quantise import budgets
from mortar_tools.quantise.budgets import Budget
from mortar_tools.quantise.front import (
    Candidate,
    Comparison,
    Family,
    baselines,
    baselines_at_most,
    by_hierarchy,
    compared,
)
from mortar_tools.quantise.hierarchy import Tier
from mortar_tools.quantise.papers import Examiner
from mortar_tools.quantise.sensitivity import Found, Search, trials_at_most
from mortar_tools.quantise.source import Source
from mortar_tools.quantise.trials import Trials

FILES_A_BUDGET = len(Tier) + 1
"""That are made: each tier's to choose from, and the chosen one to be measured."""


class Study:
    """Decides by some data and measures on other."""

    def __init__(
        self, source: Source, deciding: Examiner, measuring: Examiner, folder: Path, seed: int, bar: Progress
    ) -> None:
        self.source, self.seed, self.measuring = source, seed, measuring
        self._deciding, self._folder, self._bar = deciding, folder, bar
        with self._trials("what each part bears", trials_at_most(source.matrices)) as (trials, _):
            self.found: Found = Search(trials, seed).find()
        with self._trials("files to compare with", baselines_at_most(source)) as (_, trials):
            self.baselines: list[Candidate] = list(baselines(trials))

    def spend(self, budget: Budget, name: str) -> Candidate:
        """What the hierarchy makes of a budget."""
        with self._trials(name, FILES_A_BUDGET) as (deciding, measuring):
            return by_hierarchy(deciding, measuring, self.found, budget, name)

    def front(self) -> Iterator[Comparison]:
        """Beside each file that is smaller than the float one, what the hierarchy makes of as many bytes."""
        smaller = [one for one in self.baselines if one.family is not Family.FLOAT]
        mixed = {
            size_bytes: self.spend(budgets.of_bytes(self.source, size_bytes), f"within {size_bytes} bytes")
            for size_bytes in sorted({one.size_bytes for one in smaller})
        }
        for one in smaller:
            yield compared(mixed[one.size_bytes], one, self.seed)

    @contextmanager
    def _trials(self, title: str, files: int) -> Iterator[tuple[Trials, Trials]]:
        """On the data that is decided by, and on the data that is measured on, with a progress bar."""
        task = self._bar.add_task(title, total=files)

        def made(examiner: Examiner) -> Trials:
            return Trials(self.source, examiner, self._folder, lambda: self._bar.advance(task))

        yield made(self._deciding), made(self.measuring)
        self._bar.remove_task(task)
