"""Whether the shipped files say what the checkpoint says, on the same pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mortar.bricks.picture import preprocess
from mortar_tools.cards import tokenizer
from mortar_tools.cards.batches import pack_row, stack
from mortar_tools.cards.evaluate.figures import Figure, as_json, share_figure
from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.model import Cards
from mortar_tools.cards.pool import truth_of
from mortar_tools.cards.recipe import read
from mortar_tools.cards.scene import SPLITS, draw
from mortar_tools.cards.shipped import Shipped
from mortar_tools.cards.things import CARDS, WORK
from mortar_tools.cards.train import resume

QUESTIONS = 4
MOST_ANSWER_TOK = 96


@torch.no_grad()
def answer(model: Cards, image: torch.Tensor, question: str) -> str:
    """The checkpoint's answer about image tokens [1, 16, width], word by word."""
    said: list[int] = []
    end = tokenizer.control(tokenizer.END)
    while len(said) < MOST_ANSWER_TOK:
        # An answer without its last word, so that the row ends where the next word is due.
        row = pack_row([], [Turn("describe", question, "")], image.shape[1], 1.0)
        packed = stack([row])
        ids = torch.cat([packed.ids, torch.tensor([said], dtype=torch.int64)], 1)
        tokens = ids.shape[1]
        embedded = model.place(model.language.token_embd(ids), image, packed.start)
        causal = torch.ones(1, tokens, tokens, dtype=torch.bool).tril()
        hidden = model.language(embedded, torch.arange(tokens)[None], causal)
        word = int(model.language.logits(hidden[0, -1]).argmax())
        if word == end:
            break
        said.append(word)
    return str(tokenizer.load().decode(said, skip_special_tokens=False))


@torch.no_grad()
def compare(model: Cards, shipped: Shipped, seeds: Sequence[int], seed: int, work: Path) -> list[Figure]:
    """Least cosine of the image tokens, and the share of answers that are the same."""
    rng = np.random.default_rng(seed)
    cosines, same = [], []
    for number in seeds:
        scene = draw(number, work=work)
        picture = Image.fromarray(scene.picture)
        ours = model.vision(torch.from_numpy(preprocess(picture)).permute(0, 3, 1, 2))
        theirs = shipped.encode(picture)
        flat, other = ours.flatten(), torch.from_numpy(theirs).flatten()
        cosines.append(float(torch.nn.functional.cosine_similarity(flat, other, dim=0)))
        questions = [turn.question for turn in interview(rng, truth_of(scene), QUESTIONS)]
        for question, said in zip(questions, shipped.ask(theirs, questions), strict=True):
            same.append(said.text == answer(model, ours, question))
    low, high = min(cosines), max(cosines)
    least = Figure("vision_cosine_least", low, len(cosines), seed, (low, high))
    return [least, share_figure("same_answers", same, seed)]


def main(argv: list[str] | None = None) -> int:
    """Compare the checkpoint with the shipped files; prints one JSON line a figure."""
    parser = argparse.ArgumentParser(description="compare the checkpoint with the shipped files")
    parser.add_argument("--n", type=int, default=50, help="pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, default=CARDS, help="model folder")
    parser.add_argument("--work", type=Path, default=WORK, help="where checkpoint and art are")
    options = parser.parse_args(argv)
    model = resume(read(), options.work).model.eval()
    seeds = SPLITS["test"][: options.n]
    as_json(compare(model, Shipped(options.model), seeds, options.seed, options.work))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
