"""A tiny language model in floats, with random weights and one matrix that bears little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cards.conftest import work as work

WIDTH, HEADS, BLOCKS, MLP = 256, 4, 2, 256
PLANTED = "blk.1.ffn_down.weight"
"""Every 32nd of its columns is large, and met by nothing: as long as each number is kept by itself they do
no harm, but those that share a scale with them are rounded away."""
OUTLIERS = slice(None, None, 32)
TIMES = 30.0
"""That they are larger than the others."""


def byte_tokens() -> list[str]:
    """GPT-2's signs for the bytes 0..255, in their order (Radford et al. 2019, encoder.py)."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in shown]
    signs = {byte: chr(byte) for byte in shown} | {byte: chr(256 + n) for n, byte in enumerate(others)}
    return [signs[byte] for byte in range(256)]


def write_model(path: Path, dtype: type = np.float32) -> Path:
    """A Llama of two blocks."""
    import gguf  # comes with the tools extra, as what is tested does

    rng = np.random.default_rng(5)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(256)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    tokens = [*byte_tokens(), "<|end|>", "th"]
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL, gguf.TokenType.NORMAL])
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(256)
    writer.add_add_bos_token(False)

    def matrix(name: str, rows: int, columns: int) -> None:
        weights = rng.normal(0, columns**-0.5, (rows, columns))
        if name == PLANTED:
            weights[:, OUTLIERS] = TIMES * columns**-0.5
        if name == PLANTED.replace("down", "up"):
            weights[OUTLIERS] = 0.0
        writer.add_tensor(name, weights.astype(dtype))

    matrix("token_embd.weight", len(tokens), WIDTH)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for block in range(BLOCKS):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{block}.{name}.weight", np.ones(WIDTH, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"blk.{block}.{name}.weight", WIDTH, WIDTH)
        matrix(f"blk.{block}.ffn_gate.weight", MLP, WIDTH)
        matrix(f"blk.{block}.ffn_up.weight", MLP, WIDTH)
        matrix(f"blk.{block}.ffn_down.weight", WIDTH, MLP)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="session")
def float_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("float") / "tiny-f32.gguf")


@pytest.fixture(scope="session")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some thousand letters: eight pieces of text."""
    path = tmp_path_factory.mktemp("text") / "letters.txt"
    rng = np.random.default_rng(6)
    words = ["".join(rng.choice(list("abcdefgh"), rng.integers(2, 7))) for _ in range(300)]
    path.write_text(" ".join(words))
    return path
