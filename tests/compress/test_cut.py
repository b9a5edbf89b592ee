"""Cutting a language model file: smaller tensors, the right ones, and llama.cpp runs what is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gguf", reason="needs the tools extra (make setup-tools)")

from mortar.errors import MortarError
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar_tools.cards.things import CARDS
from mortar_tools.prune.choose import Kept, Plan
from mortar_tools.prune.cut import cut, everything
from mortar_tools.weights import gguf_file
from mortar_tools.weights.gguf_file import GgufModel
from mortar_tools.weights.llama_sizes import channels, head_dim, heads

SMALL = CARDS / "small" / "language-q4_k_m.gguf"
QUESTION = [0, 3, 40, 41, 42, 4]


@pytest.fixture(scope="module")
def source() -> GgufModel:
    return gguf_file.read(SMALL)


def uneven(model: GgufModel) -> Plan:
    whole = everything(model)
    first = Kept(0, whole[0].heads[1:], whole[0].channels[::2])
    return (first, *whole[1:])


def next_words(model: GgufModel, folder: Path) -> np.ndarray:
    """What llama.cpp makes of a prompt: the logits [vocabulary] after it."""
    path = folder / "model.gguf"
    gguf_file.write(model, path)
    language = LlamaLanguageModel(path, n_ctx=64, threads=1, should_stop=lambda: False)
    try:
        language.decode(QUESTION, 0)
        return np.array(language.logits())
    finally:
        language.close()


def test_a_file_that_nothing_was_cut_from_says_the_same(source: GgufModel, tmp_path: Path) -> None:
    same = next_words(cut(source, everything(source)), tmp_path)
    assert np.array_equal(same, next_words(source, tmp_path))


def test_sizes_and_keys_go_with_what_stays(source: GgufModel) -> None:
    made = cut(source, uneven(source))
    n_head, n_ff = heads(source.weights, 64), channels(source.weights)
    assert heads(made.weights, head_dim(made)) == (n_head[0] - 1, *n_head[1:])
    assert channels(made.weights) == (n_ff[0] // 2, *n_ff[1:])
    assert made.architecture == "deci", "llama.cpp's `llama` has one size for all blocks"
    assert made.get(".feed_forward_length") == list(channels(made.weights))
    width = source.get(".embedding_length")
    gone = width * (4 * 64 + 3 * n_ff[0] // 2)
    assert made.parameters == source.parameters - gone


def test_the_rows_and_columns_that_stay_are_the_ones_that_were_asked_for(source: GgufModel) -> None:
    made, plan = cut(source, uneven(source)), uneven(source)
    kept = list(plan[0].channels)
    for part, axis in (("ffn_gate", 0), ("ffn_up", 0), ("ffn_down", 1)):
        name = f"blk.0.{part}.weight"
        assert np.array_equal(made.weights[name], source.weights[name].take(kept, axis)), name
    assert np.array_equal(made.weights["blk.0.attn_q.weight"], source.weights["blk.0.attn_q.weight"][64:])
    out = source.weights["blk.0.attn_output.weight"]
    assert np.array_equal(made.weights["blk.0.attn_output.weight"], out[:, 64:])


def test_channels_that_do_nothing_can_leave_without_a_trace(source: GgufModel, tmp_path: Path) -> None:
    """Through llama.cpp: what is cut out is just what its zeroes would have given."""
    weights = dict(source.weights)
    name = "blk.0.ffn_down.weight"
    weights[name] = weights[name].copy()
    weights[name][:, 1::2] = 0
    zeroed = GgufModel(source.architecture, source.keys, weights)
    whole = everything(source)
    plan = (Kept(0, whole[0].heads, whole[0].channels[::2]), *whole[1:])
    ours, theirs = next_words(cut(source, plan), tmp_path), next_words(zeroed, tmp_path)
    assert np.allclose(ours, theirs, atol=1e-2)
    assert not np.allclose(ours, next_words(source, tmp_path), atol=1.0), "or else they would be all alike"


def test_heads_that_do_nothing_too(source: GgufModel, tmp_path: Path) -> None:
    weights = dict(source.weights)
    for block in range(2):
        name = f"blk.{block}.attn_output.weight"
        weights[name] = weights[name].copy()
        weights[name][:, :64] = 0
    plan = tuple(Kept(one.block, one.heads[1:], one.channels) for one in everything(source))
    made = cut(source, plan)
    assert made.architecture == "llama", "blocks that are alike need no sizes of their own"
    ours = next_words(made, tmp_path)
    theirs = next_words(GgufModel(source.architecture, source.keys, weights), tmp_path)
    assert np.allclose(ours, theirs, atol=1e-2)


def test_blocks_are_numbered_anew(source: GgufModel, tmp_path: Path) -> None:
    made = cut(source, everything(source)[1:])
    assert made.get(".block_count") == 1
    assert np.array_equal(made.weights["blk.0.attn_q.weight"], source.weights["blk.1.attn_q.weight"])
    assert not any(name.startswith("blk.1.") for name in made.weights)
    assert np.isfinite(next_words(made, tmp_path)).all()


def test_what_was_cut_can_be_cut_again(source: GgufModel, tmp_path: Path) -> None:
    once = cut(source, uneven(source))
    path = tmp_path / "once.gguf"
    gguf_file.write(once, path)
    again = cut(gguf_file.read(path), everything(once)[1:])
    assert (again.architecture, again.get(".feed_forward_length")) == ("llama", channels(again.weights)[0])


def test_a_truncated_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(SMALL.read_bytes()[:5000])
    with pytest.raises(MortarError) as told:
        gguf_file.read(path)
    assert told.value.code == "weights-unreadable" and "\n" not in str(told.value)
