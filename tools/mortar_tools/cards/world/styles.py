"""How the pictograms of a drawing style are drawn: from a font, from files, or from an Iconify set."""

from __future__ import annotations

import io
import json
import re
import subprocess
import tarfile
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from mortar.errors import MortarError

NOTO = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
OPENMOJI = "openmoji@17.0.0"
"""Besides its own drawings it has an index of the CLDR name of every code point."""
SIZE = 128
"""Edge of a rasterised drawing in pixels."""


@dataclass(frozen=True)
class Style:
    """Where the pictograms of a drawing style come from."""

    source: str
    """npm package with its version, or the Debian package of the font."""
    licence: str
    """SPDX identifier of the art's licence."""
    pattern: str = ""
    """Path of a pictogram in a package that has a file for each; {code} is the code point.

    A package without it is an Iconify set: one JSON file with all the drawings by name.
    """


OTHER_NAMES = {
    "1f30d": "europeafricaglobe",
    "1f30e": "americasglobe",
    "1f30f": "asiaaustraliaglobe",
    "1f31e": "sunwithface",
    "1f332": "evergreen",
    "1f381": "present",
    "1f42f": "tiger",
    "1f430": "bunny",
    "1f433": "spurtingwhale",
    "1f437": "pig",
    "1f455": "mansshirt",
    "1f45e": "mensshoe",
    "1f48e": "gem",
    "1f570": "manltepiececlock",
    "2600": "sunrays",
}
"""Names in Iconify sets that are neither Unicode's nor CLDR's, by code point."""

Draw = Callable[[str], Image.Image | None]
"""Draws an emoji as RGBA; None where the style doesn't have it."""


def code_of(emoji: str) -> str:
    """The code point of a single-character emoji in hexadecimal."""
    return f"{ord(emoji):x}"


def draw_noto(emoji: str) -> Image.Image:
    """RGBA picture of an emoji from the Noto font, whose bitmaps exist at size 109 alone.

    Raises MortarError without the font.
    """
    if not NOTO.exists():
        raise MortarError("art-missing", f"there is no {NOTO}", "install fonts-noto-color-emoji")
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
    """Path of the package's tarball in `folder`, fetched with npm if it is not there yet.

    Raises MortarError without npm or without the network.
    """
    name, _, version = package.rpartition("@")
    path = folder / f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
    if not path.exists():
        try:
            subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise MortarError(
                "art-missing", f"npm could not fetch {package}", "install npm and check the network"
            ) from error
    return path


def _read(package: str, names: Collection[str], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Those files of a package that are in it, as name and content."""
    with tarfile.open(fetch_package(package, folder)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name in names else None
            if content is not None:
                yield member.name, content.read()


def _read_json(package: str, name: str, folder: Path) -> Any:
    return json.loads(dict(_read(package, [name], folder))[name])


def from_files(style: Style, emojis: Collection[str], folder: Path) -> Draw:
    """Draws from a package that has a file for each code point, in lower or in upper case."""
    paths = {
        style.pattern.format(code=case(code_of(emoji) + selector)): emoji
        for emoji in emojis
        for case in (str.lower, str.upper)
        # Some sets name text-style code points with the emoji variation selector, some without.
        for selector in ("", "-fe0f")
    }
    found: dict[str, Image.Image] = {}
    for name, content in _read(style.source, paths, folder):
        if name.endswith(".svg"):
            found[paths[name]] = rasterise(content.decode())
        else:
            found[paths[name]] = Image.open(io.BytesIO(content)).convert("RGBA")
    return found.get


def names_of(emoji: str, annotations: dict[str, str]) -> Iterator[str]:
    """Names that an Iconify set may have for an emoji, likeliest first."""
    for name in (annotations.get(code_of(emoji), ""), unicodedata.name(emoji)):
        words = re.findall(r"[a-z0-9]+", name.lower().replace("’", ""))
        # A set with several drawings of the same emoji numbers them.
        yield from ("-".join(words), "".join(words), "-".join([*words, "1"]))
    yield OTHER_NAMES.get(code_of(emoji), "")


def from_names(style: Style, folder: Path) -> Draw:
    """Draws from an Iconify set."""
    icons = _read_json(style.source, "package/icons.json", folder)
    index = _read_json(OPENMOJI, "package/data/openmoji.json", folder)
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


def drawer(style: Style, emojis: Collection[str], folder: Path) -> Draw:
    """How the style's pictograms of `emojis` are drawn; packages are kept in `folder`."""
    if "@" not in style.source:
        return draw_noto
    return from_files(style, emojis, folder) if style.pattern else from_names(style, folder)
