"""What a loaded model says of how it is talked to."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp

from mortar.runtimes.chat import Chat

CONTROL = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
"""Attributes of tokens that stand for themselves, whatever is beside them."""


def chat(model: Any, name: str) -> Chat | None:
    """Of llama.cpp's `model`; None where its file has no chat template."""
    template = llama_cpp.llama_model_chat_template(model, None)
    if not template:
        return None
    vocab = llama_cpp.llama_model_get_vocab(model)
    return Chat(
        name,
        template.decode("utf-8", "replace"),
        bos=_text(vocab, llama_cpp.llama_vocab_bos(vocab)),
        eos=_text(vocab, llama_cpp.llama_vocab_eos(vocab)),
        adds_bos=bool(llama_cpp.llama_vocab_get_add_bos(vocab)),
    )


def control_tokens(model: Any, tokens: list[int]) -> set[str]:
    """The texts of those among `tokens` that are control tokens."""
    vocab = llama_cpp.llama_model_get_vocab(model)
    return {_text(vocab, token) for token in tokens if llama_cpp.llama_vocab_get_attr(vocab, token) & CONTROL}


def _text(vocab: Any, token: int) -> str:
    """As it is written; empty for none."""
    if token < 0:
        return ""
    buffer = ctypes.create_string_buffer(256)
    size = llama_cpp.llama_token_to_piece(vocab, token, buffer, len(buffer), 0, True)
    return buffer.raw[: max(size, 0)].decode("utf-8", "replace")
