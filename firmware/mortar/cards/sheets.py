"""Cards on sheets of paper: a grid with lines to cut along, as a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mortar.cards.deck import CREDIT, EDGE, Card
from mortar.cards.pdf import Page, document, text_width_mm
from mortar.errors import UsageError

PAPERS_mm = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}

MARGIN_mm = 10.0
"""Around the grid; printers leave up to 6 mm of a sheet white."""
OVERSHOOT_mm = 3.0
"""By how much a cut line reaches beyond the grid, to lay a ruler on."""
LINE_mm = 0.15
FOOT_mm = (6.2, 2.3)
"""Of the line at the bottom: from the paper's edge, and its letters."""

SMALLEST_mm = 20.0
PICTOGRAM_OF_CARD = 0.8
NAME_OF_CARD = 0.055
"""Height of a name's letters."""
BASELINE_OF_CARD = 0.965


@dataclass(frozen=True)
class Grid:
    """Where the cards of a sheet lie."""

    columns: int
    rows: int
    left_mm: float
    top_mm: float
    size_mm: float

    def corner_mm(self, column: int, row: int) -> tuple[float, float]:
        """Top left corner of a card, from the paper's."""
        return self.left_mm + column * self.size_mm, self.top_mm + row * self.size_mm


def grid(paper: str, size_mm: float) -> Grid:
    """As many cards of that edge as fit on a sheet, in its middle.

    Raises UsageError where not even one fits, or the cards are too small to handle.
    """
    width_mm, height_mm = PAPERS_mm[paper]
    most_mm = min(width_mm, height_mm) - 2 * MARGIN_mm
    if not SMALLEST_mm <= size_mm <= most_mm:
        raise UsageError(
            "card-size",
            f"cards of {size_mm:g} mm do not go on {paper}",
            f"choose from {SMALLEST_mm:g} to {most_mm:g} mm",
        )
    columns = int((width_mm - 2 * MARGIN_mm) // size_mm)
    rows = int((height_mm - 2 * MARGIN_mm) // size_mm)
    left_mm, top_mm = (width_mm - columns * size_mm) / 2, (height_mm - rows * size_mm) / 2
    return Grid(columns, rows, left_mm, top_mm, size_mm)


def sheets(cards: Sequence[Card], paper: str, size_mm: float, names: bool) -> tuple[bytes, int]:
    """The PDF and its number of pages. `names` writes each card's name below its drawing.

    Raises UsageError as `grid` does.
    """
    laid = grid(paper, size_mm)
    full = laid.columns * laid.rows
    stacks = [cards[first : first + full] for first in range(0, len(cards), full)]
    pages = []
    for number, stack in enumerate(stacks, 1):
        page = Page(*PAPERS_mm[paper])
        _cut_lines(page, laid, -(-len(stack) // laid.columns))
        for at, card in enumerate(stack):
            left_mm, top_mm = laid.corner_mm(at % laid.columns, at // laid.columns)
            _draw(page, card, left_mm, top_mm, size_mm, names)
        _foot(page, f"Mortar picture cards, {size_mm:g} mm, sheet {number} of {len(stacks)}")
        pages.append(page)
    return document(pages, "Mortar picture cards"), len(pages)


def _draw(page: Page, card: Card, left_mm: float, top_mm: float, size_mm: float, name: bool) -> None:
    rim_mm = size_mm * (1 - PICTOGRAM_OF_CARD) / 2
    scale = size_mm * PICTOGRAM_OF_CARD / EDGE
    for area in card.areas:
        page.fill(area.path, area.colour, area.opacity, (left_mm + rim_mm, top_mm + rim_mm), scale)
    if name:
        height_mm = size_mm * NAME_OF_CARD
        indent_mm = (size_mm - text_width_mm(card.name, height_mm)) / 2
        page.text(card.name, left_mm + indent_mm, top_mm + size_mm * BASELINE_OF_CARD, height_mm)


def _foot(page: Page, title: str) -> None:
    from_edge_mm, height_mm = FOOT_mm
    foot = f"{title}. Print at 100 %. Pictograms: {CREDIT}"
    page.text(foot, MARGIN_mm, page.height_mm - from_edge_mm, height_mm)


def _cut_lines(page: Page, laid: Grid, rows: int) -> None:
    """Straight through, so that a sheet is cut with few cuts."""
    left_mm, top_mm = laid.corner_mm(0, 0)
    right_mm, bottom_mm = laid.corner_mm(laid.columns, rows)
    for column in range(laid.columns + 1):
        x, _ = laid.corner_mm(column, 0)
        page.line((x, top_mm - OVERSHOOT_mm), (x, bottom_mm + OVERSHOOT_mm), LINE_mm)
    for row in range(rows + 1):
        _, y = laid.corner_mm(0, row)
        page.line((left_mm - OVERSHOOT_mm, y), (right_mm + OVERSHOOT_mm, y), LINE_mm)
