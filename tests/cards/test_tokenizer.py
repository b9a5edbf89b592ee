"""Every word is one token, and llama.cpp splits text exactly as training did."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="training's tokenizer comes with the tools extra")

from mortar_tools.cards import tokenizer
from mortar_tools.cards.language import interview
from mortar_tools.cards.things import CARDS

RNG_SEED = 5


def sentences(scenes: int) -> list[str]:
    rng = np.random.default_rng(RNG_SEED)
    turns = [turn for _ in range(scenes) for turn in interview(rng, tokenizer.imagined(rng), 6)]
    return [text for turn in turns for text in (turn.question, turn.answer)]


def test_every_word_is_one_token() -> None:
    loaded = tokenizer.load()
    for text in sentences(100):
        words = loaded.pre_tokenizer.pre_tokenize_str(text)
        assert len(loaded.encode(text).ids) == len(words), text


def test_control_tokens_come_first() -> None:
    loaded = tokenizer.load()
    for token in tokenizer.CONTROL:
        assert loaded.token_to_id(token) == tokenizer.control(token)


def test_what_is_said_twice_is_encoded_the_same() -> None:
    assert tokenizer.earlier_ids([]) == [tokenizer.control(tokenizer.BOS)]
    assert tokenizer.answer_ids("I see a cat.")[-1] == tokenizer.control(tokenizer.END)


def test_llama_cpp_agrees() -> None:
    from mortar.runtimes.llama import LlamaLanguageModel

    path = CARDS / "language-q8_0.gguf"
    model = LlamaLanguageModel(path, n_ctx=128, threads=1, should_stop=lambda: False)
    strange = ["zebra 123", "Hello, wörld!", "two  spaces", "we'll see 's", "<|end|>"]
    for text in [*sentences(40), *strange]:
        expected = list(tokenizer.load().encode(text).ids) if text != "<|end|>" else None
        assert expected is None or model.tokenize(text) == expected, text
    assert model.tokenize("<|end|>", special=True) == [tokenizer.control(tokenizer.END)]
    model.close()
