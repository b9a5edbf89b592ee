"""`mortar tools bench look`: from a picture to the first token of an answer, against libmtmd.

Both ways run the bundled weights on the same picture and question, taking turns in one process:
Mortar's (TFLite tower, language GGUF, the bricks' own code) and llama.cpp's multimodal library, which
runs tower and language in one context. Each question comes with a picture that was not seen before,
so that nothing of it is remembered from the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.clock import now_ms
from mortar_tools.bench.figures import Figure, bench, figure, repeated
from mortar_tools.cards.answerers.mtmd import Mtmd
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.things import CARDS

QUESTION = "what do you see"
AGAINST = "libmtmd, same weights, same question"
WARM_UP = 2
EDGE_PX = 480
"""Pictures are as large as a small camera's, so that making them the model's size is paid for."""


def photograph(number: int) -> Image.Image:
    """A picture like no other: what it shows does not change the arithmetic."""
    pixels = np.random.default_rng(number).integers(0, 256, (EDGE_PX, EDGE_PX, 3), np.uint8)
    return Image.fromarray(pixels)


def measure(folder: Path, n: int) -> Iterator[Figure]:
    """Measure `n` questions each way."""
    ours, theirs = Shipped(CARDS), Mtmd(CARDS)
    first_token, whole, whole_theirs, encode = [], [], [], []
    for turn in repeated("looking", WARM_UP + n):
        image = photograph(turn)
        began = now_ms()
        tokens = ours.encode(image)
        encoded = now_ms()
        written = ours.write(tokens, QUESTION)
        ended = now_ms()
        theirs.answer(image, [QUESTION])
        whole_theirs.append(now_ms() - ended)
        assert written.first_token_ms is not None
        encode.append(encoded - began)
        first_token.append(written.first_token_ms - began)
        whole.append(ended - began)
    ratios = [mine / other for mine, other in zip(whole, whole_theirs, strict=True)]
    yield figure("look_encode_ms", encode[WARM_UP:], "ms")
    yield figure("look_first_token_ms", first_token[WARM_UP:], "ms")
    yield figure("look_answer_ms", whole[WARM_UP:], "ms")
    yield figure("look_answer_ratio", ratios[WARM_UP:], "ratio", AGAINST)


def main(argv: list[str] | None = None) -> int:
    """Command line of the bench."""
    return bench(argv, "look", __doc__, 30, measure)


if __name__ == "__main__":
    raise SystemExit(main())
