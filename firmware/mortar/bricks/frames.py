"""Several frames as one picture's worth of tokens: average temporal pooling, as NANOMIND merges them."""

from __future__ import annotations

import numpy as np

from mortar.runtimes.interfaces import Floats


def pool(frames: Floats, out: Floats) -> None:
    """The mean over time of float32 [n, n_tok, n_embd], n ≥ 1, written into `out`, [n_tok, n_embd], in place.

    Averages tokens, not pixels: each place of the picture keeps its token, and what stood still comes out as
    the encoder made it, however many frames there are.
    """
    np.mean(frames, axis=0, out=out)
