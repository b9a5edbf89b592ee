"""What a model's logits say of the tokens that were right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mortar.runtimes.interfaces import Floats


def log_softmax(logits: Floats) -> Floats:
    """Log-probabilities [tokens, vocabulary], nats."""
    lowered = logits - logits.max(1, keepdims=True)
    return lowered - np.log(np.exp(lowered).sum(1, keepdims=True))


def nats_of(said: Floats, tokens: NDArray[np.int64]) -> Floats:
    """Negative log-probability of each token."""
    return -said[np.arange(len(tokens)), tokens]


def exact(said: Floats, tokens: NDArray[np.int64]) -> bool:
    """Whether greedy decoding, which takes the likeliest token each time, would give just these."""
    return bool((said.argmax(1) == tokens).all())
