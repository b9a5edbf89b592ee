"""What a model's memory can do, tried on an empty one: flags of kinds of models say less than one try.

A "no" of llama.cpp's is believed all the same, where trying would end the process (an assertion).
"""

from __future__ import annotations

from typing import Protocol

import llama_cpp
import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Abilities, Floats, LanguageModel

TRIED = (0, 1, 2, 3)
"""Tokens that every vocabulary has."""

SAME = 0.2
"""Largest distance of logits, in standard deviations of them, that is put down to rounding. The bundled
model's is 0.0, and 1.2 to 3.6 where its rows are made to see each other both ways (llama_set_causal_attn)."""

ONE_POSITION = (
    llama_cpp.LLAMA_ROPE_TYPE_NONE,
    llama_cpp.LLAMA_ROPE_TYPE_NORM,
    llama_cpp.LLAMA_ROPE_TYPE_NEOX,
)
"""Kinds of models whose tokens have one position each. Those of others (M-RoPE) cannot be moved up:
llama_kv_cache::seq_add asserts that."""


def has_axes(rope_type: int) -> bool:
    """Whether llama.cpp wants several positions of each row of a picture."""
    return rope_type not in ONE_POSITION


class Tried(LanguageModel, Protocol):
    """One of llama.cpp's models."""

    def last_position(self) -> int:
        """The largest position that the memory holds; -1 where it is empty."""


def probed(model: Tried, *, may_shift: bool, may_split: bool) -> Abilities:
    """Found out with some tokens and rows, in milliseconds; the memory is empty again then.

    `may_shift` is what llama.cpp says of the model, `may_split` what is known of its pictures: without, it is
    not tried."""
    forgets = _forgets(model)
    cuts = forgets and may_shift and _cuts(model)
    splits_pictures = may_split and _splits(model)
    model.keep(0)
    return Abilities(forgets, cuts, splits_pictures)


def _forgets(model: Tried) -> bool:
    _anew(model)
    return model.keep(2) == 2 and model.last_position() == 1


def _cuts(model: Tried) -> bool:
    _anew(model)
    try:
        model.cut(1, 3)
        model.decode(TRIED[:1], 2)  # which moves up what is behind the cut
    except MortarError:
        return False
    return model.last_position() == 2


def _splits(model: Tried) -> bool:
    """Whether rows of a picture that are read in two parts are the same to the model as in one."""
    rows = np.random.default_rng(0).standard_normal((len(TRIED), model.n_embd)).astype(np.float32)
    whole = _after(model, rows)
    parts = _after(model, rows[:2], rows[2:])
    return bool(np.abs(whole - parts).max() <= SAME * whole.std())


def _after(model: Tried, *parts: Floats) -> Floats:
    model.keep(0)
    pos = 0
    for part in parts:
        model.decode_embeddings(part.ctypes.data, len(part), pos)
        pos += len(part)
    return model.logits().copy()


def _anew(model: Tried) -> None:
    model.keep(0)
    model.decode(TRIED, 0)
