"""Every word is one token, and llama.cpp splits text exactly as training did."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="training's tokenizer comes with the tools extra")

from mortar_tools.cards import tokenizer
from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.language.nouns import unknown_words
from mortar_tools.cards.language.questions import Kind
from mortar_tools.cards.things import CARDS

RNG_SEED = 5


def turns(scenes: int) -> list[Turn]:
    rng = np.random.default_rng(RNG_SEED)
    return [turn for _ in range(scenes) for turn in interview(rng, tokenizer.imagined(rng), 6)]


def sentences(scenes: int) -> list[str]:
    return [text for turn in turns(scenes) for text in (turn.question, turn.answer)]


def test_every_known_word_is_one_token() -> None:
    """In every question that it can answer and in the answer; what it refuses may have words in pieces."""
    loaded = tokenizer.load()
    known = [turn for turn in turns(400) if turn.kind not in (Kind.UNKNOWN, Kind.UNANSWERABLE)]
    for text in (text for turn in known for text in (turn.question, turn.answer)):
        words = loaded.pre_tokenizer.pre_tokenize_str(text)
        assert len(loaded.encode(text).ids) == len(words), text


def test_unknown_words_have_no_token_of_their_own() -> None:
    """A few pieces each: by that the model can tell them, also those that it was never taught.

    But for the odd one that is a piece of other words: the "ant" of an elephant.
    """
    for kept in (False, True):
        names = [noun.name for noun in unknown_words(kept)]
        pieces = {name: len(tokenizer.encode(f" {name}")) for name in names}
        whole = {name for name, n in pieces.items() if n == 1}
        assert len(whole) < 0.04 * len(names) and not (kept and whole), whole
        assert sum(pieces.values()) / len(names) < 4


def test_the_committed_tokenizer_is_what_the_language_gives() -> None:
    """Byte for byte: whoever changes a word or a wording has to train anew."""
    assert tokenizer.build().to_str() == tokenizer.load().to_str()


def test_the_vocabulary_suits_quantised_matrices() -> None:
    """A multiple of 32, filled up with tokens that no text has."""
    assert len(tokenizer.tokens()) % tokenizer.MULTIPLE == 0
    assert len(tokenizer.tokens()) <= tokenizer.MOST_TOKENS
    assert len(tokenizer.spare()) < tokenizer.MULTIPLE
    spare = {tokenizer.load().token_to_id(token) for token in tokenizer.spare()}
    assert not spare & {token for text in sentences(100) for token in tokenizer.encode(text)}


def test_any_text_can_be_written() -> None:
    """What people type comes back as it was."""
    for text in ("Where is the Ångström ladder?", "zebra 123", "  two  spaces", "猫"):
        assert tokenizer.load().decode(list(tokenizer.encode(text))) == text


def test_control_tokens_come_first() -> None:
    loaded = tokenizer.load()
    for token in tokenizer.CONTROL:
        assert loaded.token_to_id(token) == tokenizer.control(token)


def test_what_is_said_twice_is_encoded_the_same() -> None:
    assert tokenizer.earlier_ids([]) == [tokenizer.control(tokenizer.BOS)]
    assert tokenizer.answer_ids("I see a cat.")[-1] == tokenizer.control(tokenizer.END)


def test_llama_cpp_agrees() -> None:
    from mortar.runtimes.llama.model import LlamaLanguageModel

    path = CARDS / tomllib.loads((CARDS / "manifest.toml").read_text())["language"]["file"]
    model = LlamaLanguageModel(path, n_ctx=128, threads=1, should_stop=lambda: False)
    strange = ["zebra 123", "Hello, wörld!", "two  spaces", "we'll see 's", "<|end|>"]
    for text in [*sentences(40), *strange]:
        expected = list(tokenizer.load().encode(text).ids) if text != "<|end|>" else None
        assert expected is None or model.tokenize(text) == expected, text
    assert model.tokenize("<|end|>", special=True) == [tokenizer.control(tokenizer.END)]
    model.close()
