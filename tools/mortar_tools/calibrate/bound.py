"""How many errors may be seen of a rule that is to make few: exact, for any number of questions.

Of `n` independent answers that a rule calls sure, `wrong` are wrong. If the true share of errors were `error`
or more, so few would be seen with probability P(Bin(n, error) <= wrong) at most: the p-value. That it is
below 1 - confidence is the same as that the upper Clopper-Pearson limit of the share is below `error`
(Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the
binomial").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import takewhile

import numpy as np


def p_value(wrong: int, n: int, error: float) -> float:
    """Probability of `wrong` errors or fewer of n, where each is one with probability `error`; 1 of none."""
    if not 0 <= wrong <= n or not 0 < error < 1:
        raise ValueError(f"{wrong} of {n} at {error}")
    k = np.arange(1, wrong + 1)
    steps = np.log((n - k + 1) / k * error / (1 - error))  # from one term to the next
    logs = n * math.log1p(-error) + np.concatenate(([0.0], np.cumsum(steps)))
    highest = logs.max()
    return min(1.0, float(math.exp(highest) * np.exp(logs - highest).sum()))


def upper_limit(wrong: int, n: int, confidence: float) -> float:
    """The share of errors that is not exceeded, with this confidence (Clopper-Pearson, one-sided); 1 of
    nothing."""
    if wrong >= n:
        return 1.0
    low, high = wrong / n, 1.0
    while high - low > 1e-9:  # the p-value falls as the share grows
        middle = (low + high) / 2
        low, high = (middle, high) if p_value(wrong, n, middle) > 1 - confidence else (low, middle)
    return high


def last_that_holds(p_values: Sequence[float], most: float, starts: Sequence[int] = (0,)) -> int | None:
    """How far a sequence of rules can be relied on: number of the last that is reached from one of `starts`
    with no p-value above its share of `most` on the way; None where no start is below it.

    Order and starts must be fixed before these p-values are seen. Then the probability that a rule is taken
    which errs too often is `most`, however many there are: fixed sequence testing with several starts, as in
    Angelopoulos, Bates, Candès, Jordan and Lei 2021, "Learn then test: calibrating predictive algorithms to
    achieve risk control"."""
    reached = [
        number
        for start in starts
        for number, p in takewhile(
            lambda one: one[1] <= most / len(starts), enumerate(p_values[start:], start)
        )
    ]
    return max(reached, default=None)
