"""A vision encoder in a process of its own, so that its memory is told apart from everything else's."""

from __future__ import annotations

import multiprocessing
import resource
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats, VisionGraph
from mortar.runtimes.manifest import VisionPart

Answer = TypeVar("Answer")

PATIENCE_S = 600
"""Longest time that loading, or one picture, may take."""

RESET_PEAK = "5"
"""To /proc/PID/clear_refs (proc(5)): the peak begins again at what is held now."""


@dataclass(frozen=True)
class Candidate:
    """A way to run a tower. Engines are imported where it is opened, in its process."""

    name: str
    file: Path
    part: VisionPart
    threads: int
    language: Path | None = None
    """The language model beside an mmproj file; None: `file` is TFLite."""

    def open(self) -> VisionGraph:
        if self.language is None:
            from mortar.runtimes.tflite import TfliteVisionGraph

            return TfliteVisionGraph(self.file, self.part, threads=self.threads)
        from mortar.runtimes.mtmd import MtmdVisionGraph

        return MtmdVisionGraph(self.file, self.language, self.part, threads=self.threads)


@dataclass(frozen=True)
class Encoded:
    ms: float
    faults: int
    """Pages that the kernel had to give: fresh memory is paid for with each picture where it isn't 0."""


@dataclass(frozen=True)
class Held:
    """What an encoder took beyond a Python process with numpy: its libraries, weights and room to work."""

    peak_MB: float
    """Most that lay in memory at a time."""
    anonymous_MB: float
    """Of that held at the end, what no file stands behind: the kernel can't take it back."""
    tokens: Floats
    """Of the last picture, [n_tok, n_embd]."""


class Encoder:
    """The process of a candidate, from loading to its end."""

    def __init__(self, candidate: Candidate) -> None:
        # Not forked: this process holds torch, and what is written to shared pages would be counted.
        context = multiprocessing.get_context("spawn")
        self._link, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(candidate, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.load_ms = self._answer(float)

    def encode(self, seed: int) -> Encoded:
        """One picture of noise."""
        self._link.send(seed)
        return self._answer(Encoded)

    def held(self) -> Held:
        """After the last picture."""
        self._link.send(None)
        return self._answer(Held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.close()
        self._process.join(PATIENCE_S)

    def _answer(self, kind: type[Answer]) -> Answer:
        answer = None
        with suppress(EOFError):  # it died
            if self._link.poll(PATIENCE_S):
                answer = self._link.recv()
        if isinstance(answer, kind):
            return answer
        why = answer or "its process gave no answer"
        raise MortarError("encoder-failed", f"an encoder failed: {why}", "see the log")


def _serve(candidate: Candidate, link: Connection) -> None:
    """The candidate's process: load, then a picture for each seed, then what is held for None."""
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    before = _memory_MB()
    part = candidate.part
    shape, out = (1, part.height_px, part.width_px, 3), np.zeros((1, part.n_tok, part.n_embd), np.float32)
    began = now_ms()
    with suppress(EOFError):  # nobody wants to know any more
        try:
            with closing(candidate.open()) as graph:
                link.send(now_ms() - began)
                while (seed := link.recv()) is not None:
                    picture = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
                    faults, began = _faults(), now_ms()
                    graph.run(picture, out)
                    link.send(Encoded(now_ms() - began, _faults() - faults))
                after = _memory_MB()
                peak_MB, anonymous_MB = after["VmHWM"] - before["VmRSS"], after["RssAnon"] - before["RssAnon"]
                link.send(Held(peak_MB, anonymous_MB, out[0]))
        except MortarError as error:
            link.send(error.what)


def _memory_MB() -> dict[str, float]:
    """The lines of /proc/self/status (proc(5)) that are sizes."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) / 1024 for words in lines if words[-1] == "kB"}


def _faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
