"""What a model's logits say about the answer that was taken from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mortar.bricks.language.evidence import Evidence, Witness, weighed

LOGITS = st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=40)


def of(*shares: float) -> np.ndarray:
    """Logits of a distribution: float32 [n_vocab]."""
    with np.errstate(divide="ignore"):
        return np.log(np.array(shares, np.float64)).astype(np.float32)


def test_known_distributions_are_weighed_as_in_the_textbook() -> None:
    assert weighed(of(0.25, 0.25, 0.25, 0.25), 2) == pytest.approx((math.log(0.25), math.log(4)), abs=1e-6)
    log_probability, entropy = weighed(of(0.5, 0.25, 0.25), 0)
    assert log_probability == pytest.approx(math.log(0.5), abs=1e-6)
    assert entropy == pytest.approx(1.5 * math.log(2), abs=1e-6)


def test_a_token_that_is_ruled_out_adds_nothing() -> None:
    """Engines mask tokens with a logit of -inf."""
    assert weighed(of(0.5, 0.5, 0.0), 1) == pytest.approx((math.log(0.5), math.log(2)), abs=1e-6)


def test_one_possible_token_leaves_nothing_open() -> None:
    assert weighed(of(1.0, 0.0), 0) == (0.0, 0.0)


@given(LOGITS, st.floats(-1e4, 1e4, width=32))
def test_only_differences_of_logits_count(logits: list[float], by: float) -> None:
    held = np.array(logits, np.float64)
    for moved in (held, held + by):
        log_probability, entropy = weighed(moved, int(np.argmax(held)))
        assert -math.log(len(held)) - 1e-6 <= log_probability <= 0
        assert 0 <= entropy <= math.log(len(held)) + 1e-6
    assert weighed(held + by, 0) == pytest.approx(weighed(held, 0), rel=1e-6, abs=1e-6)


def test_the_witness_tells_of_the_whole_answer() -> None:
    witness = Witness()
    witness.see(of(0.9, 0.1), 0)
    witness.see(of(0.4, 0.3, 0.3), 0)
    witness.see(of(0.5, 0.5), 0)
    found = witness.evidence
    assert len(witness) == 3
    assert found.probability == pytest.approx(0.9 * 0.4 * 0.5, rel=1e-5)
    assert found.mean_log_probability == pytest.approx(math.log(0.9 * 0.4 * 0.5) / 3, rel=1e-5)
    assert found.least_log_probability == pytest.approx(math.log(0.4), rel=1e-5)
    assert found.deciding_entropy == pytest.approx(-0.4 * math.log(0.4) - 0.6 * math.log(0.3), rel=1e-5)


def test_no_token_is_no_reason_to_be_sure() -> None:
    nothing = Evidence()
    assert nothing.probability == 0
    assert nothing.mean_log_probability == nothing.least_log_probability == -math.inf
    assert nothing.deciding_entropy == math.inf
