"""From the end of a question to the first token of its answer: the bricks against one block.

The bricks look when somebody begins to ask, as on the wake word and on the button; the block begins when it
has the picture and the whole question. Both have the same weights, the same prompt and as many threads.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from mortar import channel
from mortar.clock import now_ms
from mortar.messages import Answered, Ask, Look
from mortar_tools.bench.figures import Figure, figure, repeated
from mortar_tools.bench.models import Measured
from mortar_tools.bench.monolith import Monolith, Question
from mortar_tools.pair import Pair, expect

TEXT = "what do you see"
SPOKEN_ms = 1_500
"""A short question: how long the picture has before it is over."""
AGAINST = "libmtmd: encode, read all, write; same weights"
WARM_UP = 1
EDGE_PX = 480
BUTTON, SPOKEN = "button", "spoken"


def measure(measured: Measured, folder: Path, n: int) -> Iterator[Figure]:
    """`n` questions each way, taking turns."""
    pictures = [picture(folder, number) for number in range(2 * (WARM_UP + n))]
    pair = Pair(folder, measured.settings, measured.folder)
    waits: dict[str, list[float]] = {BUTTON: [], SPOKEN: []}
    block: list[float] = []
    turn = 0
    try:
        with Monolith(measured.folder, measured.settings.language) as monolith:
            for number in repeated(f"{measured.name}: felt wait", WARM_UP + n):
                for kind, spoken_ms in ((BUTTON, 0), (SPOKEN, SPOKEN_ms)):
                    turn += 1
                    waits[kind].append(felt_ms(pair, turn, spoken_ms))
                block.append(monolith.first_token_ms(Question(pictures[number], TEXT)))
    finally:
        pair.kill()
    name = measured.name
    yield figure(f"{name}_block_first_token_ms", block[WARM_UP:], "ms")
    for kind, held in waits.items():
        yield figure(f"{name}_{kind}_first_token_ms", held[WARM_UP:], "ms")
        ratios = [ours / theirs for ours, theirs in zip(held, block, strict=True)]
        yield figure(f"{name}_{kind}_wait_ratio", ratios[WARM_UP:], "ratio", AGAINST)


def felt_ms(pair: Pair, turn: int, spoken_ms: int) -> float:
    """Somebody begins to ask, and is done after `spoken_ms`."""
    channel.send(pair.eye.assistant, Look(turn))
    time.sleep(spoken_ms / 1e3)  # the question itself
    asked_ms = now_ms()
    channel.send(pair.language.assistant, Ask(turn, TEXT, look=True))
    answered = expect(pair.language.assistant, Answered)
    assert answered.turn == turn and answered.t_ms >= asked_ms
    return answered.first_token_ms


def picture(folder: Path, number: int) -> Path:
    """One like no other: nothing of it is known from the last. What it shows changes no arithmetic."""
    pixels = np.random.default_rng(number).integers(0, 256, (EDGE_PX, EDGE_PX, 3), np.uint8)
    path = folder / f"{number:03}.png"
    Image.fromarray(pixels).save(path)
    return path
