"""The models that language is measured on: the bundled one, and random weights in published shapes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mortar.settings import Eye, Language, Settings
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


def models(folder: Path) -> list[Measured]:
    """The shapes are written into `folder`."""
    found = [Measured("bundled", CARDS, _settings(), sees=True)]
    for name, published in FAKES.items():
        held = folder / name
        chosen = shape(published)
        write(held, published, chosen, Kind.Q4_0)
        found.append(Measured(name, held, _settings(), sees=chosen.tower is not None))
    return found


def _settings() -> Settings:
    """Few words: what is timed is the first."""
    return Settings(
        eye=Eye(threads=THREADS),
        language=Language(threads=THREADS, context_tok=CONTEXT_TOK, answer_tok=8),
    )
