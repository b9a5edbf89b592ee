"""One way of placing a language model, measured in a process that does nothing else
(`python -m mortar_tools.bench.placings`, with a Job on standard input).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Held
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.llama.placing import Placing

WARM_UP_TOK = 4


class Load(msgspec.Struct, frozen=True):
    """What the model is given to do: it reads a prompt, and writes after it."""

    prompt_tok: int
    answer_tok: int
    context_tok: int
    threads: int


class Job(msgspec.Struct, frozen=True):
    path: str
    placing: Placing
    load: Load


class Measured(msgspec.Struct, frozen=True, tag=True):
    load_ms: float
    read_ms_per_tok: float
    write_ms_per_tok: float
    anonymous_MB: float
    """Of the process when it has written: what is its own (proc_pid_status(5), RssAnon)."""
    file_MB: float
    """Pages of files, which the kernel can drop and other processes share (RssFile)."""
    held: Sequence[Held]


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A MortarError."""

    code: str
    what: str
    do: str


def measure(path: Path, placing: Placing, load: Load) -> Measured:
    """In a process of its own, so that it holds no memory of another. Raises MortarError where the model does
    not load so."""
    done = subprocess.run(
        [sys.executable, "-m", "mortar_tools.bench.placings"],
        input=msgspec.json.encode(Job(str(path), placing, load)),
        stdout=subprocess.PIPE,
        check=True,
    )
    found = msgspec.json.decode(done.stdout, type=Measured | Refused)
    if isinstance(found, Refused):
        raise MortarError(found.code, found.what, found.do)
    return found


def _measured(job: Job) -> Measured:
    load = job.load
    began_ms = now_ms()
    model = LlamaLanguageModel(
        Path(job.path),
        n_ctx=load.context_tok,
        threads=load.threads,
        should_stop=lambda: False,
        placing=job.placing,
    )
    load_ms = now_ms() - began_ms
    # Any tokens do: what a token costs does not depend on which it is. A vocabulary's first half is text.
    n_tok = load.prompt_tok + load.answer_tok
    tokens = np.random.default_rng(7).integers(0, model.n_vocab // 2, n_tok).tolist()
    model.decode(tokens[:WARM_UP_TOK], 0)
    model.keep(0)
    read_ms = _timed(model, [tokens[: load.prompt_tok]], 0)
    write_ms = _timed(model, [[token] for token in tokens[load.prompt_tok :]], load.prompt_tok)
    memory_MB = _resident_MB()
    model.close()
    return Measured(
        load_ms,
        read_ms / load.prompt_tok,
        write_ms / load.answer_tok,
        memory_MB["RssAnon"],
        memory_MB["RssFile"],
        model.held,
    )


def _timed(model: LlamaLanguageModel, batches: Sequence[Sequence[int]], pos: int) -> float:
    began_ms = now_ms()
    for batch in batches:
        model.decode(batch, pos)
        pos += len(batch)
        model.logits()  # a GPU's work is waited for here
    return now_ms() - began_ms


def _resident_MB() -> dict[str, float]:
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile")}


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    found: Measured | Refused
    try:
        found = _measured(job)
    except MortarError as error:
        found = Refused(error.code, error.what, error.do)
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
