"""Work for every core, with a progress bar where a person watches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Given = TypeVar("Given")
Made = TypeVar("Made")

CHUNK = 4
"""Pieces of work that a process is handed at a time."""


def in_processes(title: str, work: Callable[[Given], Made], given: Sequence[Given]) -> Iterator[Made]:
    """work(one) of each in order, in a process a core; what it raises comes out here."""
    console = Console(stderr=True)
    context = get_context("forkserver")  # a fork of a program with threads may never come to itself
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        yield from track(
            pool.map(work, given, chunksize=CHUNK),
            title,
            total=len(given),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
