"""Whatever breaks off a draft leaves a memory that the next question can use."""

from __future__ import annotations

from itertools import islice

import pytest

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.sampling import GREEDY, Sampler
from mortar.bricks.language.speculation.draft_model import DraftModel, require_same_vocabulary
from mortar.bricks.language.speculation.drafter import Draft
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Interrupted
from speculation.toys import PROMPT, CHUNK_tok, Toy, plain, speculative, table, written

N_tok = 30
N_VOCAB = 6


class Stop:
    """Says so on the `after`-th time that it is asked."""

    def __init__(self) -> None:
        self.after: int | None = None
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.after is not None and self.asked > self.after


@pytest.mark.parametrize("after", range(1, 70, 3))
def test_an_interruption_anywhere_leaves_a_usable_state(after: int) -> None:
    """While the draft model reads or writes, in the batch, and where something is decoded anew."""
    stop = Stop()
    model = Toy(table(N_VOCAB, 5, spread=0.5), should_stop=stop, noise=0.1)
    draft = Toy(table(N_VOCAB, 5, spread=0.45), should_stop=stop)
    drafter = DraftModel(draft, Memory(draft, CHUNK_tok), Sampler(GREEDY), reads_pictures=False)
    stepper, memory = speculative(model, drafter, near_tie=0.2)
    memory.bring(PROMPT, None, predict=True)
    stop.after = stop.asked + after
    with pytest.raises(Interrupted):
        list(islice(stepper.steps(PROMPT, None), 200))
    stop.after = None
    other = (2, 3, 1)
    expected = written(*plain(Toy(table(N_VOCAB, 5, spread=0.5))), N_tok, other)
    assert written(stepper, memory, N_tok, other) == expected
    assert memory.holds(model.cells)


class Broken:
    name = "broken"

    def __init__(self) -> None:
        self.asked = 0

    def begin(self, prompt: object, address: object) -> None:
        pass

    def draft(self, context: object, most_tok: int) -> Draft:
        self.asked += 1
        raise MortarError("language-engine-failed", "the drafter broke", "report it")

    def close(self) -> None:
        pass


def test_a_drafter_that_fails_costs_no_answer_and_is_not_asked_again() -> None:
    drafter = Broken()
    stepper, memory = speculative(Toy(table(N_VOCAB, 5)), drafter)
    assert written(stepper, memory, N_tok) == written(*plain(Toy(table(N_VOCAB, 5))), N_tok)
    assert drafter.asked == 1
    assert stepper.figures()["speculation"] == "off: language-engine-failed"


class Renamed(Toy):
    """One token of it means something else."""

    def piece(self, token: int) -> bytes:
        return b"?" if token == 3 else super().piece(token)


@pytest.mark.parametrize(
    "other",
    [Toy(table(N_VOCAB + 1, 5)), Renamed(table(N_VOCAB, 5)), Toy(table(N_VOCAB, 5), end=2)],
    ids=["larger", "other words", "another end"],
)
def test_a_draft_model_of_another_vocabulary_is_refused(other: Toy) -> None:
    """Its tokens would mean something else."""
    with pytest.raises(MortarError) as refused:
        require_same_vocabulary(other, Toy(table(N_VOCAB, 5)))
    assert refused.value.code == "draft-model-differs"
    require_same_vocabulary(Toy(table(N_VOCAB, 6)), Toy(table(N_VOCAB, 5)))


def test_nothing_is_drafted_behind_an_end() -> None:
    """What would follow it is never read."""
    logits = table(N_VOCAB, 5)
    logits[..., 2] = -100.0
    logits[4, :, 2] = 100.0  # 4 and any token, then the end
    draft = Toy(logits, end=2)
    drafter = DraftModel(draft, Memory(draft, CHUNK_tok), Sampler(GREEDY), reads_pictures=False)
    assert drafter.draft([1, 4, 0], 5).tokens == [2]
