"""Writing an answer, with all that is known of each token, against llama.cpp's bare decode of as many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np

from mortar.bricks.language.evidence import Witness
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.sampling import GREEDY, Sampler
from mortar.bricks.language.stepping import Plain
from mortar.clock import now_ms
from mortar.runtimes import choose
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.bench.figures import Figure, figure, repeated
from mortar_tools.bench.models import Measured

AGAINST = "llama_decode of the same tokens, one by one"
WRITTEN_TOK = 64
WARM_UP = 1
TEXT = "what do you see"


def measure(measured: Measured, n: int) -> Iterator[Figure]:
    """`n` answers each way, taking turns."""
    settings = measured.settings.language
    bare, ours = [], []
    with closing(choose.language_model(settings, ModelFolder(measured.folder), lambda: False)) as model:
        for _ in repeated(f"{measured.name}: decode", WARM_UP + n):
            tokens, ms = _written(model, settings.chunk_tok)
            ours.append(ms)
            bare.append(_bare_ms(model, tokens))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    per_tok = np.array(ours[WARM_UP:]) / WRITTEN_TOK
    yield figure(f"{measured.name}_decode_ms_per_tok", per_tok.tolist(), "ms")
    yield figure(f"{measured.name}_decode_ratio", ratios[WARM_UP:], "ratio", AGAINST)


def _written(model: LanguageModel, chunk_tok: int) -> tuple[list[int], float]:
    """Tokens of an answer that goes on and on, and what they took behind the first."""
    memory, witness = Memory(model, chunk_tok), Witness()
    prompt = [*model.tokenize(TEXT)]
    memory.bring(prompt, None, predict=True)
    tokens: list[int] = []
    steps = Plain(model, memory, Sampler(GREEDY)).steps(prompt, None)
    with closing(steps):
        tokens.append(next(steps).token)
        began_ms = now_ms()
        for _ in range(WRITTEN_TOK):
            step = next(steps)
            witness.see(step.logits, step.token)
            tokens.append(step.token)
    return tokens, now_ms() - began_ms


def _bare_ms(model: LanguageModel, tokens: list[int]) -> float:
    prompt = model.tokenize(TEXT)
    model.keep(0)
    model.decode(prompt, 0)
    began_ms = now_ms()
    for place, token in enumerate(tokens[:-1], start=len(prompt)):
        model.decode([token], place)
    return now_ms() - began_ms
