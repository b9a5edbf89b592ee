"""The models that language is measured on: the bundled one, and random weights in published shapes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mortar.runtimes.forms import Runtime, installed
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.places import LIBMTMD
from mortar.settings import AUTO, Eye, Language, Settings
from mortar_tools.cards.things import CARDS
from mortar_tools.fake_model.command import write
from mortar_tools.fake_model.shapes import shape
from mortar_tools.fake_model.weights import Kind

CONTEXT_TOK = 1_024
THREADS = 2

FAKES = {"smolvlm256m": "smolvlm-256m", "qwen2": "qwen2-0.5b"}
"""Name in the figures → shape. Random weights compute as long as learnt ones do, and say nothing:
speculation, whose gain depends on what is written, is measured on the bundled model alone."""


@dataclass(frozen=True)
class Measured:
    name: str
    folder: Path
    settings: Settings
    sees: bool
    is_variant: bool = False
    """The same language model, seeing by another engine."""


def models(folder: Path) -> list[Measured]:
    """The shapes are written into `folder`. One that sees is measured with libmtmd's own encoder; where
    `mortar tools convert` has made a TFLite form of the same weights, with that as well."""
    found = [Measured("bundled", CARDS, _settings(), sees=True)]
    for name, published in FAKES.items():
        held = folder / name
        chosen = shape(published)
        write(held, published, chosen, Kind.Q4_0)
        sees = chosen.tower is not None
        found.append(Measured(name, held, _settings(LIBMTMD), sees))
        if sees and installed(ModelFolder(held), Runtime.TFLITE):
            found.append(Measured(f"{name}_tflite", held, _settings(AUTO), sees, is_variant=True))
    return found


def _settings(unit: str = AUTO) -> Settings:
    """Few words: what is timed is the first."""
    return Settings(
        eye=Eye(threads=THREADS, unit=unit),
        language=Language(threads=THREADS, context_tok=CONTEXT_TOK, answer_tok=8),
    )
