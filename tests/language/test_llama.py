"""llama.cpp as the language brick uses it, with the bundled model."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from mortar.errors import MortarError
from mortar.messages import Message
from mortar.rings.slots import Policy
from mortar.rings.token_reader import ReadSlot, TokenRingReader
from mortar.rings.token_ring import TokenRingWriter
from mortar.runtimes.interfaces import Abilities, Interrupted, most_probable
from mortar.runtimes.llama import abilities
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.model_folder import ModelFolder

ROWS = 16


def slot_from_another_mapping(n_embd: int, n_tok: int = ROWS) -> ReadSlot:
    """A slot as the language brick gets it: mapped read-only, written through the eye's mapping."""
    to_reader: list[Message] = []
    writer = TokenRingWriter(2, n_tok, n_embd, 2 * n_tok, Policy.BLOCK)
    reader = TokenRingReader(writer.offer(), os.dup(writer.descriptor), lambda message: None)
    writer.connect(to_reader.append)
    with writer.acquire(n_tok) as slot:  # type: ignore[union-attr]
        slot.array[:] = np.random.default_rng(7).standard_normal((n_tok, n_embd))
        slot.commit(turn=1)
    reader.handle(to_reader[0])
    taken = reader.take_newest()
    assert taken is not None
    return taken


def begin(model: LlamaLanguageModel) -> int:
    """Read a few tokens of text; gives the position after them."""
    tokens = model.tokenize("what do you see")
    model.decode(tokens, 0)
    return len(tokens)


def test_the_batch_points_at_the_slot(model: LlamaLanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """No copy on the way: llama_decode is handed the very address of the ring's memory."""
    seen: list[tuple[int | None, int]] = []
    decode = llama_cpp.llama_decode

    def watched(context: object, batch: llama_cpp.llama_batch) -> int:
        seen.append((ctypes.cast(batch.embd, ctypes.c_void_p).value, batch.n_tokens))
        return int(decode(context, batch))

    monkeypatch.setattr(llama_cpp, "llama_decode", watched)
    slot = slot_from_another_mapping(model.n_embd)
    model.decode_embeddings(slot.address, slot.n_tok, 0)
    assert seen == [(slot.array.ctypes.data, ROWS)]


def test_a_read_only_mapping_is_read_as_any_memory(model: LlamaLanguageModel) -> None:
    """llama.cpp only reads what it is given: the answer is the same as from ordinary memory."""
    slot = slot_from_another_mapping(model.n_embd)
    model.decode_embeddings(slot.address, slot.n_tok, 0)
    shared = most_probable(model.logits())
    model.keep(0)
    private = slot.array.copy()
    model.decode_embeddings(private.ctypes.data, ROWS, 0)
    assert most_probable(model.logits()) == shared


def test_more_tokens_than_a_batch_takes_are_read_in_several(
    model: LlamaLanguageModel, folder: ModelFolder
) -> None:
    """Text and rows go on where the last batch ended."""
    path = folder.verified(folder.manifest.language)
    small = LlamaLanguageModel(path, n_ctx=256, threads=1, should_stop=lambda: False, batch_tok=5)
    slot = slot_from_another_mapping(model.n_embd)
    for one in (model, small):
        pos = begin(one)
        one.decode_embeddings(slot.address, ROWS, pos)
        assert one.last_position() == pos + ROWS - 1
    token, probability = most_probable(model.logits())
    assert most_probable(small.logits()) == (token, pytest.approx(probability, rel=0.02))
    small.close()


def test_a_forgotten_tail_leaves_nothing_behind(model: LlamaLanguageModel) -> None:
    """After the picture is removed the model predicts as if it had never seen one."""
    pos = begin(model)
    before = most_probable(model.logits())
    slot = slot_from_another_mapping(model.n_embd)
    model.decode_embeddings(slot.address, ROWS, pos)
    assert model.keep(pos - 1) == pos - 1
    assert model.last_position() == pos - 2
    model.decode(model.tokenize("what do you see")[-1:], pos - 1)
    token, probability = most_probable(model.logits())
    assert (token, probability) == (before[0], pytest.approx(before[1], rel=1e-3))


@pytest.mark.parametrize("after", [0, 1, 20])
def test_a_decode_ends_when_it_is_told_to(model: LlamaLanguageModel, stop: object, after: int) -> None:
    """In the middle of a token, not after it; and the model can be used again."""
    pos = begin(model)
    expected = most_probable(model.logits())
    stop.after = after  # type: ignore[attr-defined]
    with pytest.raises(Interrupted):
        model.decode([1] * 100, pos)
    stop.after = None  # type: ignore[attr-defined]
    model.keep(0)
    begin(model)
    assert most_probable(model.logits()) == expected


def test_people_cannot_write_control_tokens(model: LlamaLanguageModel) -> None:
    """What looks like one in a question is words; only the prompt's own pieces are control tokens."""
    control = model.tokenize("<|end|>", special=True)
    assert len(control) == 1 and model.is_end(control[0])
    assert control[0] not in model.tokenize("a <|end|> b")


@pytest.mark.parametrize("text", ["I see a cat.", "Où est le chat ? 猫 🐈", "", "a <|end|> b"])
def test_text_survives_its_tokens(model: LlamaLanguageModel, text: str) -> None:
    """Characters may be split over tokens; their bytes together are the text."""
    tokens = model.tokenize(text)
    assert b"".join(model.piece(token) for token in tokens).decode() == text


def test_a_full_context_is_an_error_that_says_what_to_do(model: LlamaLanguageModel) -> None:
    with pytest.raises(MortarError, match="context_tok") as caught:
        model.decode([1] * (model.n_ctx + 1), 0)
    assert caught.value.code == "language-context-full"


def test_positions_that_do_not_follow_on_are_refused(model: LlamaLanguageModel) -> None:
    """A defect in the bookkeeping shows at once, not as a strange answer."""
    pos = begin(model)
    with pytest.raises(MortarError) as caught:
        model.decode([1], pos + 5)
    assert caught.value.code == "language-engine-failed"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, 3, 100_000])
def test_a_cut_off_file_is_named(
    model: LlamaLanguageModel, folder: ModelFolder, tmp_path: Path, size: int
) -> None:
    """As llama.cpp itself finds it; the manifest finds it first."""
    whole = folder.path / folder.manifest.language.file
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole.read_bytes()[:size])
    with pytest.raises(MortarError) as caught:
        LlamaLanguageModel(path, n_ctx=256, threads=1, should_stop=lambda: False)
    assert caught.value.code == "language-model-unusable"
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_each_token_of_a_batch_gives_its_own_logits(model: LlamaLanguageModel) -> None:
    """As if they were decoded one by one: what verifying a draft rests on."""
    pos = begin(model)
    tokens = model.tokenize("I see a cat and a dog")
    singly = []
    for offset, token in enumerate(tokens):
        model.decode([token], pos + offset)
        singly.append(model.logits().copy())
    model.keep(pos)
    together = model.decode_each(tokens, pos)
    assert together.shape == (len(tokens), model.n_vocab)
    np.testing.assert_allclose(together, np.stack(singly), atol=0.15)


def test_a_cut_moves_up_what_follows(model: LlamaLanguageModel) -> None:
    """The positions behind a cut close the gap, and the model goes on from there."""
    assert model.abilities.cuts
    first, second = model.tokenize("what do you see"), model.tokenize("how many cups are there")
    model.decode([*first, *second], 0)
    model.cut(0, len(first))
    assert model.last_position() == len(second) - 1
    model.decode(model.tokenize("."), len(second))
    assert model.last_position() == len(second)


@pytest.mark.parametrize("after", [0, 3, 1_000])
def test_a_cut_that_is_interrupted_while_it_moves_leaves_nothing_wrong(
    model: LlamaLanguageModel, stop: object, after: int
) -> None:
    """llama.cpp moves what stays when it decodes next, and would move it twice if it ended within that."""
    first, second = model.tokenize("what do you see"), model.tokenize("how many cups are there")
    more = model.tokenize(" on the table" * 10)
    model.decode([*first, *second], 0)
    model.cut(0, len(first))
    model.decode(more, len(second))
    expected = model.logits().copy()

    model.keep(0)
    model.decode([*first, *second], 0)
    model.cut(0, len(first))
    stop.after = after  # type: ignore[attr-defined]
    with contextlib.suppress(Interrupted):
        model.decode(more, len(second))
    stop.after = None  # type: ignore[attr-defined]
    if model.keep(len(second)) == 0:  # it was forgotten, and is read anew
        model.decode([*first, *second], 0)
        model.cut(0, len(first))
    model.decode(more, len(second))
    np.testing.assert_allclose(model.logits(), expected, atol=0.15)


def test_what_the_memory_can_do_is_tried(model: LlamaLanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled model can do all of it. One that refuses, or reads rows in both directions, is found out,
    and nothing of the try is left behind."""
    assert (
        abilities.probed(model, may_shift=True, may_split=True)
        == model.abilities
        == Abilities(True, True, True)
    )
    assert not abilities.probed(model, may_shift=False, may_split=True).cuts
    assert model.last_position() == -1

    with monkeypatch.context() as recurrent:
        recurrent.setattr("llama_cpp.llama_memory_seq_rm", lambda *_: False)
        found = abilities.probed(model, may_shift=True, may_split=True)
        assert not found.forgets and not found.cuts

    monkeypatch.setattr(model, "_is_causal", False)
    assert not abilities.probed(model, may_shift=True, may_split=True).splits_pictures


def test_a_saved_memory_goes_on_as_if_it_had_never_left(model: LlamaLanguageModel) -> None:
    pos = begin(model)
    saved = model.state()
    model.decode(model.tokenize(" in the picture"), pos)
    expected = model.logits().copy()
    model.keep(0)
    assert model.restore(saved)
    assert model.last_position() == pos - 1
    model.decode(model.tokenize(" in the picture"), pos)
    np.testing.assert_array_equal(model.logits(), expected)


def test_what_is_no_state_of_this_model_is_refused(model: LlamaLanguageModel) -> None:
    begin(model)
    assert not model.restore(model.state()[:-4])
    assert model.last_position() == -1
