"""The model's own small tokenizer: byte-level BPE in which every word it knows is one token.

It is trained on the model's own language and kept as `models/cards/tokenizer.json`. The GGUF file
carries the same merges under the pre-tokenizer "gpt-2", which splits exactly as ByteLevel does.
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.pool import Truth
from mortar_tools.cards.scene import MOST_THINGS, Seen
from mortar_tools.cards.things import CARDS, things

BOS, IMAGE, END_IMAGE, USER, ANSWER, END = (
    "<|bos|>",
    "<|image|>",
    "<|end_image|>",
    "<|user|>",
    "<|answer|>",
    "<|end|>",
)
CONTROL = (BOS, IMAGE, END_IMAGE, USER, ANSWER, END)
"""Control tokens, which have the first ids in this order."""

VOCABULARY = 1024
FILE = CARDS / "tokenizer.json"


def imagined(rng: np.random.Generator) -> Truth:
    """Ground truth of a scene that nobody draws: enough to talk about."""
    kinds = rng.integers(0, len(things()), rng.integers(0, MOST_THINGS + 1))
    seen = tuple(Seen(int(rng.choice(kinds)), *map(float, rng.random(2))) for _ in kinds)
    return Truth(seen, bool(rng.random() < 0.02))


def corpus(rng: np.random.Generator, scenes: int) -> list[str]:
    """Questions and answers, one a line, in which every word in every form occurs."""
    lines = [text for thing in things() for text in (thing.name, thing.plural)]
    for _ in range(scenes):
        for turn in interview(rng, imagined(rng), 6):
            lines += [turn.question, turn.answer]
    return lines


def build(seed: int = 1, scenes: int = 8000) -> Tokenizer:
    """Train the tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(np.random.default_rng(seed), scenes), trainer)
    return tokenizer


@cache
def load(path: Path = FILE) -> Tokenizer:
    """The committed tokenizer."""
    return Tokenizer.from_file(str(path))


@cache
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
