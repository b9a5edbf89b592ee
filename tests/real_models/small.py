"""Models with random weights, in the families of published ones and small enough for a test."""

from __future__ import annotations

from msgspec.structs import replace

from mortar_tools.fake_model.shapes import SHAPES, Shape

PICTURE_PX = {"idefics3": 128, "mlp": 56, "qwen2vl_merger": 56}
"""Of the tower, by projector: a whole number of patches, and of the squares they are merged in."""

WORDS = 2_000


def small(name: str) -> Shape:
    """The shape of that name with two layers, two heads, a width of 64 and few words.

    The control tokens and the chat template are the model's own.
    """
    chosen = SHAPES[name].shortened(2)
    blocks = chosen.tokenizer.special
    dropped = min(block.first for block in blocks if block.first) - WORDS
    moved = [replace(block, first=block.first - dropped) if block.first else block for block in blocks]
    tokenizer = replace(chosen.tokenizer, special=moved)
    vocabulary = chosen.language.vocabulary - dropped
    language = replace(
        chosen.language, vocabulary=vocabulary, width=64, heads=2, kv_heads=1, mlp=96, context_tok=2048
    )
    if language.rope_sections:
        language = replace(language, rope_sections=(4, 6, 6, 0))
    tower = chosen.tower and replace(
        chosen.tower, width=64, heads=2, mlp=96, picture_px=PICTURE_PX[chosen.tower.projector]
    )
    return replace(chosen, language=language, tokenizer=tokenizer, tower=tower)
