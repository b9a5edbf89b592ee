"""Logits that are no numbers are an error, and never an answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from llama_memory.gguf_bytes import offset_of
from llama_memory.loads import Load
from mortar.errors import MortarError
from mortar.runtimes.llama.finite import check_finite


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", [0, 500, 999])
def test_one_bad_logit_is_enough(bad: float, where: int) -> None:
    logits = np.zeros((3, 1000), np.float32)
    logits[1, where] = bad
    check_finite(logits[0])
    with pytest.raises(MortarError):
        check_finite(logits[1])
    with pytest.raises(MortarError) as caught:
        check_finite(logits)
    assert caught.value.code == "language-logits-broken" and "\n" not in str(caught.value)


def test_a_token_that_is_ruled_out_is_none_of_it() -> None:
    check_finite(np.array([0.5, -np.inf, 1.0], np.float32))


def test_nothing_but_ruled_out_tokens_is() -> None:
    with pytest.raises(MortarError):
        check_finite(np.full(10, -np.inf, np.float32))


def test_a_file_with_a_weight_that_is_no_number(load: Load, weights: Path, tmp_path: Path) -> None:
    """llama.cpp loads and runs it, and says nothing: what it computes is looked at.

    The words' embeddings are also the model's last matrix, quantised to Q6_K: blocks of 208 bytes, and their
    scale.
    """
    damaged = Path(shutil.copy(weights, tmp_path / "damaged.gguf"))
    with damaged.open("r+b") as file:
        file.seek(offset_of(weights, "token_embd.weight") + 208)
        file.write(np.float16(np.nan).tobytes())
    with pytest.raises(MortarError) as caught:
        load(damaged)
    assert caught.value.code == "language-logits-broken"


def test_numbers_that_turn_bad_later_are_told_too(load: Load) -> None:
    """Wherever logits are asked for: an overflow depends on what is read."""
    model = load()
    tokens = model.tokenize("what do you see")
    model.decode(tokens, 0)
    model.logits()[3] = np.nan  # llama.cpp's own memory
    with pytest.raises(MortarError):
        model.logits()
