"""How well a language GGUF answers questions about scenes that nobody trained on, through llama.cpp."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import llama_cpp
import numpy as np
import torch
from PIL import Image
from rich.progress import track

from mortar.bricks.picture import preprocess
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.llama.model import TOKENS, LlamaLanguageModel
from mortar_tools.cards.export.language_gguf import CONTEXT_TOK
from mortar_tools.cards.language import Turn, interview
from mortar_tools.cards.tokenizer import ANSWER, BOS, END, END_IMAGE, IMAGE, USER
from mortar_tools.cards.training.model import Vision
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import SPLITS, draw

QUESTIONS = 8
"""About each scene."""

FLAGS = ctypes.POINTER(ctypes.c_int8)


@dataclass(frozen=True)
class Sitting:
    """One scene as the language model meets it."""

    tokens: Floats
    """[n_tok, n_embd] of the picture."""
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Loss:
    """What a model makes of the right answers."""

    nats: float
    """Mean cross-entropy of their tokens, the end mark among them."""
    exact: float
    """Share of answers that greedy decoding gives word for word."""


@torch.no_grad()
def sittings(vision: Vision, scenes: int, work: Path) -> list[Sitting]:
    """The first scenes of the split that is kept for this, seen by the tower in float32."""
    found = []
    for number in track(SPLITS["quantise"][:scenes], "looking at scenes", transient=True):
        scene = draw(number, work=work)
        picture = torch.from_numpy(preprocess(Image.fromarray(scene.picture))).permute(0, 3, 1, 2)
        turns = interview(np.random.default_rng(number), truth_of(scene), QUESTIONS)
        found.append(Sitting(vision(picture)[0].numpy(), tuple(turns)))
    return found


class Marker(LlamaLanguageModel):
    """A language model that is told the answers, and says how likely it thought each token."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, n_ctx=CONTEXT_TOK, threads=1, should_stop=lambda: False)

    def look(self, tokens: Floats) -> int:
        """Read a picture's tokens in; gives the position after them and their marks."""
        self.keep(0)
        before, after = (self.tokenize(text, special=True) for text in (BOS + IMAGE, END_IMAGE))
        rows = np.ascontiguousarray(tokens, np.float32)
        self.decode(before, 0)
        self.decode_embeddings(rows.ctypes.data, len(rows), len(before))
        self.decode(after, len(before) + len(rows))
        return len(before) + len(rows) + len(after)

    def mark(self, turn: Turn, pos: int) -> tuple[Floats, bool]:
        """Negative log-probability of each token of the right answer, and whether greedy decoding,
        which takes the likeliest each time, would give just these."""
        self.keep(pos)
        question = [*self._control(USER), *self.tokenize(turn.question), *self._control(ANSWER)]
        answer = [*self.tokenize(turn.answer), *self._control(END)]
        logits = self._read([*question, *answer[:-1]], pos)[-len(answer) :]
        chosen = logits[np.arange(len(answer)), answer]
        highest = logits.max(1)
        sums = np.exp(logits - highest[:, None]).sum(1)
        return highest + np.log(sums) - chosen, bool((logits.argmax(1) == answer).all())

    def _control(self, piece: str) -> list[int]:
        return self.tokenize(piece, special=True)

    def _read(self, tokens: Sequence[int], pos: int) -> Floats:
        """Logits [tokens, vocabulary] after each token; a view that the next call overwrites."""
        ids = np.array(tokens, np.int32)
        wanted = np.ones(len(ids), np.int8)
        self._decode(len(ids), pos, token=ids.ctypes.data_as(TOKENS), logits=wanted.ctypes.data_as(FLAGS))
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits(self._context), (len(ids), self._n_vocab))


def measure(path: Path, found: Sequence[Sitting]) -> Loss:
    """The loss of a language GGUF."""
    marker = Marker(path)
    try:
        marks = []
        for sitting in found:
            pos = marker.look(sitting.tokens)
            marks += [marker.mark(turn, pos) for turn in sitting.turns]
    finally:
        marker.close()
    nats = np.concatenate([nats for nats, _ in marks])
    return Loss(round(float(nats.mean()), 5), round(float(np.mean([right for _, right in marks])), 4))
