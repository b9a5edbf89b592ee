"""How much a token's logits depend on what it is decoded together with, on this computer.

A batch is multiplied by other kernels than a single token, which round differently; where activations are
rounded to 8 bits in between, a last bit may grow. What a model computes alone is its own answer, so where a
batch leaves the choice between two tokens closer than that, the token is decoded alone.
"""

from __future__ import annotations

import numpy as np

from mortar.runtimes.interfaces import LanguageModel

TEXT = (
    "On the table there are three cups, a red one on the left and two blue ones behind it. 12:45, and it is "
    "dark; nobody has asked what the cat does on the roof, has he? No: it sleeps."
)
MOST_tok = 48
BATCHES = (2, 3, 5, 8)

SAFETY = 8.0
"""Two logits may each be off, and 48 tokens do not show the worst there is."""
LEAST = 0.01
"""Logits. Where all batches round alike (4e-6 apart on an x86 with AVX-512), a change in the memory's
layout may still cost some."""


def near_tie(model: LanguageModel) -> float:
    """Two logits closer than this are not told apart by a batch. The memory must be empty, and is again.
    Raises what LanguageModel.decode raises."""
    tokens = model.tokenize(TEXT)[: min(MOST_tok, model.n_ctx // 2)]
    alone = []
    for pos, token in enumerate(tokens):
        model.decode([token], pos)
        alone.append(model.logits().copy())
    model.keep(0)
    off, begin, turn = 0.0, 0, 0
    while begin < len(tokens):
        batch = tokens[begin : begin + BATCHES[turn % len(BATCHES)]]
        together = model.decode_each(batch, begin)
        off = max(off, float(np.abs(together - np.stack(alone[begin : begin + len(batch)])).max()))
        begin, turn = begin + len(batch), turn + 1
    model.keep(0)
    return max(LEAST, SAFETY * off)
