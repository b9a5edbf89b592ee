"""Greedy answers with drafts are those without, token by token, and the memory holds what it says it does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar import resources
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.sampling import GREEDY, Sampler
from mortar.bricks.language.speculation.draft_model import DraftModel
from mortar.bricks.language.speculation.drafter import Drafter
from mortar.bricks.language.speculation.lookup import Lookup
from mortar.bricks.language.speculation.prepare import prepare
from mortar.bricks.language.speculation.rounding import near_tie
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language
from speculation.toys import PROMPT, CHUNK_tok, Toy, plain, speculative, table, written

N_tok = 40

Seeds = st.integers(0, 10_000)


def drafter(kind: str, seed: int, likeness: float, n_vocab: int) -> Drafter:
    """A draft model of `likeness` 1 always agrees."""
    if kind == "lookup":
        return Lookup()
    model = Toy(likeness * table(n_vocab, seed) + (1 - likeness) * table(n_vocab, seed + 1))
    return DraftModel(model, Memory(model, CHUNK_tok), Sampler(GREEDY), reads_pictures=False)


@settings(max_examples=40, deadline=None)
@given(Seeds, st.sampled_from(["lookup", "draft"]), st.floats(0, 1), st.integers(1, 6), st.integers(2, 12))
def test_drafts_change_no_token(seed: int, kind: str, likeness: float, most_tok: int, n_vocab: int) -> None:
    """Whatever is drafted, and however much of it is right; afterwards the memory holds the answer's
    beginning."""
    stepper, memory = plain(Toy(table(n_vocab, seed)))
    alone = written(stepper, memory, N_tok)
    model = Toy(table(n_vocab, seed))
    stepper, memory = speculative(model, drafter(kind, seed, likeness, n_vocab), most_tok=most_tok)
    assert written(stepper, memory, N_tok) == alone
    assert memory.holds(model.cells)
    kept = model.cells[len(PROMPT) :]
    assert kept[:N_tok] == alone[: len(kept)]


@settings(max_examples=20, deadline=None)
@given(Seeds, st.integers(1, 6))
def test_a_good_drafter_spares_decodes(seed: int, most_tok: int) -> None:
    """One that always agrees: each decode brings all that was drafted, and one more."""
    model = Toy(table(8, seed))
    stepper, memory = speculative(model, drafter("draft", seed, 1.0, 8), most_tok=most_tok)
    written(stepper, memory, N_tok)
    assert set(model.decodes[1:]) == {1 + most_tok}
    assert len(model.decodes) == 1 + -(-(N_tok - 1) // (1 + most_tok))


NOISE = 0.2
CLOSE = [table(6, seed, spread=0.5) for seed in range(12)]
"""Models with many near ties."""


def differing(tie: float) -> int:
    """Of the models of CLOSE, how many write another answer with drafts, where batches round by NOISE."""
    n = 0
    for seed, logits in enumerate(CLOSE):
        stepper, memory = plain(Toy(logits))
        alone = written(stepper, memory, N_tok)
        noisy = Toy(logits, noise=NOISE)
        stepper, memory = speculative(noisy, drafter("draft", seed, 0.9, 6), near_tie=tie)
        n += written(stepper, memory, N_tok) != alone
    return n


def test_what_a_batch_leaves_too_close_is_decoded_as_plain_decoding_does() -> None:
    """Two logits, each off by NOISE at most; and what follows them, too, where they were kept."""
    assert differing(tie=2 * NOISE) == 0


def test_without_that_rounding_would_change_answers() -> None:
    """So the test before can fail."""
    assert differing(tie=0.0) > 0


def test_rounding_is_measured() -> None:
    """More than two logits can be off; and a model that rounds alike has few near ties."""
    assert near_tie(Toy(CLOSE[0], noise=NOISE)) >= 2 * NOISE
    assert near_tie(Toy(CLOSE[0])) < 0.05


def test_the_bound_grows_with_what_is_seen() -> None:
    """Where what was measured at the start was not the worst."""
    stepper, memory = speculative(Toy(CLOSE[0], noise=NOISE), drafter("draft", 0, 0.9, 6), near_tie=0.1)
    for _ in range(3):
        written(stepper, memory, N_tok)
    assert stepper.near_tie > 2 * NOISE


def test_the_measurement_leaves_nothing_behind() -> None:
    model = Toy(CLOSE[0])
    near_tie(model)
    assert model.cells == []


def test_for_a_memory_that_cannot_forget_its_tail_nothing_is_drafted() -> None:
    """Recurrent models: what was guessed wrongly would stay."""
    model = Toy(CLOSE[0], forgets=False)
    folder = ModelFolder(resources.bundled_model())
    assert prepare(Language(), model, folder, lambda: False).drafter is None
    assert prepare(Language(), Toy(CLOSE[0]), folder, lambda: False).drafter is not None


def test_no_draft_overruns_the_context() -> None:
    """The answer ends where it would have ended, with the last position in use."""
    model = Toy(table(6, 3), n_ctx=32)
    stepper, memory = speculative(model, drafter("draft", 3, 1.0, 6), most_tok=6)
    assert len(written(stepper, memory, 31)) == 31
    assert len(model.cells) <= 32


@pytest.mark.parametrize("n_ctx", [4, 9, 20])
def test_a_draft_model_with_a_smaller_context_stops_drafting(n_ctx: int) -> None:
    draft = Toy(table(6, 3), n_ctx=n_ctx)
    guesses = DraftModel(draft, Memory(draft, CHUNK_tok), Sampler(GREEDY), reads_pictures=False)
    stepper, memory = speculative(Toy(table(6, 3)), guesses, most_tok=3)
    assert written(stepper, memory, N_tok) == written(*plain(Toy(table(6, 3))), N_tok)
