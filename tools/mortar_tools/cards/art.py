"""Pictograms of the things in several drawing styles, fetched once into the work folder.

Sources and licences: Noto Color Emoji (Debian `fonts-noto-color-emoji`, OFL 1.1), Twemoji (npm
`@twemoji/svg`, CC-BY 4.0), Fluent Emoji flat and 3D (npm `@lobehub/fluent-emoji-*`, MIT) and
OpenMoji (npm `openmoji`, CC-BY-SA 4.0). OpenMoji is never trained on: it is the unseen style of
the evaluation. None of the art is committed; `python -m mortar_tools.cards.art` fetches it.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mortar_tools.cards.things import WORK, things

TRAINED_STYLES = ("noto", "twemoji", "fluent", "fluent3d")
UNSEEN_STYLE = "openmoji"
STYLES = (*TRAINED_STYLES, UNSEEN_STYLE)

NOTO = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
SIZE = 128
"""Edge of a stored pictogram in pixels."""

PACKAGES = {
    "twemoji": ("@twemoji/svg@15.0.0", "package/{code}.svg", str.lower),
    "fluent": ("@lobehub/fluent-emoji-flat@1.1.0", "package/assets/{code}.svg", str.lower),
    "fluent3d": ("@lobehub/fluent-emoji-3d@1.1.0", "package/assets/{code}.webp", str.lower),
    "openmoji": ("openmoji@17.0.0", "package/color/svg/{code}.svg", str.upper),
}
"""Style → npm package, path of a pictogram in it, letter case of the code point in the path."""

VARIATION = ("", "-fe0f")
"""Some sets name text-style code points with the emoji variation selector, some without."""


def code_of(emoji: str) -> str:
    """The code point of a single-character emoji in hexadecimal."""
    return f"{ord(emoji):x}"


def draw_noto(emoji: str) -> Image.Image:
    """RGBA picture of an emoji from the Noto font, whose bitmaps exist at size 109 alone."""
    font = ImageFont.truetype(str(NOTO), 109)
    picture = Image.new("RGBA", (136, 136), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((68, 68), emoji, font=font, embedded_color=True, anchor="mm")
    return picture


def rasterise(name: str, content: bytes) -> Image.Image:
    """RGBA picture of an SVG or bitmap file's content."""
    if not name.endswith(".svg"):
        return Image.open(io.BytesIO(content)).convert("RGBA")
    # Only fetching needs the SVG renderer; training and evaluation read the stored pixels.
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=content.decode(), width=SIZE, height=SIZE)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def fetch_package(package: str, folder: Path) -> Path:
    """Path of the package's tarball in `folder`, fetched with npm if it is not there yet."""
    stem = package.rpartition("@")[0].lstrip("@").replace("/", "-")
    found = sorted(folder.glob(f"{stem}-{package.rpartition('@')[2]}.tgz"))
    if not found:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True)
        found = sorted(folder.glob(f"{stem}-*.tgz"))
    return found[0]


def from_package(style: str, folder: Path) -> Callable[[str], Image.Image]:
    """A function that draws an emoji in the style of one of PACKAGES."""
    package, pattern, case = PACKAGES[style]
    wanted = {
        pattern.format(code=case(code_of(emoji) + suffix)): emoji
        for thing in things()
        for emoji in thing.emojis
        for suffix in VARIATION
    }
    found: dict[str, Image.Image] = {}
    with tarfile.open(fetch_package(package, folder)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name in wanted else None
            if content is not None:
                found[wanted[member.name]] = rasterise(member.name, content.read())
    return found.__getitem__


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
    """Draw every pictogram in every style into `work/art.npz`; returns its path.

    Keys are "style/code", values [SIZE, SIZE, 4] uint8 RGBA.
    """
    folder = work / "art"
    folder.mkdir(parents=True, exist_ok=True)
    art: dict[str, NDArray[np.uint8]] = {}
    for style in STYLES:
        draw = draw_noto if style == "noto" else from_package(style, folder)
        for emoji in (emoji for thing in things() for emoji in thing.emojis):
            art[f"{style}/{code_of(emoji)}"] = tight(draw(emoji))
    path = work / "art.npz"
    np.savez_compressed(path, **art)
    return path


@cache
def load(work: Path = WORK) -> dict[str, NDArray[np.uint8]]:
    """All stored pictograms by "style/code", each [SIZE, SIZE, 4] uint8 RGBA."""
    with np.load(work / "art.npz") as stored:
        return {key: stored[key] for key in stored.files}


def main(argv: list[str] | None = None) -> int:
    """Fetch the art; prints where it is."""
    parser = argparse.ArgumentParser(description="fetch the pictograms of the picture cards")
    parser.add_argument("--work", type=Path, default=WORK)
    print(fetch(parser.parse_args(argv).work))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
