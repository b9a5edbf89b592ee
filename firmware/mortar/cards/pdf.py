"""Pages of coloured paths, straight lines and short texts as PDF 1.4.

A PDF path has the steps of an SVG path (move, line, cubic, close), the letter behind the numbers. The
texts are in Helvetica, which every reader has. So this file is all it takes, and what comes out is
vector: sharp on any printer. Equal pages give equal bytes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

POINTS_A_mm = 72 / 25.4

STEPS = {"M": "m", "L": "l", "C": "c", "Z": "h"}
STEP = re.compile(r"([MLCZ])([^MLCZ]*)")

HELVETICA = {222: "ijl", 278: " ft", 333: "-r", 500: "ckxsvyz", 722: "w", 833: "m"}
OTHERS = 556
"""Widths of small letters in thousandths of the type's size (Adobe's font metrics)."""


class Page:
    """What stands on one page. Lengths and places are mm from its top left corner."""

    def __init__(self, width_mm: float, height_mm: float) -> None:
        self.width_mm, self.height_mm = width_mm, height_mm
        self.percents: set[int] = set()
        """Opacities in use, which are among a page's resources."""
        # A PDF page counts points from its bottom left corner.
        scale = f"{POINTS_A_mm:.6f}"
        self._operators = [f"{scale} 0 0 -{scale} 0 {height_mm * POINTS_A_mm:.3f} cm"]

    def fill(
        self, path: str, colour: str, opacity: float, origin_mm: tuple[float, float], scale: float
    ) -> None:
        """Fill a path (absolute M, L, C and Z; its unit is `scale` mm) with a colour (#rrggbb)."""
        left_mm, top_mm = origin_mm
        percent = round(100 * opacity)
        self.percents.add(percent)
        steps = (f"{numbers} {STEPS[letter]}" for letter, numbers in STEP.findall(path))
        self._operators += [
            f"q {scale:.5f} 0 0 {scale:.5f} {left_mm:.3f} {top_mm:.3f} cm",
            f"/A{percent} gs {_rgb(colour)} rg",
            *steps,
            "f Q",
        ]

    def line(self, from_mm: tuple[float, float], to_mm: tuple[float, float], width_mm: float) -> None:
        """A grey line between two places (x, y)."""
        (x, y), (u, v) = from_mm, to_mm
        self._operators.append(f"0.6 G {width_mm:.3f} w {x:.3f} {y:.3f} m {u:.3f} {v:.3f} l S")

    def text(self, text: str, left_mm: float, baseline_mm: float, height_mm: float) -> None:
        """A dark grey line of text, its letters `height_mm` high."""
        escaped = re.sub(r"([()\\])", r"\\\1", text)
        # The page's y axis points down, the letters' up.
        self._operators.append(
            f"BT 0.2 g /F {height_mm:.3f} Tf 1 0 0 -1 {left_mm:.3f} {baseline_mm:.3f} Tm ({escaped}) Tj ET"
        )

    def content(self) -> bytes:
        """The page's content stream."""
        return "\n".join(self._operators).encode("cp1252", "replace")


def text_width_mm(text: str, height_mm: float) -> float:
    """How wide `Page.text` writes a name of small letters."""
    widths = {letter: width for width, letters in HELVETICA.items() for letter in letters}
    return sum(widths.get(letter, OTHERS) for letter in text) * height_mm / 1000


def document(pages: Sequence[Page], title: str) -> bytes:
    """The pages as one PDF file, which asks to be printed at its own size."""
    leaves = range(4, 4 + 2 * len(pages), 2)
    kids = " ".join(f"{leaf} 0 R" for leaf in leaves)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for leaf, page in zip(leaves, pages, strict=True):
        box = f"{page.width_mm * POINTS_A_mm:.3f} {page.height_mm * POINTS_A_mm:.3f}"
        opacities = " ".join(f"/A{percent} << /ca {percent / 100:g} >>" for percent in sorted(page.percents))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {box}] /Contents {leaf + 1} 0 R /Resources "
            f"<< /Font << /F 3 0 R >> /ExtGState << {opacities} >> >> >>".encode()
        )
        packed = zlib.compress(page.content(), 9)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + packed + b"\nendstream")
    objects.append(f"<< /Title ({title}) >>".encode("ascii"))
    return _file(objects)


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects one behind the other, numbered from 1, and the table of where each begins."""
    written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    table = [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, 1):
        table.append(f"{len(written):010d} 00000 n \n".encode())
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    begins = len(written)
    written += b"xref\n0 %d\n" % len(table) + b"".join(table)
    written += trailer % (len(table), len(objects), begins)
    return bytes(written)


def _rgb(colour: str) -> str:
    return " ".join(f"{int(colour[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))
