"""Greedy answers of the bundled model on the CPU and on a GPU: `python both.py PICTURES LAYERS`.

Prints a JSON object: the placement and memory on the GPU, and of every prompt its answers, with what the
logits say where they part. In a process of its own because GGML_VK_VISIBLE_DEVICES counts before ggml starts.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mortar import resources
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.llama.placing import ON_CPU, Placing
from mortar.runtimes.model_folder import ModelFolder

QUESTIONS = ("what do you see", "how many things are there", "where is the dog", "is there an apple")
MOST_TOK = 48
CHUNK_TOK = 256

BATCH_TOK = 2
"""Mesa 22.3's software device does not come back from a batch of 3 to 8 tokens within minutes."""


class Side:
    """The model in one place, with a prompt read."""

    def __init__(self, model: LlamaLanguageModel) -> None:
        self.model = model
        self.memory = Memory(model, CHUNK_TOK)
        self.pos = 0

    def read(self, prompt: list[Entry], rows: np.ndarray) -> None:
        self.model.keep(0)
        self.memory = Memory(self.model, CHUNK_TOK)
        self.memory.bring(prompt, rows.ctypes.data, predict=True)
        self.pos = len(prompt)

    def write(self, token: int) -> None:
        self.model.decode([token], self.pos)
        self.pos += 1


def answers(cpu: Side, gpu: Side) -> dict[str, Any]:
    """Both write greedily as long as they agree. `largest_difference` is that between two logits of one
    token, `margin` by how much the CPU prefers its own token to the GPU's where they part (else None)."""
    tokens: list[int] = []
    largest, margin = 0.0, None
    while len(tokens) < MOST_TOK:
        here, there = cpu.model.logits(), gpu.model.logits()
        largest = max(largest, float(np.abs(here - there).max()))
        token, other = int(here.argmax()), int(there.argmax())
        if token != other:
            margin = float(here[token] - here[other])
            break
        if cpu.model.is_end(token):
            break
        tokens.append(token)
        cpu.write(token)
        gpu.write(token)
    text = b"".join(cpu.model.piece(token) for token in tokens).decode()
    return {"text": text, "n_tok": len(tokens), "largest_difference": largest, "margin": margin}


def main(pictures: Path, layers: int) -> None:
    folder = ModelFolder(resources.bundled_model())
    path = folder.verified(folder.manifest.language)

    def side(placing: Placing) -> Side:
        return Side(
            LlamaLanguageModel(
                path,
                n_ctx=256,
                threads=1,
                should_stop=lambda: False,
                batch_tok=BATCH_TOK,
                placing=placing,
            )
        )

    cpu, gpu = side(ON_CPU), side(Placing(gpu_layers=layers))
    composer = Composer(cpu.model, folder.manifest.prompt, MOST_TOK)
    told = []
    for rows in np.load(pictures):
        for question in QUESTIONS:
            prompt = composer.compose([], PictureRows(1, len(rows)), question)
            for one in (cpu, gpu):
                one.read(prompt, rows)
            told.append(answers(cpu, gpu))
    print(json.dumps({"unit": gpu.model.unit, "held": [asdict(one) for one in gpu.model.held], "told": told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
