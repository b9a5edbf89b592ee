"""`mortar tools bench watching`: encoding what has changed, against encoding every frame.

Both ways get the same drawn frames, 640×480 as a camera gives them, and run the bundled encoder on the
processor. What is counted is user and system time: luma and gate of each frame and the encoding of those that
it lets by, against the encoding of all. Taking frames and telling of them, which both ways do, is not in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from PIL import Image

from mortar import resources
from mortar.bricks.eye.gate import Gate, Luma
from mortar.bricks.tiles import cut, grid_for
from mortar.drivers.frames import gate_of
from mortar.runtimes import choose
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.bench.figures import Figure, bench, figure, repeated
from mortar_tools.watching import sequences
from mortar_tools.watching.sequences import SEEDS, STILL, Kind

P = ParamSpec("P")
T = TypeVar("T")

AGAINST = "encoding every frame"
SIZE_px = (640, 480)

Encode = Callable[[Image.Image], None]


def measure(folder: Path, n: int) -> Iterator[Figure]:
    """`n` times a drawn sequence of each kind: some 360 frames, which at 4 Hz are a minute and a half in
    which four things happen. Of the still ones among them also by themselves."""
    encode = _encoder()
    of_all, of_still, shares, gate_us, encode_ms = [], [], [], [], []
    for turn in repeated("watching", n):
        taken = {kind: _frames(kind, SEEDS["test"] + turn) for kind in Kind}
        every_s = {kind: _cpu_s(_encode_every, frames, encode)[0] for kind, frames in taken.items()}
        changed = {kind: _cpu_s(_encode_changed, frames, encode) for kind, frames in taken.items()}
        ours_s = {kind: spent_s for kind, (spent_s, _) in changed.items()}
        n_frames = sum(len(frames) for frames in taken.values())
        of_all.append(sum(ours_s.values()) / sum(every_s.values()))
        of_still.append(sum(ours_s[kind] for kind in STILL) / sum(every_s[kind] for kind in STILL))
        shares.append(sum(encoded for _, encoded in changed.values()) / n_frames)
        encode_ms.append(sum(every_s.values()) / n_frames * 1e3)
        gate_us.append(_gate_us(taken[Kind.SHAKE]))
    yield figure("watch_cpu_ratio", of_all, "ratio", AGAINST)
    yield figure("watch_still_cpu_ratio", of_still, "ratio", AGAINST)
    yield figure("watch_encoded_ratio", shares, "ratio", AGAINST)
    yield figure("watch_gate_us", gate_us, "us")
    yield figure("watch_encode_ms", encode_ms, "ms")


def _encoder() -> Encode:
    """The bundled model's, with all that the eye does to a picture before it."""
    model = ModelFolder(resources.bundled_model())
    part = model.manifest.vision
    encoder = choose.vision_encoder(Settings().eye, model)

    def encode(picture: Image.Image) -> None:
        seen = cut(picture, grid_for(picture.size, part), part)
        encoder.encode(seen, np.empty((len(seen), part.n_tok, part.n_embd), np.float32))

    return encode


def _frames(kind: Kind, seed: int) -> list[Image.Image]:
    drawn = sequences.draw(kind, seed).frames
    return [Image.fromarray(frame).resize(SIZE_px) for frame in drawn]


def _luma(frame: Image.Image) -> Luma:
    return gate_of(frame.convert("L"))


def _encode_every(frames: Sequence[Image.Image], encode: Encode) -> None:
    for frame in frames:
        encode(frame)


def _encode_changed(frames: Sequence[Image.Image], encode: Encode) -> int:
    """How many were."""
    gate, encoded = Gate(), 0
    for frame in frames:
        luma = _luma(frame)
        if gate.judge(luma).is_changed:
            encode(frame)
            gate.take(luma)
            encoded += 1
    return encoded


def _gate_us(frames: Sequence[Image.Image]) -> float:
    """Processor time of one judgement, without making the luma: cameras have it."""
    gate, lumas = Gate(), [_luma(frame) for frame in frames]
    gate.take(lumas[0])
    spent_s, _ = _cpu_s(_judge_all, gate, lumas)
    return spent_s / len(lumas) * 1e6


def _judge_all(gate: Gate, lumas: Sequence[Luma]) -> None:
    for luma in lumas:
        gate.judge(luma)


def _cpu_s(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[float, T]:
    """User and system time of all threads of this process, and what `work` gives."""
    began_s = time.process_time()
    given = work(*args, **kwargs)
    return time.process_time() - began_s, given


def main(argv: list[str] | None = None) -> int:
    """Command line of the bench."""
    return bench(argv, "watching", __doc__, 5, measure)


if __name__ == "__main__":
    raise SystemExit(main())
