"""The model's own small tokenizer: byte-level BPE.

Every word of a question that it can answer, and of that answer, is one token.

It is trained on the model's own language and kept as `models/cards/tokenizer.json`. The GGUF file
carries the same merges under the pre-tokenizer "gpt-2", which splits exactly as ByteLevel does.
"""

from __future__ import annotations

import argparse
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.language.answers import TOO_DARK, UNKNOWN_WORD
from mortar_tools.cards.language.nouns import by_class, unknown_words
from mortar_tools.cards.language.questions import Kind
from mortar_tools.cards.things import CARDS, UNKNOWN
from mortar_tools.cards.world.pool import Truth
from mortar_tools.cards.world.scene import MOST_THINGS, Seen

BOS, IMAGE, END_IMAGE, USER, ANSWER, END = (
    "<|bos|>",
    "<|image_start|>",
    "<|image_end|>",
    "<|user|>",
    "<|answer|>",
    "<|end|>",
)
CONTROL = (BOS, IMAGE, END_IMAGE, USER, ANSWER, END)
"""Control tokens, which have the first ids in this order."""

MOST_TOKENS = 1280
MULTIPLE = 32
"""The vocabulary is filled up to a multiple of this, which quantised matrices like."""
FILE = CARDS / "tokenizer.json"


def imagined(rng: np.random.Generator) -> Truth:
    """Ground truth of a scene that nobody draws: enough to talk about."""
    kinds = rng.integers(0, UNKNOWN + 1, rng.integers(0, MOST_THINGS + 1))
    seen = tuple(Seen(int(rng.choice(kinds)), *map(float, rng.random(2))) for _ in kinds)
    return Truth(seen, dark=False)


def corpus(rng: np.random.Generator, scenes: int) -> list[str]:
    """Questions and answers, one a line, in which every known word in every form occurs often.

    Unknown words come once each, so that they are split into a few common pieces.
    """
    known = [f" {form}" for noun in by_class() for form in (noun.single, noun.plural)]
    turns = [turn for _ in range(scenes) for turn in interview(rng, imagined(rng), 6)]
    said = [text for turn in turns if turn.kind != Kind.UNKNOWN for text in (turn.question, turn.answer)]
    often = [*known, TOO_DARK, UNKNOWN_WORD] * 2
    return [*often, *said, *(f" {noun.name}" for noun in unknown_words(kept=False))]


def build(seed: int = 1, scenes: int = 4000) -> Tokenizer:
    """Train the tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=MOST_TOKENS,
        min_frequency=2,
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(np.random.default_rng(seed), scenes), trainer)
    spare = -tokenizer.get_vocab_size() % MULTIPLE
    tokenizer.add_special_tokens([f"<|spare{number}|>" for number in range(spare)])
    return tokenizer


@cache
def load(path: Path = FILE) -> Tokenizer:
    """The committed tokenizer."""
    return Tokenizer.from_file(str(path))


def tokens() -> list[str]:
    """All tokens of the committed tokenizer, in the order of their ids."""
    ids = load().get_vocab()
    return sorted(ids, key=ids.__getitem__)


def spare() -> list[str]:
    """Those that stand for nothing and only fill the vocabulary up."""
    return tokens()[load().get_vocab_size(with_added_tokens=False) :]


@lru_cache(maxsize=1 << 17)
def encode(text: str) -> tuple[int, ...]:
    """Token ids of a text; remembered, as training meets the same few sentences again."""
    return tuple(load().encode(text).ids)


def control(token: str) -> int:
    """Id of a control token."""
    return CONTROL.index(token)


def question_ids(question: str) -> list[int]:
    """A question with its marks: what stands between the picture and the answer."""
    return [control(USER), *encode(question), control(ANSWER)]


def answer_ids(answer: str) -> list[int]:
    """An answer with its end mark."""
    return [*encode(answer), control(END)]


def earlier_ids(turns: list[Turn]) -> list[int]:
    """What stands before the picture: the start mark and the text of earlier turns."""
    ids = [control(BOS)]
    for turn in turns:
        ids += question_ids(turn.question) + answer_ids(turn.answer)
    return ids


def main(argv: list[str] | None = None) -> int:
    """Train the tokenizer and write it; prints its size."""
    parser = argparse.ArgumentParser(description="train the picture cards' tokenizer")
    parser.add_argument("--out", type=Path, default=FILE)
    out = parser.parse_args(argv).out
    tokenizer = build()
    tokenizer.save(str(out))
    print(f"{tokenizer.get_vocab_size()} tokens in {out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
