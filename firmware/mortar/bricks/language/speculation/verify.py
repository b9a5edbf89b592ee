"""Which tokens of a draft the model would have written itself: speculative sampling, pure.

Leviathan et al. 2023, arXiv 2211.17192, algorithm 1: a drafted token x is accepted with probability min(1,
p(x) / q(x)); in the place of the first refused one comes a token of norm(max(0, p - q)); where all are
accepted, one more of p. What is written is then distributed as if the model had written it alone (appendix
A.1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mortar.bricks.language.sampling import Sampler
from mortar.bricks.language.speculation.drafter import Draft
from mortar.runtimes.interfaces import Floats


class Verdict(NamedTuple):
    accepted_tok: int
    """The first so many of the draft are as good as the model's own."""
    following: int | None
    """The model's own token after them; None where two are too close to tell from these logits."""


def verify(rows: Floats, draft: Draft, sampler: Sampler, near_tie: float = 0.0) -> Verdict:
    """`rows`, [1 + len(draft), n_vocab]: logits of what may stand in the place of each drafted token, and
    of what may follow the last. Greedy, the choice between two logits that differ by less than `near_tie`
    is left open."""
    for place, row in enumerate(rows):
        if sampler.is_greedy and lead(row) < near_tie:
            return Verdict(place, None)
        wanted = sampler.distribution(row)
        if place == len(draft):
            break
        drafted = draft.distributions[place]
        token = draft.tokens[place]
        if not sampler.happens(wanted.of(token) / drafted.of(token)):
            return Verdict(place, sampler.draw(wanted.less(drafted)))
    return Verdict(len(draft), sampler.draw(wanted))


def lead(logits: Floats) -> float:
    """By how much the largest of [n_vocab] logits exceeds the next. inf for a vocabulary of one."""
    first = int(logits.argmax())
    others = [part.max() for part in (logits[:first], logits[first + 1 :]) if len(part)]
    return float(logits[first] - max(others)) if others else float(np.inf)
