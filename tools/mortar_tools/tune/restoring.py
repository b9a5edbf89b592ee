"""How long the begin of prompts must be for its state to be worth a file: restoring it against reading it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.prefix import Prefix
from mortar.bricks.language.state_files import StateFiles
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.runtimes.interfaces import LanguageModel
from mortar_tools.bench.figures import Figure, figure, repeated

LENGTHS_TOK = (16, 32, 64, 128, 256)


def measure(
    model: LanguageModel, chunk_tok: int, n: int, folder: Path, lengths_tok: Iterable[int] = LENGTHS_TOK
) -> Iterator[Figure]:
    """For each length the ratio of both, `n` times: the file is found, checked and taken in, as at a start.

    The page cache is warm; a slow card is paid for once more at the first start."""
    found: dict[int, list[float]] = {length: [] for length in lengths_tok}
    files = StateFiles(folder, _raise)
    for _ in repeated("restoring", n):
        for length, ratios in found.items():
            tokens: list[Entry] = np.random.default_rng(length).integers(0, model.n_vocab, length).tolist()
            read_ms = _read_and_kept(model, chunk_tok, tokens, files)
            ratios.append(_restored(model, chunk_tok, tokens, files) / read_ms)
    for length, ratios in found.items():
        yield figure(f"restoring_{length}_tok", ratios, "ratio", "reading them")


def _read_and_kept(model: LanguageModel, chunk_tok: int, tokens: list[Entry], files: StateFiles) -> float:
    prefix = Prefix(tokens, "", model, files)
    memory = Memory(model, chunk_tok)  # without it: nothing of an earlier turn is found
    model.keep(0)
    began_ms = now_ms()
    memory.bring(tokens, None)
    read_ms = now_ms() - began_ms
    prefix.was_read(model)
    prefix.write()
    return read_ms


def _restored(model: LanguageModel, chunk_tok: int, tokens: list[Entry], files: StateFiles) -> float:
    prefix = Prefix(tokens, "", model, files)
    model.keep(0)
    Memory(model, chunk_tok, prefix).restore_prefix()
    assert prefix.is_restored, "it was written just before"
    return prefix.ms


def _raise(error: MortarError) -> None:
    raise error
