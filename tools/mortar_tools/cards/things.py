"""The things that the cards show: names for the language, code points for the drawing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
CARDS = REPOSITORY / "models" / "cards"
SENTENCES = REPOSITORY / "firmware" / "mortar" / "assistant" / "sentences" / "look.yaml"
WORK = Path.home() / ".cache" / "mortar-cards"
"""Where art, the drawn pool, checkpoints and trial exports live: outside the repository."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Thing:
    """One kind of card."""

    name: str
    plural: str
    article: str
    emojis: tuple[str, ...]
    """Pictograms as characters; the first is the one that is printed."""

    @property
    def with_article(self) -> str:
        """For example "a cat"."""
        return f"{self.article} {self.name}"

    def counted(self, n: int) -> str:
        """For example "no cats", "a cat", "two cats"."""
        return self.with_article if n == 1 else f"{NUMBERS[n]} {self.plural}"


@cache
def things(path: Path = CARDS / "things.toml") -> tuple[Thing, ...]:
    """All things, in the file's order; a thing's class number is its place here."""
    with path.open("rb") as file:
        rows = tomllib.load(file)["thing"]
    return tuple(
        Thing(
            name=row["name"],
            plural=row["plural"],
            article=row["article"],
            emojis=tuple(chr(int(code, 16)) for code in [row["emoji"], *row.get("also", [])]),
        )
        for row in rows
    )
