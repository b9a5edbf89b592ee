"""Cards on a table as one HTML page for a second display: everything is in it, it asks no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from mortar.cards.deck import CREDIT, EDGE, Area, Card

TEMPLATE = Path(__file__).with_name("page.html")
CARDS_HERE, CREDIT_HERE, PACE_HERE = "<!-- cards -->", "<!-- credit -->", 'data-every-s="0"'
"""What the template has in place of the cards, the pictograms' authors, and the pace."""


def page(cards: Sequence[Card], every_s: float = 0.0) -> str:
    """The page. It lays other cards every `every_s` seconds, or waits for a key where that is 0."""
    symbols = "\n".join(_symbol(number, card) for number, card in enumerate(cards))
    template = TEMPLATE.read_text(encoding="utf-8")
    return (
        template.replace(CREDIT_HERE, escape(CREDIT))
        .replace(PACE_HERE, f'data-every-s="{every_s:g}"')
        .replace(CARDS_HERE, symbols)
    )


def _symbol(number: int, card: Card) -> str:
    areas = "".join(element(area) for area in card.areas)
    name = escape(card.name)
    return f'<symbol id="card-{number}" data-name="{name}" viewBox="0 0 {EDGE} {EDGE}">{areas}</symbol>'


def element(area: Area) -> str:
    """The area as an SVG element."""
    faint = f' fill-opacity="{area.opacity:g}"' if area.opacity < 1 else ""
    return f'<path fill="{area.colour}"{faint} d="{area.path}"/>'
