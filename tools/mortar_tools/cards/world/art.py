"""Pictograms in several drawing styles, fetched once into the work folder.

Every pictogram of the things and of the unknown pictures is stored in each style that has it.
The art isn't committed: `mortar tools make art` fetches it.
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mortar.errors import MortarError
from mortar_tools.cards.things import WORK, printed, unknown
from mortar_tools.cards.world.styles import OPENMOJI, SIZE, Style, drawer
from mortar_tools.cards.world.styles import code_of as code_of

PRINTED_STYLE = "noto"
UNSEEN_STYLE = "openmoji"
"""Never trained on: the evaluation measures with it how well the model takes a new style."""

STYLES = {
    "noto": Style("fonts-noto-color-emoji", "OFL-1.1"),
    "twemoji": Style("@twemoji/svg@15.0.0", "CC-BY-4.0", "package/{code}.svg"),
    "fluent": Style("@lobehub/fluent-emoji-flat@1.1.0", "MIT", "package/assets/{code}.svg"),
    "fluent3d": Style("@lobehub/fluent-emoji-3d@1.1.0", "MIT", "package/assets/{code}.webp"),
    "noto-v1": Style("@iconify-json/noto-v1@1.2.5", "Apache-2.0"),
    "emojione": Style("@iconify-json/emojione@1.2.3", "CC-BY-4.0"),
    "fxemoji": Style("@iconify-json/fxemoji@1.2.2", "Apache-2.0"),
    "streamline": Style("@iconify-json/streamline-emojis@1.2.4", "CC-BY-4.0"),
    "openmoji": Style(OPENMOJI, "CC-BY-SA-4.0", "package/color/svg/{code}.svg"),
}
"""The first four and the unseen one have every pictogram, the others most of them."""
TRAINED_STYLES = tuple(style for style in STYLES if style != UNSEEN_STYLE)


def wanted() -> list[str]:
    """Every emoji that scenes are made of."""
    of_things = [emoji for thing in printed() for emoji in thing.emojis]
    return [*of_things, *unknown().taught_pictures, *unknown().kept_pictures]


def tight(picture: Image.Image) -> NDArray[np.uint8]:
    """The picture without its transparent margin, centred on [SIZE, SIZE, 4] uint8."""
    box = picture.getchannel("A").point(lambda a: 255 if a > 16 else 0).getbbox()
    cut = picture.crop(box)
    scale = SIZE / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))))
    square = Image.new("RGBA", (SIZE, SIZE), (0, 0, 0, 0))
    square.paste(cut, ((SIZE - cut.width) // 2, (SIZE - cut.height) // 2))
    return np.asarray(square)


def fetch(work: Path = WORK) -> Path:
    """Draw every pictogram in every style that has it into `work/art.npz`; returns its path.

    Keys are "style/code", values [SIZE, SIZE, 4] uint8 RGBA. Raises MortarError without npm or
    without the network.
    """
    folder = work / "art"
    folder.mkdir(parents=True, exist_ok=True)
    art: dict[str, NDArray[np.uint8]] = {}
    for name, style in STYLES.items():
        draw = drawer(style, wanted(), folder)
        for emoji in wanted():
            if picture := draw(emoji):
                art[f"{name}/{code_of(emoji)}"] = tight(picture)
    path, part = work / "art.npz", work / "art.part.npz"
    np.savez_compressed(part, **art)
    return part.replace(path)


def complete(work: Path = WORK) -> bool:
    """Whether what is stored has every emoji that scenes are made of now."""
    path = work / "art.npz"
    if not path.exists():
        return False
    with np.load(path) as stored:
        return {f"{PRINTED_STYLE}/{code_of(emoji)}" for emoji in wanted()} <= set(stored.files)


@cache
def load(work: Path = WORK) -> dict[str, NDArray[np.uint8]]:
    """All stored pictograms by "style/code", each [SIZE, SIZE, 4] uint8 RGBA.

    Raises MortarError where there are none yet.
    """
    path = work / "art.npz"
    if not path.exists():
        raise MortarError(
            "art-missing", f"there are no pictograms in {work}", "fetch them: mortar tools make art"
        )
    with np.load(path) as stored:
        return {key: stored[key] for key in stored.files}


@cache
def styles_of(code: str, work: Path = WORK) -> tuple[str, ...]:
    """The trained styles that have this code point (hexadecimal, lower case)."""
    return tuple(style for style in TRAINED_STYLES if f"{style}/{code}" in load(work))


def main(argv: list[str] | None = None) -> int:
    """Fetch the art; prints where it is."""
    parser = argparse.ArgumentParser(
        prog="mortar tools make art", description="fetch the pictograms of the picture cards"
    )
    parser.add_argument("--work", type=Path, default=WORK)
    print(fetch(parser.parse_args(argv).work))
    return 0
