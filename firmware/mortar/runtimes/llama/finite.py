"""Logits that say nothing."""

from __future__ import annotations

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats


def check_finite(logits: Floats) -> None:
    """Raises MortarError where `logits`, float32 [n_vocab] or [n_tok, n_vocab], hold a NaN or are infinite:
    weights that are damaged, or an overflow on the way.

    The largest tells: it is NaN as soon as one of them is. (A single -inf is a token that a model rules out.)
    """
    if not np.isfinite(logits.max(axis=-1)).all():
        raise MortarError(
            "language-logits-broken",
            "the language model computed no numbers (NaN) where probabilities of words should be",
            "restore the model's file; on a GPU, set gpu_layers in [language] to 0",
        )
