"""Scenes of many picture cards, seen by a model's own vision file: hard enough to tell near models apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from mortar.bricks.views import views
from mortar.errors import UsageError
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.cards.export.likelihood import log_softmax
from mortar_tools.cards.export.marker import Marker, Sitting
from mortar_tools.cards.language import interview
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import SPLITS, Scene, draw
from mortar_tools.quantise.papers import Told, reading

FEWEST_CARDS = 4
"""Of a scene: with fewer, what is asked about is answered right nine times in ten by any file."""

QUESTIONS = 8
"""About each scene; unknown words among them are those that are never trained on."""


class Scenes:
    """Questions about scenes with their right answers."""

    def __init__(self, name: str, found: Sequence[Sitting]) -> None:
        self.name, self.found = name, found

    def __len__(self) -> int:
        return len(self.found)

    def read(self, path: Path) -> Iterator[Told]:
        with reading(Marker(path)) as marker:
            for sitting in self.found:
                pos = marker.look(sitting.tokens)
                said, answers = [], []
                for turn in sitting.turns:
                    logits, answer = marker.told(turn, pos)
                    said.append(log_softmax(logits))
                    answers.append(answer)
                yield Told(np.concatenate(said), np.concatenate(answers), tuple(map(len, answers)))


def of_scenes(model: ModelFolder, decide: int, n: int, seed: int, work: Path) -> tuple[Scenes, Scenes]:
    """Scenes to decide by, and n others to measure on: none of them was trained on. Raises UsageError where
    there are not so many."""
    split = SPLITS["quantise"]
    half = len(split) // 2
    encoder = choose.vision_encoder(Settings().eye, model)

    def seen(scene: Scene) -> Floats:
        pictures = views(Image.fromarray(scene.picture), model.vision)
        tokens = np.empty((len(pictures), encoder.n_tok, encoder.n_embd), np.float32)
        encoder.encode(pictures, tokens)
        return tokens.reshape(-1, encoder.n_embd)

    def sittings(numbers: Sequence[int], wanted: int, title: str) -> Iterator[Sitting]:
        crowded = ((number, scene) for number, scene in _drawn(numbers, work) if _is_hard(scene))
        console = Console(stderr=True)
        held = track(islice(crowded, wanted), title, total=wanted, console=console, transient=True)
        for number, scene in held:
            turns = interview(np.random.default_rng(number), truth_of(scene), QUESTIONS, kept=True)
            yield Sitting(seen(scene), tuple(turns))

    begin = half + seed * n * 8  # one scene in five is crowded, so the seeds' scenes do not meet
    to_decide = list(sittings(split[:half], decide, "scenes to decide by"))
    to_measure = list(sittings(split[begin:], n, "scenes to measure on"))
    if len(to_decide) < decide or len(to_measure) < n:
        raise UsageError(
            "scenes-impossible",
            f"there are only {len(to_decide)} such scenes to decide by, and {len(to_measure)} to measure on",
            "give a smaller --seed, --n or --decide",
        )
    title = f"scenes of {FEWEST_CARDS} cards and more"
    return Scenes("scenes to decide by", to_decide), Scenes(title, to_measure)


def _drawn(numbers: Sequence[int], work: Path) -> Iterator[tuple[int, Scene]]:
    for number in numbers:
        yield number, draw(number, kept=True, work=work)


def _is_hard(scene: Scene) -> bool:
    return len(scene.seen) >= FEWEST_CARDS
