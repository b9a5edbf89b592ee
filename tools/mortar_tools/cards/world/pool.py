"""A pool of drawn scenes on disk, so that training never waits for drawing."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from mortar.bricks import closeup
from mortar.bricks.views import closer
from mortar_tools.cards.things import CARDS, WORK
from mortar_tools.cards.world.scene import MOST_THINGS, PATCH, SIZE, SPLITS, Scene, Seen, draw

CHUNK = 2000
"""Scenes in a file: a chunk is drawn by one process and can be read once it is complete."""

AFAR_EDGE_PX = 256
"""Of the pictures of scenes from afar, before they are looked at twice."""
AFAR_SEEDS = 3 * CHUNK
"""Seeds of a chunk of them: half have something to look closer at, and the others are left out."""
AFAR_FIRST = 5_000_000
"""The first of their seeds in the training split."""


@dataclass(frozen=True)
class Truth:
    """What is in a picture, as the language needs it."""

    seen: tuple[Seen, ...]
    dark: bool


@dataclass(frozen=True)
class Chunk:
    """CHUNK scenes, the pictures left on disk until they are read."""

    pictures: NDArray[np.uint8]
    """[CHUNK, looks, SIZE, SIZE, 3] RGB, memory-mapped: one look, or from afar the whole and the close-up."""
    patches: NDArray[np.uint8]
    """[CHUNK, 8, 8] class + 1 of each patch."""
    seen: NDArray[np.float32]
    """[CHUNK, MOST_THINGS, 4] class, x, y, size of each thing; class -1 is padding."""
    dark: NDArray[np.bool_]
    """[CHUNK]"""

    def truth(self, index: int) -> Truth:
        """Ground truth of one scene."""
        rows = self.seen[index]
        seen = tuple(Seen(int(k), float(x), float(y), float(size)) for k, x, y, size in rows if k >= 0)
        return Truth(seen, bool(self.dark[index]))


def truth_of(scene: Scene) -> Truth:
    """Ground truth of a scene that was just drawn."""
    return Truth(scene.seen, scene.dark)


DRAWING = ("camera.py", "card.py", "layout.py", "scene.py", "surfaces.py")
"""Modules beside this one that decide what a seed looks like."""


@cache
def folder_of(work: Path, afar: bool = False) -> Path:
    """Where scenes of the world as it is now are kept.

    A thing more, or another way to draw, is another world: its scenes are never mixed with older ones,
    whose class numbers may mean something else.
    """
    here = Path(__file__).parent
    sources = [CARDS / "things.toml", CARDS / "unknown.toml", *(here / name for name in DRAWING)]
    looked = (Path(closeup.__file__),) if afar else ()
    digest = hashlib.sha256()
    for path in (*sources, *looked, work / "art.npz"):
        digest.update(path.read_bytes())
    return work / f"{'afar' if afar else 'pool'}-{digest.hexdigest()[:8]}"


def paths(folder: Path, number: int) -> tuple[Path, Path]:
    """Files of a chunk: pictures, then ground truth (written last: it marks completion)."""
    return folder / f"{number:05}.pictures.npy", folder / f"{number:05}.truth.npz"


def looked_closer(seeds: Iterable[int], work: Path) -> Iterator[tuple[NDArray[np.uint8], Scene]]:
    """Scenes from afar that have a close-up, and both looks at each: [2, SIZE, SIZE, 3]."""
    for seed in seeds:
        scene = draw(seed, work=work, edge_px=AFAR_EDGE_PX, afar=True)
        looks = closer(Image.fromarray(scene.picture), SIZE, SIZE)
        if len(looks) > 1:
            yield looks, scene


def scenes_of(number: int, work: Path, afar: bool) -> Iterator[tuple[NDArray[np.uint8], Scene]]:
    """CHUNK scenes of the training split, and what is looked at of each: [looks, SIZE, SIZE, 3]."""
    if afar:
        start = AFAR_FIRST + number * AFAR_SEEDS
        yield from islice(looked_closer(SPLITS["train"][start : start + AFAR_SEEDS], work), CHUNK)
        return
    for seed in SPLITS["train"][number * CHUNK : (number + 1) * CHUNK]:
        scene = draw(seed, work=work)
        yield scene.picture[np.newaxis], scene


def draw_chunk(folder: Path, number: int, work: Path, afar: bool = False) -> None:
    """Draw one chunk of the training split, unless it is there already."""
    # Drawing is spread over processes; threads within one would only get in their way.
    cv2.setNumThreads(1)
    picture_path, truth_path = paths(folder, number)
    if truth_path.exists():
        return
    pictures = np.empty((CHUNK, 2 if afar else 1, SIZE, SIZE, 3), np.uint8)
    patches = np.empty((CHUNK, SIZE // PATCH, SIZE // PATCH), np.uint8)
    seen = np.full((CHUNK, MOST_THINGS, 4), -1, np.float32)
    dark = np.zeros(CHUNK, np.bool_)
    for i, (looks, scene) in zip(range(CHUNK), scenes_of(number, work, afar), strict=True):
        pictures[i], patches[i], dark[i] = looks, scene.patches, scene.dark
        for j, thing in enumerate(scene.seen):
            seen[i, j] = thing.thing, thing.x, thing.y, thing.size
    np.save(picture_path, pictures)
    np.savez(truth_path, patches=patches, seen=seen, dark=dark)


def fill(work: Path, scenes: int, processes: int = 2, afar: bool = False) -> None:
    """Draw scenes until the pool holds that many."""
    folder = folder_of(work, afar)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(-(-scenes // CHUNK))
    with ProcessPoolExecutor(processes) as executor:
        jobs = [executor.submit(draw_chunk, folder, number, work, afar) for number in numbers]
        for job in track(jobs, description="drawing scenes"):
            job.result()


def open_chunk(work: Path, number: int, afar: bool = False) -> Chunk:
    """A complete chunk of the pool."""
    picture_path, truth_path = paths(folder_of(work, afar), number)
    with np.load(truth_path) as truth:
        patches, seen, dark = truth["patches"], truth["seen"], truth["dark"]
    pictures = np.load(picture_path, mmap_mode="r")
    return Chunk(pictures.reshape(len(pictures), -1, SIZE, SIZE, 3), patches, seen, dark)


def complete(work: Path, afar: bool = False) -> list[int]:
    """Numbers of the chunks that are complete."""
    return sorted(int(path.name[:5]) for path in folder_of(work, afar).glob("*.truth.npz"))


def main(argv: list[str] | None = None) -> int:
    """Draw the pool."""
    parser = argparse.ArgumentParser(description="draw training scenes into the pool")
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--scenes", type=int, default=40_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--afar", action="store_true", help="scenes from afar, to be looked at twice")
    options = parser.parse_args(argv)
    fill(options.work, options.scenes, options.processes, options.afar)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
