"""The page for a second display: everything is in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from mortar import resources
from mortar.cards.deck import CREDIT, deck
from mortar.cards.page import page

CARDS = deck(resources.bundled_model())


class Parts(HTMLParser):
    """Start tags with their attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_card_is_in_the_page_with_its_drawing() -> None:
    parts = Parts(page(CARDS))
    symbols = [attributes["data-name"] for tag, attributes in parts.tags if tag == "symbol"]
    assert symbols == [card.name for card in CARDS]
    drawn = [attributes["d"] for tag, attributes in parts.tags if tag == "path"]
    assert drawn == [area.path for card in CARDS for area in card.areas]
    assert CREDIT in parts.text


def test_the_page_asks_no_network() -> None:
    """No address in it, nothing that loads, and a policy that forbids it to the browser."""
    html = page(CARDS)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\bfetch\b|\bimport\b", html)
    for tag, attributes in Parts(html).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed"}
        assert "src" not in attributes
    assert "default-src 'none'" in html


def test_it_waits_for_a_key_unless_a_pace_is_given() -> None:
    def pace(html: str) -> str | None:
        return next(attributes["data-every-s"] for tag, attributes in Parts(html).tags if tag == "body")

    assert (pace(page(CARDS)), pace(page(CARDS, 2.5))) == ("0", "2.5")
