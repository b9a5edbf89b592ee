"""The decoder: llama.cpp's names of its tensors and keys."""

from __future__ import annotations

from collections.abc import Iterator

import gguf

from mortar_tools.fake_model.shapes import Decoder, Shape
from mortar_tools.fake_model.vocabulary import made
from mortar_tools.fake_model.weights import Kind, Tensor, matrix, scale, vector


def tensors(shape: Decoder, kind: Kind) -> Iterator[Tensor]:
    """As llama.cpp's quantiser leaves them: at 4 bits, what goes in and comes out has 8."""
    ends = Kind.Q8_0 if kind is Kind.Q4_0 else kind
    yield matrix("token_embd.weight", shape.vocabulary, shape.width, ends)
    for layer in range(shape.layers):
        yield from _block(shape, f"blk.{layer}", kind)
    yield scale("output_norm.weight", shape.width)
    if not shape.tied:
        yield matrix("output.weight", shape.vocabulary, shape.width, ends)


def _block(shape: Decoder, name: str, kind: Kind) -> Iterator[Tensor]:
    rows = {"q": shape.width, "k": shape.kv_heads * shape.head, "v": shape.kv_heads * shape.head}
    yield scale(f"{name}.attn_norm.weight", shape.width)
    for part, length in rows.items():
        yield matrix(f"{name}.attn_{part}.weight", length, shape.width, kind)
        if shape.qkv_bias:
            yield vector(f"{name}.attn_{part}.bias", length)
    if shape.qk_norm:
        yield scale(f"{name}.attn_q_norm.weight", shape.head)
        yield scale(f"{name}.attn_k_norm.weight", shape.head)
    yield matrix(f"{name}.attn_output.weight", shape.width, shape.width, kind)
    yield scale(f"{name}.ffn_norm.weight", shape.width)
    yield matrix(f"{name}.ffn_gate.weight", shape.mlp, shape.width, kind)
    yield matrix(f"{name}.ffn_up.weight", shape.mlp, shape.width, kind)
    yield matrix(f"{name}.ffn_down.weight", shape.width, shape.mlp, kind)


def add_keys(writer: gguf.GGUFWriter, shape: Shape, kind: Kind) -> None:
    """Shape, tokenizer and chat template."""
    decoder = shape.language
    writer.add_context_length(decoder.context_tok)
    writer.add_embedding_length(decoder.width)
    writer.add_block_count(decoder.layers)
    writer.add_feed_forward_length(decoder.mlp)
    writer.add_head_count(decoder.heads)
    writer.add_head_count_kv(decoder.kv_heads)
    writer.add_rope_dimension_count(decoder.head)
    writer.add_rope_freq_base(decoder.rope_base)
    if decoder.rope_sections:
        writer.add_rope_dimension_sections(decoder.rope_sections)
    if decoder.deepstack:
        writer.add_uint32(f"{decoder.architecture}.n_deepstack_layers", decoder.deepstack)
    writer.add_layer_norm_rms_eps(decoder.norm_eps)
    writer.add_vocab_size(decoder.vocabulary)
    writer.add_file_type(gguf.LlamaFileType[f"MOSTLY_{str(kind).upper()}"])
    _add_tokenizer(writer, shape)


def _add_tokenizer(writer: gguf.GGUFWriter, shape: Shape) -> None:
    tokenizer = shape.tokenizer
    vocabulary = made(tokenizer, shape.language.vocabulary)
    numbers = {token: number for number, token in tokenizer.numbered.items()}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(tokenizer.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(numbers[tokenizer.bos])
    writer.add_eos_token_id(numbers[tokenizer.eos])
    writer.add_pad_token_id(numbers[tokenizer.pad])
    writer.add_add_bos_token(False)
    writer.add_chat_template(shape.chat_template)
