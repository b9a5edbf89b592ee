"""A recurrent model: its memory can only forget everything, which is found out, and costs nobody their time.

Mamba with random weights: what it says means nothing, and what its memory can do is what real ones can.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gguf", reason="making models comes with the tools extra")

import gguf

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prefix import Prefix
from mortar.bricks.language.state_files import StateFiles
from mortar.runtimes.llama.model import LlamaLanguageModel

N_VOCAB, WIDTH, INNER, STATE, CONV, RANK, LAYERS = 64, 32, 64, 8, 4, 4, 2


@pytest.fixture(scope="module")
def mamba(tmp_path_factory: pytest.TempPathFactory) -> LlamaLanguageModel:
    path = tmp_path_factory.mktemp("mamba") / "mamba.gguf"
    write(path)
    return LlamaLanguageModel(path, n_ctx=256, threads=1, should_stop=lambda: False)


def write(path: Path) -> None:
    """As llama.cpp's converter names and lays out Mamba's tensors, in numpy's order of axes."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) * 0.3).astype(np.float32)

    writer = gguf.GGUFWriter(path, "mamba")
    writer.add_context_length(1_024)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_block_count(LAYERS)
    writer.add_ssm_conv_kernel(CONV)
    writer.add_ssm_inner_size(INNER)
    writer.add_ssm_state_size(STATE)
    writer.add_ssm_time_step_rank(RANK)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("no_vocab")
    writer.add_vocab_size(N_VOCAB)
    writer.add_tensor("token_embd.weight", random(N_VOCAB, WIDTH))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(LAYERS):
        for name, tensor in {
            "attn_norm.weight": np.ones(WIDTH, np.float32),
            "ssm_in.weight": random(2 * INNER, WIDTH),
            "ssm_conv1d.weight": random(INNER, CONV),
            "ssm_conv1d.bias": random(INNER),
            "ssm_x.weight": random(RANK + 2 * STATE, INNER),
            "ssm_dt.weight": random(INNER, RANK),
            "ssm_dt.bias": random(INNER),
            "ssm_a": -np.exp(random(INNER, STATE)),
            "ssm_d": random(INNER),
            "ssm_out.weight": random(WIDTH, INNER),
        }.items():
            writer.add_tensor(f"blk.{layer}.{name}", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_what_it_cannot_do_is_found_out(mamba: LlamaLanguageModel) -> None:
    abilities = mamba.abilities
    assert (abilities.forgets, abilities.cuts) == (False, False)
    assert mamba.last_position() == -1


def test_it_goes_on_from_its_prefix_as_if_it_had_read_all_anew(
    mamba: LlamaLanguageModel, tmp_path: Path
) -> None:
    """A turn leaves: everything must go, the begin comes from the disk, and only the rest is read."""
    begin, old, stays = list(range(40)), list(range(10, 30)), list(range(30, 50))
    mamba.keep(0)
    Memory(mamba, 64).bring([*begin, *stays], None)
    expected = mamba.logits().copy()

    mamba.keep(0)
    prefix = Prefix(begin, "0" * 64, mamba, StateFiles(tmp_path, pytest.fail))
    memory = Memory(mamba, 64, prefix)
    memory.bring([*begin, *old], None)
    prefix.write()
    read = memory.bring_nearer([*begin, *stays], None)
    assert (read.reused_tok, read.read_tok) == (len(begin), len(stays))
    assert mamba.last_position() == len(begin) + len(stays) - 1
    np.testing.assert_allclose(mamba.logits(), expected, atol=1e-4)
