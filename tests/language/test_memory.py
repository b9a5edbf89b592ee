"""The model's memory is brought from anything to anything, and never differs from a fresh one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.errors import MortarError
from mortar.messages import Exchange
from mortar.runtimes.interfaces import Interrupted, most_probable
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.model_folder import ModelFolder

ROWS = 16
CHUNK_TOK = 7
"""So that chunks end within words, pictures and their control tokens."""

QUESTIONS = ("what do you see", "where is the cat", "how many cups are there")
EXCHANGES = [Exchange(question, "I see a bus. There is one dog.") for question in QUESTIONS]

Prompts = st.tuples(
    st.integers(0, len(EXCHANGES)),
    st.integers(0, 3),
    st.one_of(st.none(), st.sampled_from(QUESTIONS)),
    st.one_of(st.none(), st.integers(0, 200)),
    st.integers(0, 3),
)
"""Earlier turns, picture (0: none), question, after how many operations to interrupt, and how many chunks are
read ahead before it is asked."""


@pytest.fixture
def composer(model: LlamaLanguageModel, folder: ModelFolder) -> Composer:
    return Composer(model, folder.manifest.prompt, answer_tok=64)


@pytest.fixture(scope="session")
def pictures(folder: ModelFolder) -> list[np.ndarray]:
    shape = (ROWS, folder.manifest.vision.n_embd)
    return [np.random.default_rng(seed).standard_normal(shape).astype(np.float32) for seed in range(4)]


def rows(number: int) -> PictureRows | None:
    return PictureRows(number, ROWS) if number else None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(Prompts, min_size=1, max_size=6))
def test_any_change_ends_as_a_fresh_memory(
    model: LlamaLanguageModel, stop: object, composer: Composer, pictures: list[np.ndarray], steps: list
) -> None:
    """Through any prompts, interrupted anywhere: the positions are those of the prompt, and what the
    model predicts is what it predicts after reading the last prompt alone."""
    model.keep(0)
    memory = Memory(model, CHUNK_TOK)
    for earlier, number, question, stop_after, chunks in steps:
        ahead = composer.compose(EXCHANGES[:earlier], rows(number), None)
        wanted = composer.compose(EXCHANGES[:earlier], rows(number), question)
        address = pictures[number].ctypes.data
        stop.after = stop_after  # type: ignore[attr-defined]
        try:
            for _ in range(chunks):
                memory.bring_nearer(ahead, address)
            memory.bring(wanted, address, predict=True)
        except Interrupted:
            stop.after = None  # type: ignore[attr-defined]
            memory.bring(wanted, address, predict=True)
        stop.after = None  # type: ignore[attr-defined]
        assert memory.holds(wanted)
        assert model.last_position() == len(wanted) - 1
    token, probability = most_probable(model.logits())
    model.keep(0)
    Memory(model, CHUNK_TOK).bring(wanted, address, predict=True)
    fresh_token, fresh_probability = most_probable(model.logits())
    # Not token by token: batches of other sizes round differently, and two tokens may be close.
    assert probability == pytest.approx(fresh_probability, rel=0.02)
    assert token == fresh_token or probability < 0.5


def test_only_the_question_is_read_once_the_picture_is_there(
    model: LlamaLanguageModel, composer: Composer, pictures: list[np.ndarray]
) -> None:
    """That is what looking early is for."""
    memory = Memory(model, CHUNK_TOK)
    ahead = composer.compose(EXCHANGES[:1], rows(1), None)
    memory.bring(ahead, pictures[1].ctypes.data)
    whole = composer.compose(EXCHANGES[:1], rows(1), "what do you see")
    read = memory.bring(whole, None, predict=True)
    assert (read.reused_tok, read.read_tok) == (len(ahead), len(whole) - len(ahead))


def test_a_picture_leaves_without_a_trace(
    model: LlamaLanguageModel, composer: Composer, pictures: list[np.ndarray]
) -> None:
    """What is asked after it is answered as if it had never been there."""
    blind = composer.compose(EXCHANGES[:1], None, "what do you see")
    Memory(model, CHUNK_TOK).bring(blind, None, predict=True)
    expected = most_probable(model.logits())
    memory = Memory(model, CHUNK_TOK)
    memory.bring(composer.compose(EXCHANGES[:1], rows(1), "where is it"), pictures[1].ctypes.data)
    memory.bring(blind, None, predict=True)
    token, probability = most_probable(model.logits())
    # Text read in one batch or in two rounds differently.
    assert (token, probability) == (expected[0], pytest.approx(expected[1], rel=0.02))


def test_a_memory_that_cannot_forget_a_part_is_read_anew(
    model: LlamaLanguageModel,
    composer: Composer,
    pictures: list[np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Recurrent models refuse to remove a tail: llama_memory_seq_rm says so, and all is read again."""
    memory = Memory(model, CHUNK_TOK)
    memory.bring(composer.compose(EXCHANGES[:1], rows(1), "where is it"), pictures[1].ctypes.data)
    monkeypatch.setattr("llama_cpp.llama_memory_seq_rm", lambda *_: False)
    wanted = composer.compose(EXCHANGES[:1], rows(2), "what do you see")
    read = memory.bring(wanted, pictures[2].ctypes.data, predict=True)
    assert (read.reused_tok, read.read_tok) == (0, len(wanted))
    assert model.last_position() == len(wanted) - 1


def test_the_oldest_turns_are_left_out(composer: Composer, folder: ModelFolder) -> None:
    """The model was trained on a few earlier turns only."""
    most = folder.manifest.prompt.most_earlier_turns
    many = composer.compose(EXCHANGES * 4, rows(1), "what do you see")
    assert many == composer.compose((EXCHANGES * 4)[-most:], rows(1), "what do you see")


def test_turns_that_would_not_fit_are_left_out(composer: Composer, model: LlamaLanguageModel) -> None:
    """The memory must hold the prompt and the answer."""
    long = [Exchange("where is the cat " * 5, "There is one dog. " * n) for n in (5, 40, 5)]
    assert len(composer.compose(long, rows(1), "what do you see")) <= model.n_ctx - 64
    assert composer.compose(long, None, None) == composer.compose(long[2:], None, None)


def test_a_question_that_cannot_fit_is_refused(composer: Composer) -> None:
    with pytest.raises(MortarError) as caught:
        composer.compose([], rows(1), "word " * 5_000)
    assert caught.value.code == "question-too-long"
