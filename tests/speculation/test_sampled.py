"""What is drawn with drafts is distributed as if the model had drawn it alone: counted, on a toy."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.sampling import Sampler, Sampling
from mortar.bricks.language.speculation.draft_model import DraftModel
from mortar.bricks.language.speculation.drafter import Draft, Drafter
from mortar.bricks.language.speculation.lookup import Lookup
from mortar.bricks.language.speculation.verify import Verdict
from mortar.runtimes.interfaces import Floats
from speculation.toys import PROMPT, CHUNK_tok, Toy, plain, speculative, table, written

N_VOCAB = 4
N_tok = 3
N_answers = 4_000
MODEL, SMALLER = table(N_VOCAB, seed=1), table(N_VOCAB, seed=2, spread=1.0)
HOT = Sampling(temperature=1.0, seed=7)
TRUNCATED = Sampling(temperature=0.8, top_k=3, top_p=0.9, min_p=0.1, seed=7)

Write = Callable[[], list[int]]


def expected(sampling: Sampling) -> dict[tuple[int, ...], float]:
    """The probability of each answer of N_tok tokens, by the chain rule."""
    sampler = Sampler(sampling)
    shares = {}
    for answer in itertools.product(range(N_VOCAB), repeat=N_tok):
        share, context = 1.0, [*PROMPT]
        for token in answer:
            share *= sampler.distribution(MODEL[context[-2], context[-1]].astype(np.float32)).of(token)
            context.append(token)
        shares[answer] = share
    return shares


def is_distributed(write: Write, shares: dict[tuple[int, ...], float]) -> bool:
    """Pearson's chi-square, answers that are expected less than 5 times taken together. Five standard
    deviations above the mean of its distribution: one test of a million would fail for nothing."""
    counts = Counter(tuple(write()) for _ in range(N_answers))
    often = {answer: share * N_answers for answer, share in shares.items() if share * N_answers >= 5}
    rare = N_answers - sum(often.values())
    seen_rarely = N_answers - sum(counts[answer] for answer in often)
    chi_square = sum((counts[answer] - wanted) ** 2 / wanted for answer, wanted in often.items())
    chi_square += (seen_rarely - rare) ** 2 / max(rare, 1.0)
    freedom = len(often)
    return chi_square < freedom + 5 * (2 * freedom) ** 0.5


def by_draft_model(sampling: Sampling) -> Drafter:
    model = Toy(SMALLER, end=1)
    return DraftModel(model, Memory(model, CHUNK_tok), Sampler(sampling), reads_pictures=False)


def by_lookup(sampling: Sampling) -> Drafter:
    return Lookup()


class Stubborn:
    """Drafts the same whatever was written: most of it is refused."""

    name = "stubborn"

    def begin(self, prompt: object, address: object) -> None:
        pass

    def draft(self, context: object, most_tok: int) -> Draft:
        return Draft.certain([3, 1, 2][:most_tok])

    def close(self) -> None:
        pass


@pytest.mark.parametrize("sampling", [HOT, TRUNCATED], ids=["all", "truncated"])
@pytest.mark.parametrize("drafter", [by_draft_model, by_lookup, lambda _: Stubborn()])
def test_answers_are_as_frequent_as_the_model_says(
    sampling: Sampling, drafter: Callable[[Sampling], Drafter]
) -> None:
    """All tokens of an answer together: what is accepted, what takes a refused one's place, and what is
    extra."""
    stepper, memory = speculative(Toy(MODEL), drafter(sampling), sampling=sampling, most_tok=2)
    assert is_distributed(lambda: written(stepper, memory, N_tok), expected(sampling))


def test_plain_decoding_passes_the_same_test() -> None:
    stepper, memory = plain(Toy(MODEL), HOT)
    assert is_distributed(lambda: written(stepper, memory, N_tok), expected(HOT))


def accepts_too_much(rows: Floats, draft: Draft, sampler: Sampler, near_tie: float) -> Verdict:
    """Whatever the model might have written itself."""
    for place, token in enumerate(draft.tokens):
        wanted = sampler.distribution(rows[place])
        if not sampler.happens(min(1.0, 1.3 * wanted.of(token) / draft.distributions[place].of(token))):
            return Verdict(place, sampler.draw(wanted.less(draft.distributions[place])))
    return Verdict(len(draft), sampler.draw(sampler.distribution(rows[-1])))


def draws_from_all(rows: Floats, draft: Draft, sampler: Sampler, near_tie: float) -> Verdict:
    """In the place of a refused token, not from what is left."""
    for place, token in enumerate(draft.tokens):
        wanted = sampler.distribution(rows[place])
        if not sampler.happens(wanted.of(token) / draft.distributions[place].of(token)):
            return Verdict(place, sampler.draw(wanted))
    return Verdict(len(draft), sampler.draw(sampler.distribution(rows[-1])))


@pytest.mark.parametrize("wrong", [accepts_too_much, draws_from_all])
def test_a_wrong_rule_is_noticed(wrong: Callable[..., Verdict], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mortar.bricks.language.speculation.speculative.verify", wrong)
    stepper, memory = speculative(Toy(MODEL), by_draft_model(HOT), sampling=HOT, most_tok=2)
    assert not is_distributed(lambda: written(stepper, memory, N_tok), expected(HOT))
