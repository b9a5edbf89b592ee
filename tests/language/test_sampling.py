"""From logits to tokens, held against llama.cpp's own samplers."""

from __future__ import annotations

import ctypes

import llama_cpp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar.bricks.language.sampling import Distribution, Sampler, Sampling

SEEDS = range(4)


def logits(seed: int, n_vocab: int = 300) -> np.ndarray:
    return (3 * np.random.default_rng(seed).standard_normal(n_vocab)).astype(np.float32)


def by_llama(given_logits: np.ndarray, sampling: Sampling) -> dict[int, float]:
    """What llama.cpp's chain leaves in, with what probability."""
    n = len(given_logits)
    data = (llama_cpp.llama_token_data * n)(*((i, float(logit), 0.0) for i, logit in enumerate(given_logits)))
    array = llama_cpp.llama_token_data_array(data=data, size=n, selected=-1, sorted=False)
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for sampler in (
        llama_cpp.llama_sampler_init_top_k(sampling.top_k),
        llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
        llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1),
        llama_cpp.llama_sampler_init_temp(sampling.temperature),
        llama_cpp.llama_sampler_init_dist(1),
    ):
        llama_cpp.llama_sampler_chain_add(chain, sampler)
    llama_cpp.llama_sampler_apply(chain, ctypes.byref(array))
    found = {int(array.data[i].id): float(array.data[i].p) for i in range(array.size)}
    llama_cpp.llama_sampler_free(chain)
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(0.8, 40, 0.95, 0.05),
        Sampling(1.0, 0, 1.0, 0.0),
        Sampling(1.0, 5, 1.0, 0.0),
        Sampling(1.0, 0, 0.7, 0.0),
        Sampling(1.0, 0, 1.0, 0.1),
        Sampling(0.3, 10, 0.9, 0.02),
        Sampling(2.0, 3, 0.5, 0.5),
        Sampling(1.0, 10_000, 0.99, 0.0),
    ],
)
def test_what_is_left_in_is_what_llama_cpp_leaves_in(sampling: Sampling, seed: int) -> None:
    """The same tokens, as probable: names and order are its own."""
    ours = Sampler(sampling).distribution(logits(seed))
    theirs = by_llama(logits(seed), sampling)
    assert set(ours.tokens.tolist()) == set(theirs)
    for token, probability in theirs.items():
        assert ours.of(token) == pytest.approx(probability, abs=1e-5)


def test_temperature_0_is_greedy() -> None:
    sampler = Sampler(Sampling(0.0, 5, 0.5, 0.5))
    for seed in SEEDS:
        likeliest = int(logits(seed).argmax())
        assert sampler.pick(logits(seed)) == likeliest
        assert sampler.distribution(logits(seed)).of(likeliest) == 1


def test_a_seed_repeats_what_is_drawn() -> None:
    def drawn(seed: int) -> list[int]:
        sampler = Sampler(Sampling(1.5, seed=seed))
        return [sampler.pick(logits(0)) for _ in range(50)]

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)
    assert drawn(-1) != drawn(-1)


def test_tokens_come_as_often_as_they_are_probable() -> None:
    sampler, n = Sampler(Sampling(1.0, 6, seed=1)), 20_000
    shares = sampler.distribution(logits(2))
    counts = np.bincount([sampler.draw(shares) for _ in range(n)], minlength=300)[shares.tokens]
    expected = shares.probabilities * n
    assert ((counts - expected) ** 2 / expected).sum() < 5 + 5 * (2 * 5) ** 0.5


def test_what_is_ruled_out_is_never_drawn() -> None:
    """Engines mask tokens with -inf; a draw at the very end of the range must not hit one."""
    masked = np.full(8, -np.inf, np.float32)
    masked[[2, 5]] = 0.0
    sampler = Sampler(Sampling(1.0, seed=1))
    assert {sampler.pick(masked) for _ in range(200)} == {2, 5}


Shares = st.lists(st.floats(0.01, 1), min_size=1, max_size=6)


def distribution(shares: list[float], first: int) -> Distribution:
    held = np.array(shares)
    return Distribution(np.arange(first, first + len(shares)), held / held.sum())


@settings(deadline=None)
@given(Shares, Shares, st.integers(0, 4))
def test_acceptance_and_what_is_left_give_the_distribution_back(
    wanted: list[float], drafted: list[float], first: int
) -> None:
    """min(p, q) of it is accepted, the rest comes from what is left: together p (Leviathan et al., A.1)."""
    p, q = distribution(wanted, 0), distribution(drafted, first)
    left, refused = p.less(q), 1 - sum(min(p.of(int(t)), q.of(int(t))) for t in p.tokens)
    for token in p.tokens.tolist():
        together = min(p.of(token), q.of(token)) + refused * left.of(token)
        assert together == pytest.approx(p.of(token), abs=1e-9)
    assert left.probabilities.sum() == pytest.approx(1)
