"""How fast a file is decoded, beside others in one run."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from mortar.clock import now_ms
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar_tools.bench.figures import Figure, repeated
from mortar_tools.bench.figures import figure as bench_figure
from mortar_tools.quantise.budgets import Budget
from mortar_tools.quantise.front import Candidate, uniform
from mortar_tools.quantise.hierarchy import Matrix
from mortar_tools.quantise.kinds import EIGHT_BIT, Kind
from mortar_tools.quantise.papers import model_of, reading
from mortar_tools.quantise.source import Source

DECODED_TOK = 48
"""In a row, of which each is timed with the others; a token's matrices are read once each."""
N_CTX = 64
ROUNDS = 15
COST_OF_ONE = 1000
"""Of a number in EIGHT_BIT."""


def ratios(files: Mapping[str, Path], against: str, rounds: int) -> dict[str, list[float]]:
    """Decode time of each file as a multiple of `against`'s, once a round: all are loaded, and take turns."""
    found: dict[str, list[float]] = {name: [] for name in files}
    with ExitStack() as stack:
        models = {name: stack.enter_context(reading(model_of(path, N_CTX))) for name, path in files.items()}
        for model in models.values():
            _decode_ms(model)  # the first one finds caches cold
        for _ in repeated("timing", rounds):
            taken_ms = {name: _decode_ms(model) for name, model in models.items()}
            for name, ms in taken_ms.items():
                found[name].append(ms / taken_ms[against])
    return found


def _decode_ms(model: LlamaLanguageModel) -> float:
    model.keep(0)
    began_ms = now_ms()
    for pos in range(DECODED_TOK):
        model.decode([1], pos)
    return now_ms() - began_ms


def of_kinds(source: Source, folder: Path) -> dict[Kind, float]:
    """Decode time of the uniform file of each kind, as a multiple of EIGHT_BIT's."""
    uniform_files = uniform(source)
    files = {kind.name: folder / f"{kind.name}.gguf" for kind in uniform_files}
    for kind, kinds in uniform_files.items():
        source.write(kinds, files[kind.name])
    found = ratios(files, EIGHT_BIT.name, ROUNDS)
    for path in files.values():
        path.unlink()
    return {kind: statistics.median(found[kind.name]) for kind in uniform_files}


def of_speed(source: Source, by_kind: Mapping[Kind, float], ratio: float) -> Budget:
    """A token is decoded in at most `ratio` times what it takes uniformly in EIGHT_BIT.

    Each matrix takes its share of the numbers of what the uniform file of its kind takes.
    """
    untied = any(one.name == "output.weight" for one in source.matrices)

    def cost(matrix: Matrix, kind: Kind) -> int:
        if untied and matrix.name == "token_embd.weight":
            return 0  # one row of it is looked up, none is multiplied with
        return round(by_kind[kind] * COST_OF_ONE * matrix.numbers)

    eight = sum(cost(one, EIGHT_BIT) for one in source.matrices)
    return Budget(int(ratio * eight), cost, lambda spent: f"{spent / eight:.3f} of q8_0's decode time")


def checked(source: Source, chosen: Candidate, folder: Path) -> Figure:
    """Decode time of a file by hierarchy as a multiple of uniform EIGHT_BIT's, in one run."""
    assert chosen.bought is not None
    files = {"chosen": folder / "chosen.gguf", EIGHT_BIT.name: folder / "eight.gguf"}
    source.write(chosen.bought.kinds, files["chosen"])
    source.write(uniform(source)[EIGHT_BIT], files[EIGHT_BIT.name])
    found = ratios(files, EIGHT_BIT.name, ROUNDS)["chosen"]
    return bench_figure("decode_ratio", found, "ratio", "uniform q8_0")
