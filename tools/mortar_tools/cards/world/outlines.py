"""`mortar tools make pictograms`: models/cards/pictograms.svg, the drawings that `mortar cards` prints.

They are Noto Emoji's (Apache-2.0), the style that the model met most often. Each becomes a list of flat
areas: strokes, clips and references turn into outlines, a gradient into its mean colour, every step of a
path into M, L, C or Z with coordinates to a tenth of a unit. So one small reader serves paper and screen.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from picosvg.svg import SVG
from picosvg.svg_types import SVGPath
from PIL import Image
from resvg_py import svg_to_bytes
from rich.progress import track

from mortar.cards.deck import EDGE, PICTOGRAMS, Area
from mortar.cards.page import element
from mortar_tools.cards.things import CARDS, WORK, printed
from mortar_tools.cards.world.styles import OPENMOJI, code_of, fetch_package, names_of

PACKAGE = "@iconify-json/noto@1.2.9"

XMLNS = "http://www.w3.org/2000/svg"
HEAD = f'<svg xmlns="{XMLNS}" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {EDGE} {EDGE}">'
NOTICE = """<!--
Made by `mortar tools make pictograms` from Noto Emoji (@iconify-json/noto), © Google LLC, under the
Apache License 2.0. Changed: strokes, clips and gradients have become flat areas.
-->"""

SAMPLE_px = 256
"""Edge of the pictures in which a gradient's mean colour is measured, and the result is compared."""
FAINTEST = 0.02
"""An area that covers less than that of what lies below is left out."""
MOST_DIFFERENCE = 12.0
"""Mean difference from the original, of 255, above which more than the course of a gradient got lost."""

Pixels = NDArray[np.float64]


def main(argv: list[str]) -> int:
    """Draw every printed thing; prints where to, and how large that is."""
    parser = argparse.ArgumentParser(prog="mortar tools make pictograms", description=__doc__)
    parser.add_argument("--out", type=Path, default=CARDS / PICTOGRAMS, help="file to write")
    parser.add_argument("--work", type=Path, default=WORK, help="where fetched packages are kept")
    options = parser.parse_args(argv)
    drawings = originals(options.work / "art")
    symbols = [symbol(code, svg) for code, svg in track(drawings.items(), "drawing")]
    options.out.write_text("\n".join([HEAD, NOTICE, *symbols, "</svg>\n"]), encoding="utf-8")
    print(f"{options.out}: {len(symbols)} pictograms, {options.out.stat().st_size} bytes")
    return 0


def originals(folder: Path) -> dict[str, str]:
    """Code point of each printed thing, in hexadecimal → the SVG drawing as it comes.

    Packages are kept in `folder`. Raises KeyError where the set has no drawing of a thing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    icons = _json_in(PACKAGE, "package/icons.json", folder)
    index = _json_in(OPENMOJI, "package/data/openmoji.json", folder)
    annotations = {row["hexcode"].lower().removesuffix("-fe0f"): row["annotation"] for row in index}
    named = dict(icons["icons"])
    named |= {name: named[alias["parent"]] for name, alias in icons["aliases"].items()}
    found = {}
    for thing in printed():
        names = list(names_of(thing.emojis[0], annotations))
        icon = named[next((name for name in names if name in named), names[0])]
        found[code_of(thing.emojis[0])] = f"{HEAD}{icon['body'].replace(' href=', ' xlink:href=')}</svg>"
    return found


def symbol(code: str, original: str) -> str:
    """The pictogram of a code point, to be referred to.

    Raises ValueError where it looks different from the original.
    """
    inner = "\n".join(map(element, areas(original)))
    difference = np.abs(_on_white(original) - _on_white(f"{HEAD}{inner}</svg>")).mean()
    if difference > MOST_DIFFERENCE:
        raise ValueError(f"{code} differs by {difference:.1f} of 255")
    return f'<symbol id="{code}" viewBox="0 0 {EDGE} {EDGE}">\n{inner}\n</symbol>'


def areas(original: str) -> Iterator[Area]:
    """A drawing as flat areas, from the bottom to the top."""
    # What is left is gradients, and paths that are filled.
    simplified = SVG.fromstring(original).topicosvg(ndigits=1).tostring()  # type: ignore[no-untyped-call]
    ElementTree.register_namespace("", XMLNS)
    root = ElementTree.fromstring(simplified)
    gradients = "".join(ElementTree.tostring(node, "unicode") for node in root.iter(f"{{{XMLNS}}}defs"))
    for node in root.iter(f"{{{XMLNS}}}path"):
        colour, opacity = node.get("fill", "#000"), float(node.get("opacity", 1))
        if colour.startswith("url("):
            alone = ElementTree.tostring(node, "unicode")
            colour, opacity = _mean(_rgba(f"{HEAD}{gradients}{alone}</svg>"))
        if opacity >= FAINTEST:
            yield Area(steps(node.attrib["d"]), _long(colour), round(opacity, 2))


def steps(path: str) -> str:
    """An SVG path as M, L, C and Z alone, absolute, a letter for every step."""
    plain = SVGPath(d=path).absolute()  # type: ignore[no-untyped-call]
    plain = plain.expand_shorthand().explicit_lines().arcs_to_cubics()
    written = []
    place: tuple[float, ...] = ()
    for letter, numbers in plain.as_cmd_seq():
        if letter == "Q":
            letter, numbers = "C", _cubic(*place, *numbers)
        written.append(letter + " ".join(f"{number:.1f}".removesuffix(".0") for number in numbers))
        place = numbers[-2:]
    return "".join(written)


def _cubic(x: float, y: float, u: float, v: float, p: float, q: float) -> tuple[float, ...]:
    """The cubic that is the same curve as the quadratic from (x, y) over (u, v) to (p, q)."""
    return (x + (u - x) * 2 / 3, y + (v - y) * 2 / 3, p + (u - p) * 2 / 3, q + (v - q) * 2 / 3, p, q)


def _json_in(package: str, name: str, folder: Path) -> Any:
    """A JSON file of an npm package."""
    with tarfile.open(fetch_package(package, folder)) as archive:
        content = archive.extractfile(name)
        assert content is not None, f"{name} in {package} is a folder"
        return json.load(content)


def _rgba(svg: str) -> Pixels:
    """[SAMPLE_px, SAMPLE_px, 4] of an SVG file, 0..255."""
    png = bytes(svg_to_bytes(svg_string=svg, width=SAMPLE_px, height=SAMPLE_px))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), np.float64)


def _on_white(svg: str) -> Pixels:
    """[SAMPLE_px, SAMPLE_px, 3] of an SVG file, 0..255."""
    pixels = _rgba(svg)
    alpha = pixels[..., 3:] / 255
    return np.asarray(pixels[..., :3] * alpha + 255 * (1 - alpha))


def _mean(pixels: Pixels) -> tuple[str, float]:
    """Mean colour and mean opacity of RGBA pixels, where there is anything."""
    alpha = pixels[..., 3]
    if not alpha.any():
        return "#000", 0.0
    red, green, blue = (pixels[..., :3] * alpha[..., None]).sum((0, 1)) / alpha.sum()
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}", float(alpha[alpha > 0].mean()) / 255


def _long(colour: str) -> str:
    """#rrggbb of #rgb."""
    return re.sub(r"^#(.)(.)(.)$", r"#\1\1\2\2\3\3", colour)
