"""Logits that are no numbers are an error, and never an answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from llama_memory.gguf_bytes import offset_of
from llama_memory.loads import Load
from mortar.bricks.language.evidence import weighed
from mortar.errors import MortarError


def test_a_file_with_a_weight_that_is_no_number(load: Load, weights: Path, tmp_path: Path) -> None:
    """llama.cpp loads and runs it, and says nothing. (The words' embeddings are also the model's last matrix,
    quantised to Q6_K: blocks of 208 bytes, and their scale.)"""
    damaged = Path(shutil.copy(weights, tmp_path / "damaged.gguf"))
    with damaged.open("r+b") as file:
        file.seek(offset_of(weights, "token_embd.weight") + 208)
        file.write(np.float16(np.nan).tobytes())
    model = load(damaged)
    model.decode(model.tokenize("what do you see"), 0)
    with pytest.raises(MortarError) as caught:
        weighed(model.logits(), 0)
    assert caught.value.code == "language-logits-broken"
