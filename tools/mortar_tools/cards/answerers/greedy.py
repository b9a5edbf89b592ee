"""The checkpoint's own answers, in torch: what the exported files have to say as well."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from mortar.bricks.picture import preprocess
from mortar_tools.cards import tokenizer
from mortar_tools.cards.answerers.answer import Answer
from mortar_tools.cards.training import checkpoint
from mortar_tools.cards.training.model import Cards, Shape

MOST_ANSWER_TOK = 96
"""As the language brick has it."""


class Greedy:
    """A model in torch, which says the likeliest word each time."""

    def __init__(self, model: Cards) -> None:
        # A few short rows at a time: a second thread would wait longer than it works.
        torch.set_num_threads(1)
        self.model = model.eval()

    @classmethod
    def of_checkpoint(cls, size: str, work: Path) -> Greedy:
        """The model of a size's checkpoint. Raises UsageError where there is none."""
        state = checkpoint.load(checkpoint.path_of(work, size))
        model = Cards(Shape(**state["recipe"]["shape"]))
        model.load_state_dict(state["model"])
        return cls(model)

    @torch.no_grad()
    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question about a picture."""
        tokens = self.model.vision(torch.from_numpy(preprocess(image)).permute(0, 3, 1, 2))
        return self.ask(tokens, questions)

    @torch.no_grad()
    def ask(self, tokens: Tensor, questions: Sequence[str]) -> list[Answer]:
        """Answers to questions about image tokens [1, image tokens, width], all a word at a time."""
        before = [*tokenizer.earlier_ids([]), tokenizer.control(tokenizer.IMAGE)]
        shared = [*before, *[0] * tokens.shape[1], tokenizer.control(tokenizer.END_IMAGE)]
        prompts = [shared + tokenizer.question_ids(question) for question in questions]
        said: list[list[int]] = [[] for _ in questions]
        logs: list[list[float]] = [[] for _ in questions]
        end = tokenizer.control(tokenizer.END)
        going = list(range(len(questions)))
        while going:
            rows = [prompts[row] + said[row] for row in going]
            likeliest = self._next_words(rows, tokens, len(before))
            for row, (log, word) in zip(list(going), likeliest, strict=True):
                logs[row].append(log)
                if word == end or len(logs[row]) == MOST_ANSWER_TOK:
                    going.remove(row)
                else:
                    said[row].append(word)
        return [_answer(words, log) for words, log in zip(said, logs, strict=True)]

    def _next_words(self, rows: list[list[int]], image: Tensor, start: int) -> list[tuple[float, int]]:
        """(log-probability, id) of the likeliest next word of each row, with image tokens at `start`."""
        model, longest = self.model, max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        starts = torch.full((len(rows),), start)
        embedded = model.place(model.language.token_embd(ids), image.expand(len(rows), -1, -1), starts)
        # Rows are padded at the end, where a causal mask keeps the padding out of sight.
        causal = torch.ones(1, longest, longest, dtype=torch.bool).tril()
        hidden = model.language(embedded, torch.arange(longest)[None].expand(len(rows), -1), causal)
        last = hidden[torch.arange(len(rows)), torch.tensor([len(row) - 1 for row in rows])]
        logs, words = model.language.logits(last).log_softmax(-1).max(-1)
        return list(zip(logs.tolist(), words.tolist(), strict=True))


def _answer(words: list[int], logs: list[float]) -> Answer:
    text = str(tokenizer.load().decode(words, skip_special_tokens=False)).strip()
    return Answer(text, math.exp(sum(logs)), len(logs))
