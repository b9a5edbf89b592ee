"""Pictograms in several drawing styles, fetched once into the work folder.

Every pictogram of the things and of the unknown pictures is stored in each style that has it.
STYLES names the sources and their licences. The art isn't committed:
`python -m mortar_tools.cards.art` fetches it.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import tarfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mortar_tools.cards.things import WORK, printed, unknown

NOTO = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
SIZE = 128
"""Edge of a stored pictogram in pixels."""


@dataclass(frozen=True)
class Style:
    """Where the pictograms of a drawing style come from."""

    source: str
    """npm package with its version, or the Debian package of the font."""
    licence: str
    """SPDX identifier of the art's licence."""
    pattern: str = ""
    """Path of a pictogram in a package that has a file for each; {code} is the code point.

    Without it the package is an Iconify set: one JSON file with all the drawings by name.
    """


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
    "openmoji": Style("openmoji@17.0.0", "CC-BY-SA-4.0", "package/color/svg/{code}.svg"),
}
TRAINED_STYLES = tuple(style for style in STYLES if style != UNSEEN_STYLE)

OTHER_NAMES = {
    "1f30d": ("europeafricaglobe",),
    "1f30e": ("americasglobe",),
    "1f30f": ("asiaaustraliaglobe",),
    "1f332": ("evergreen",),
    "1f430": ("bunny",),
    "1f437": ("pig",),
    "1f42f": ("tiger",),
    "1f433": ("spurtingwhale",),
    "1f45e": ("mensshoe",),
    "1f48e": ("gem",),
    "1f381": ("present",),
    "1f455": ("mansshirt",),
    "1f31e": ("sunwithface",),
    "2600": ("sunrays",),
    "1f570": ("manltepiececlock",),
    "1f916": ("robot-face-1",),
}
"""Names in Iconify sets that are neither Unicode's nor CLDR's, by code point."""

Draw = Callable[[str], Image.Image | None]
"""Draws an emoji as RGBA; None where the style doesn't have it."""


def code_of(emoji: str) -> str:
    """The code point of a single-character emoji in hexadecimal."""
    return f"{ord(emoji):x}"


def wanted() -> Iterator[str]:
    """Every emoji that scenes are made of."""
    for thing in printed():
        yield from thing.emojis
    yield from unknown().taught_pictures
    yield from unknown().kept_pictures


def draw_noto(emoji: str) -> Image.Image:
    """RGBA picture of an emoji from the Noto font, whose bitmaps exist at size 109 alone."""
    font = ImageFont.truetype(str(NOTO), 109)
    picture = Image.new("RGBA", (136, 136), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((68, 68), emoji, font=font, embedded_color=True, anchor="mm")
    return picture


def rasterise(svg: str) -> Image.Image:
    """RGBA picture of an SVG drawing."""
    # Only fetching needs the SVG renderer; training and evaluation read the stored pixels.
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def fetch_package(package: str, folder: Path) -> Path:
    """Path of the package's tarball in `folder`, fetched with npm if it is not there yet."""
    name, _, version = package.rpartition("@")
    path = folder / f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
    if not path.exists():
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True)
    return path


def member_of(package: str, name: str, folder: Path) -> Any:
    """A JSON file of a package, parsed."""
    with tarfile.open(fetch_package(package, folder)) as archive:
        content = archive.extractfile(name)
        if content is None:
            raise FileNotFoundError(f"{name} in {package}")
        return json.load(content)


def from_files(style: Style, folder: Path) -> Draw:
    """Draws from a package that has a file for each code point, in lower or in upper case."""
    paths = {
        style.pattern.format(code=case(code_of(emoji) + selector)): emoji
        for emoji in wanted()
        for case in (str.lower, str.upper)
        # Some sets name text-style code points with the emoji variation selector, some without.
        for selector in ("", "-fe0f")
    }
    found: dict[str, Image.Image] = {}
    with tarfile.open(fetch_package(style.source, folder)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name in paths else None
            if content is not None:
                bitmap = not member.name.endswith(".svg")
                found[paths[member.name]] = (
                    Image.open(io.BytesIO(content.read())).convert("RGBA")
                    if bitmap
                    else rasterise(content.read().decode())
                )
    return found.get


def names_of(emoji: str, annotations: dict[str, str]) -> Iterator[str]:
    """Names that an Iconify set may have for an emoji, likeliest first."""
    for name in (annotations.get(code_of(emoji), ""), unicodedata.name(emoji)):
        words = re.findall(r"[a-z0-9]+", name.lower().replace("’", ""))
        # A set with several drawings of the same emoji numbers them.
        yield from ("-".join(words), "".join(words), "-".join([*words, "1"]))
    yield from OTHER_NAMES.get(code_of(emoji), ())


def from_names(style: Style, folder: Path) -> Draw:
    """Draws from an Iconify set; OpenMoji's index tells the CLDR name of each code point."""
    icons = member_of(style.source, "package/icons.json", folder)
    index = member_of(STYLES[UNSEEN_STYLE].source, "package/data/openmoji.json", folder)
    annotations = {row["hexcode"].lower().removesuffix("-fe0f"): row["annotation"] for row in index}
    named = dict(icons["icons"])
    named |= {name: named[alias["parent"]] for name, alias in icons.get("aliases", {}).items()}

    def draw(emoji: str) -> Image.Image | None:
        icon = next((named[name] for name in names_of(emoji, annotations) if name in named), None)
        if icon is None:
            return None
        box = f"0 0 {icon.get('width', icons['width'])} {icon.get('height', icons['height'])}"
        return rasterise(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{icon["body"]}</svg>')

    return draw


def tight(picture: Image.Image) -> NDArray[np.uint8]:
    """The picture without its transparent margin, centred on [SIZE, SIZE, 4] uint8."""
    box = picture.getchannel("A").point(lambda a: 255 if a > 16 else 0).getbbox()
    cut = picture.crop(box)
    scale = SIZE / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))))
    square = Image.new("RGBA", (SIZE, SIZE), (0, 0, 0, 0))
    square.paste(cut, ((SIZE - cut.width) // 2, (SIZE - cut.height) // 2))
    return np.asarray(square)


def drawer(name: str, folder: Path) -> Draw:
    """How pictograms of a style are drawn."""
    if name == PRINTED_STYLE:
        return draw_noto
    return (from_files if STYLES[name].pattern else from_names)(STYLES[name], folder)


def fetch(work: Path = WORK) -> Path:
    """Draw every pictogram in every style that has it into `work/art.npz`; returns its path.

    Keys are "style/code", values [SIZE, SIZE, 4] uint8 RGBA.
    """
    folder = work / "art"
    folder.mkdir(parents=True, exist_ok=True)
    art: dict[str, NDArray[np.uint8]] = {}
    for style in STYLES:
        draw = drawer(style, folder)
        for emoji in wanted():
            if picture := draw(emoji):
                art[f"{style}/{code_of(emoji)}"] = tight(picture)
    path = work / "art.npz"
    np.savez_compressed(path, **art)
    return path


@cache
def load(work: Path = WORK) -> dict[str, NDArray[np.uint8]]:
    """All stored pictograms by "style/code", each [SIZE, SIZE, 4] uint8 RGBA."""
    with np.load(work / "art.npz") as stored:
        return {key: stored[key] for key in stored.files}


@cache
def styles_of(code: str, work: Path = WORK) -> tuple[str, ...]:
    """The trained styles that have this code point (hexadecimal, lower case)."""
    return tuple(style for style in TRAINED_STYLES if f"{style}/{code}" in load(work))


def main(argv: list[str] | None = None) -> int:
    """Fetch the art; prints where it is."""
    parser = argparse.ArgumentParser(description="fetch the pictograms of the picture cards")
    parser.add_argument("--work", type=Path, default=WORK)
    print(fetch(parser.parse_args(argv).work))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
