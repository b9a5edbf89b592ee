"""Whether the exported files see and say what the checkpoint does, on the same pictures."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import torch
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mortar.bricks.picture import preprocess
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.answerers.answer import Answerer
from mortar_tools.cards.answerers.greedy import Greedy
from mortar_tools.cards.answerers.mtmd import Mtmd
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.language import interview
from mortar_tools.cards.things import CARDS, SIZES, WORK, folder_of
from mortar_tools.cards.training.model import Vision
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import SPLITS, draw
from mortar_tools.vision.convert.onnx_file import PICTURE

QUESTIONS = 4
"""About each picture."""

Encode = Callable[[Image.Image], Floats]
"""Picture → image tokens [n_tok, n_embd]."""


@dataclass(frozen=True)
class Agreement:
    """How near one way of running the model comes to the checkpoint."""

    name: str
    least_cosine: float
    """Of any image token of any picture."""
    same_answers: float | None
    """Share, word for word; None for what has no language model of its own."""
    pictures: int


@dataclass(frozen=True)
class Way:
    """One way of running the model, or its encoder alone."""

    encode: Encode
    answerer: Answerer | None = None


def by_torch(vision: Vision) -> Encode:
    """The checkpoint's encoder."""

    @torch.no_grad()
    def encode(picture: Image.Image) -> Floats:
        tokens: Floats = vision(torch.from_numpy(preprocess(picture)).permute(0, 3, 1, 2))[0].numpy()
        return tokens

    return encode


def by_onnx(path: Path) -> Encode:
    """The encoder of an ONNX file."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def encode(picture: Image.Image) -> Floats:
        tokens: Floats = session.run(None, {PICTURE: preprocess(picture).transpose(0, 3, 1, 2)})[0][0]
        return tokens

    return encode


def ways(path: Path) -> dict[str, Way]:
    """What a model folder has to compare."""
    folder = ModelFolder(path)
    shipped = Shipped(path)
    found = {"files": Way(shipped.encode, shipped)}
    if MMPROJ in folder.manifest.extra:
        multimodal = Mtmd(path)
        found["libmtmd"] = Way(multimodal.encode, multimodal)
    if (onnx := folder.manifest.extra.get("onnx")) is not None:
        found["onnx"] = Way(by_onnx(folder.verified(onnx)))
    return found


def least_cosine(ours: Floats, theirs: Floats) -> float:
    """The least similar of a picture's tokens, both [n_tok, n_embd]."""
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(1) / lengths).min())


def compare(
    reference: Way, others: Mapping[str, Way], numbers: Sequence[int], seed: int, work: Path
) -> list[Agreement]:
    """Show every way the same scenes and ask it the same questions."""
    assert reference.answerer is not None
    cosines: dict[str, list[float]] = {name: [] for name in others}
    same: dict[str, list[bool]] = {name: [] for name in others}
    for number in track(numbers, "comparing", console=Console(stderr=True), transient=True):
        scene = draw(number, work=work)
        picture = Image.fromarray(scene.picture)
        turns = interview(np.random.default_rng([seed, number]), truth_of(scene), QUESTIONS)
        questions = [turn.question for turn in turns]
        tokens = reference.encode(picture)
        right = [answer.text for answer in reference.answerer.answer(picture, questions)]
        for name, way in others.items():
            cosines[name].append(least_cosine(tokens, way.encode(picture)))
            if way.answerer is not None:
                said = [answer.text for answer in way.answerer.answer(picture, questions)]
                same[name] += [one == other for one, other in zip(said, right, strict=True)]
    return [
        Agreement(name, min(cosines[name]), float(np.mean(same[name])) if same[name] else None, len(numbers))
        for name in others
    ]


def as_table(found: Sequence[Agreement]) -> Table:
    """For people."""
    table = Table("against the checkpoint", "least cosine", "same answers", "pictures")
    for one in found:
        same = "" if one.same_answers is None else f"{one.same_answers:.2%}"
        table.add_row(one.name, f"{one.least_cosine:.7f}", same, str(one.pictures))
    return table


def main(argv: list[str] | None = None) -> int:
    """Compare the checkpoint with the files of a model folder."""
    parser = argparse.ArgumentParser(
        prog="mortar tools eval agree", description="compare the checkpoint with its exported files"
    )
    parser.add_argument("--size", choices=SIZES, default=SIZES[0])
    parser.add_argument("--model", type=Path, help="model folder; default: the size's in models/cards")
    parser.add_argument("--work", type=Path, default=WORK, help="where checkpoint and art are")
    parser.add_argument("--n", type=int, default=50, help="pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON line a format")
    options = parser.parse_args(argv)
    if options.n < 1:
        parser.error("--n must be 1 or more")
    model = Greedy.of_checkpoint(options.size, options.work)
    reference = Way(by_torch(model.model.vision), model)
    others = ways(options.model or folder_of(options.size, CARDS))
    found = compare(reference, others, SPLITS["test"][: options.n], options.seed, options.work)
    if options.json:
        for one in found:
            print(json.dumps(asdict(one)))
    else:
        Console().print(as_table(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
