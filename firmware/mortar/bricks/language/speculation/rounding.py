"""How much a token's logits depend on what it is decoded together with, on this computer.

A batch is multiplied by other kernels than a single token, which round differently; where activations are
rounded to 8 bits in between, a last bit may grow. What a model computes alone is its own answer, so where a
batch leaves the choice between two tokens closer than that, the token is decoded alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np

from mortar.clock import now_ms
from mortar.runtimes.interfaces import Floats, LanguageModel

TEXT = (
    "On the table there are three cups, a red one on the left and two blue ones behind it. 12:45, and it is "
    "dark; nobody has asked what the cat does on the roof, has he? No: it sleeps."
)
LEAST_tok, MOST_tok = 16, 64
ENOUGH_ms = 1_000.0
"""A model that takes longer for its tokens rounds more numbers in each: fewer show how far off it is."""
BATCHES_tok = (2, 5, 9, 12)

SAFETY = 4.0
"""Two logits may each be off, and these tokens do not show the worst there is: on an x86 with AVX-512 a small
Q4_K model was off by 0.18, and by 0.26 at worst in 465 others."""
LEAST = 0.01
"""Logits. Where all batches round alike (4e-6 apart on that x86), a change in the memory's layout may still
cost some."""


def near_tie(model: LanguageModel) -> float:
    """Two logits closer than this are not told apart by a batch. The memory must be empty, and is again.
    Raises what LanguageModel.decode raises."""
    alone = _alone(model, model.tokenize(TEXT)[:MOST_tok])
    model.keep(0)
    tokens, logits = [token for token, _ in alone], np.stack([row for _, row in alone])
    off, begin = 0.0, 0
    for n_tok in cycle(BATCHES_tok):
        end = min(begin + n_tok, len(tokens))
        off = max(off, difference(model.decode_each(tokens[begin:end], begin), logits[begin:end]))
        begin = end
        if begin == len(tokens):
            break
    model.keep(0)
    return max(LEAST, SAFETY * off)


def difference(batched: Floats, alone: Floats) -> float:
    """By how much the same logits differ at most; any shape."""
    return float(np.abs(batched - alone).max())


def _alone(model: LanguageModel, tokens: Sequence[int]) -> list[tuple[int, Floats]]:
    """As many of `tokens` as there is time for, each with the logits behind it."""
    found: list[tuple[int, Floats]] = []
    began_ms = now_ms()
    for token in tokens:
        if len(found) >= LEAST_tok and now_ms() - began_ms > ENOUGH_ms:
            break
        model.decode([token], len(found))
        found.append((token, model.logits().copy()))
    return found
