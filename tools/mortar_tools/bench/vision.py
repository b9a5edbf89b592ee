"""`mortar tools bench vision`: what vision encoders take, Mortar's and llama.cpp's own on the same weights.

Every encoder runs in a process of its own and is given the same pictures; they take turns, one picture each,
with the same number of threads. Peak memory is all that such a process held at a time beyond Python and
numpy: libraries, weights and the room to work in, whether a file stands behind it or not. Each was started
once before: a first start packs weights, which takes more.

Towers by name have the shape of SigLIP-base or of SmolVLM-256M's and random weights.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from mortar import resources
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.bench import pipeline, watching
from mortar_tools.bench.encoders import Candidate, Encoded, Encoder, Held
from mortar_tools.bench.figures import Figure, figure, options, repeated, run
from mortar_tools.out import require_plots

if TYPE_CHECKING:
    from mortar_tools.vision.towers.tower import Tower

RIVAL, RIVAL_INT8 = "libmtmd_f16", "libmtmd_q8"

AGAINST = {
    RIVAL: "libmtmd, same weights in float16",
    RIVAL_INT8: "libmtmd, same weights in Q8_0",
}

EQUALS = {"tflite_f16": (RIVAL,), "tflite_int8": (RIVAL, RIVAL_INT8)}
"""Ours → what it is held against, where that is there."""

WARM_UP = 2
MOST_THREADS = 4


@dataclass(frozen=True)
class Copies:
    """How often an engine copies data before and after its work, beside normalising the pixels."""

    pixels: int
    tokens: int


COPIES = {
    "tflite": Copies(pixels=0, tokens=1),
    "tflite_packed": Copies(pixels=1, tokens=2),
    "libmtmd": Copies(pixels=5, tokens=2),
}
"""Read off the sources of the engines, and of firmware/mortar/runtimes/{tflite,mtmd}.py; the tokens' last
one goes into the ring's slot. Page faults beside them show what takes fresh memory for each picture."""


def measure_bundled(folder: Path, n: int) -> Iterator[Figure]:
    """The bundled model's own files, as they are shipped, on one thread as the eye has it by default."""
    model = ModelFolder(resources.bundled_model())
    part = model.manifest.vision
    mmproj, language = map(model.verified, (model.manifest.extra[MMPROJ], model.manifest.language))
    ours = Candidate("tflite_f16", model.verified(part), part, threads=1)
    yield from _compared("bundled", [ours, Candidate(RIVAL, mmproj, part, 1, language)], n)


def measure_tower(folder: Path, n: int, *, name: str, picture_px: int) -> Iterator[Figure]:
    """A tower with random weights, on as many cores as there are up to MOST_THREADS."""
    # They bring torch.
    from mortar_tools.vision.towers.shape import KNOWN
    from mortar_tools.vision.towers.tower import randomised

    tower = randomised(replace(KNOWN[name], picture_px=picture_px))
    threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
    candidates = _candidates(tower, folder, threads)
    yield from _compared(f"{name.replace('-', '_')}_{picture_px}", candidates, n)


def measure_converted(folder: Path, n: int) -> Iterator[Figure]:
    """The bundled model's weights in other forms than those that are shipped, on one thread as well."""
    from mortar_tools.bench.tile_graphs import BUNDLED, tower

    yield from _compared("converted", _candidates(tower(BUNDLED), folder, threads=1), n)


def _candidates(tower: Tower, folder: Path, threads: int) -> list[Candidate]:
    """The tower by each engine in two precisions."""
    from mortar_tools.bench.tower_files import write

    files = write(tower, folder)
    return [
        Candidate("tflite_f16", files.tflite_f16, files.part, threads),
        Candidate("tflite_int8", files.tflite_int8, files.part, threads),
        Candidate(RIVAL, files.mmproj_f16, files.part, threads, files.language),
        Candidate(RIVAL_INT8, files.mmproj_q8, files.part, threads, files.language),
    ]


def measure_copies(folder: Path, n: int) -> Iterator[Figure]:
    """The table of copies."""
    for engine, copies in COPIES.items():
        yield figure(f"{engine}_pixel_copies", [copies.pixels], "copies")
        yield figure(f"{engine}_token_copies", [copies.tokens], "copies")


PARTS: Mapping[str, Callable[[Path, int], Iterator[Figure]]] = {
    "bundled": measure_bundled,
    "converted": measure_converted,
    "siglip-base-224": partial(measure_tower, name="siglip-base", picture_px=224),
    "siglip-base-384": partial(measure_tower, name="siglip-base", picture_px=384),
    "smolvlm-256m": partial(measure_tower, name="smolvlm-256m", picture_px=512),
    "copies": measure_copies,
    "tiles": pipeline.measure,
    "watching": watching.measure,
}


def _compared(name: str, candidates: Sequence[Candidate], n: int) -> Iterator[Figure]:
    """Figures of each candidate, and the ratios of EQUALS."""
    for one in candidates:
        with Encoder(one):
            pass  # the first start packs weights, and brings files into the page cache
    with ExitStack() as stack:
        encoders = {one.name: stack.enter_context(Encoder(one)) for one in candidates}
        took: dict[str, list[Encoded]] = {one: [] for one in encoders}
        for turn in repeated(f"encoding with {name}", WARM_UP + n):
            for one, encoder in encoders.items():
                took[one].append(encoder.encode(turn))
        held = {one: encoder.held() for one, encoder in encoders.items()}
        load_ms = {one: encoder.load_ms for one, encoder in encoders.items()}
    took = {one: each[WARM_UP:] for one, each in took.items()}
    for one, each in took.items():
        yield figure(f"{name}_{one}_ms", [picture.ms for picture in each], "ms")
        yield figure(f"{name}_{one}_load_ms", [load_ms[one]], "ms")
        yield figure(f"{name}_{one}_peak_MB", [held[one].peak_MB], "MB")
        yield figure(f"{name}_{one}_anonymous_MB", [held[one].anonymous_MB], "MB")
        yield figure(f"{name}_{one}_faults", [picture.faults for picture in each], "faults")
    for ours, rivals in EQUALS.items():
        for rival in rivals:
            if {ours, rival} <= took.keys():
                yield from _ratios(f"{name}_{ours}", rival, took[ours], took[rival], held[ours], held[rival])


def _ratios(
    name: str, rival: str, ours: list[Encoded], theirs: list[Encoded], mine: Held, other: Held
) -> Iterator[Figure]:
    against = AGAINST[rival]
    times = [one.ms / another.ms for one, another in zip(ours, theirs, strict=True)]
    yield figure(f"{name}_to_{rival}_time_ratio", times, "ratio", against)
    yield figure(f"{name}_to_{rival}_peak_ratio", [mine.peak_MB / other.peak_MB], "ratio", against)
    yield figure(f"{name}_to_{rival}_cosine", _cosines(mine.tokens, other.tokens), "cosine", against)


def _cosines(ours: Floats, theirs: Floats) -> list[float]:
    """Of each image token, [n_tok, n_embd] both."""
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return [float(cosine) for cosine in (ours * theirs).sum(1) / lengths]


def main(argv: list[str] | None = None) -> int:
    """Command line of the bench."""
    parser = options("vision", __doc__, 15)
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="save plots there")
    args = parser.parse_args(argv)
    if args.out:
        require_plots(args.out)
    taken: list[Figure] = []

    def measure(folder: Path, n: int) -> Iterator[Figure]:
        for part in args.only or PARTS:
            # The files of a tower are a gigabyte.
            with TemporaryDirectory(dir=folder) as within:
                for one in PARTS[part](Path(within), n):
                    taken.append(one)
                    yield one

    run(args, measure)
    if args.out:
        from mortar_tools.bench.vision_plots import save

        save(args.out / "vision.svg", taken)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
