"""`mortar tools make lesson`: pictures and questions about three things that the bundled model does not know.

Its training met neither their pictures nor, but as words to be refused, their names. Each picture shows one
of them, or now and then a card that the model knows, on a table and in a light of any kind.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.errors import UsageError
from mortar_tools.cards.language.answers import yes_no
from mortar_tools.cards.language.nouns import Noun
from mortar_tools.cards.things import WORK, printed
from mortar_tools.cards.world import art, camera, card
from mortar_tools.cards.world.layout import alone
from mortar_tools.cards.world.scene import SIZE, Seen
from mortar_tools.cards.world.surfaces import surface
from mortar_tools.finetune.data import NAMES
from mortar_tools.out import progress
from mortar_tools.weights.folder import require_new

NEW = {"robot": "1F916", "ghost": "1F47B", "telescope": "1F52D"}
"""Name → code point: all among the pictures and words that unknown.toml keeps or refuses."""
KNOWN_SHARE = 0.2
"""Of the pictures show a card that the model knows: so that it does not learn to see three things alone."""
NEW_KIND = -1
"""Class number of the new things, which have none."""


def nouns() -> dict[str, Noun]:
    """The words for them; a class number each, below those of things."""
    return {name: Noun(name, f"{name}s", "a", frozenset({NEW_KIND - at})) for at, name in enumerate(NEW)}


def draw(rng: np.random.Generator, code: str, work: Path) -> Image.Image:
    """One card, alone on a table."""
    styles = art.styles_of(code, work)
    sticker = art.load(work)[f"{styles[rng.integers(len(styles))]}/{code}"]
    canvas = surface(rng, SIZE)
    (place,) = alone(rng)
    view = camera.viewpoint(rng, SIZE)
    card.put(canvas, np.zeros((SIZE, SIZE), np.uint8), card.random_look(rng), place, view, sticker, 1)
    return Image.fromarray(camera.photograph(rng, canvas, sharp=False))


def questions(rng: np.random.Generator, shown: Noun) -> list[tuple[str, str]]:
    """What is asked about a picture of one thing, and the right answers."""
    seen = tuple(Seen(kind, 0.5, 0.5) for kind in shown.kinds)
    others = [noun for noun in nouns().values() if noun.name != shown.name]
    absent = others[rng.integers(len(others))]
    return [
        ("what do you see", f"I see {shown.single}."),
        (f"is there {shown.single}", yes_no(seen, shown, plural=False)),
        (f"is there {absent.single}", yes_no(seen, absent, plural=False)),
        (f"how many {shown.plural} are there", f"There is {shown.counted(1)}."),
    ]


def main(argv: list[str] | None = None) -> int:
    """Draw the pictures and write the questions."""
    parser = argparse.ArgumentParser(prog="mortar tools make lesson", description=__doc__)
    parser.add_argument("out", type=Path, help="a new folder")
    parser.add_argument("--n", type=int, default=120, help="pictures")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--work", type=Path, default=WORK, help="where the art of the pictures is")
    options = parser.parse_args(argv)
    if options.n < 1:
        raise UsageError("n-wrong", f"--n {options.n} draws nothing", "give 1 or more")
    require_new(options.out)
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    new = nouns()
    lines = []
    for number in progress(range(options.n), "drawing"):
        if rng.random() < KNOWN_SHARE:
            kind = int(rng.integers(len(printed())))
            thing = printed()[kind]
            noun, code = (
                Noun(thing.name, thing.plural, thing.article, frozenset({kind})),
                art.code_of(thing.emojis[0]),
            )
        else:
            name = tuple(NEW)[number % len(NEW)]
            noun, code = new[name], NEW[name].lower()
        picture = f"{number:04}.jpg"
        draw(rng, code, options.work).save(options.out / picture, quality=92)
        for question, answer in questions(rng, noun):
            lines.append(json.dumps({"picture": picture, "question": question, "answer": answer}))
    (options.out / NAMES[0]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{options.n} pictures, {len(lines)} questions in {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
