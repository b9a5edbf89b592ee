"""How drawings become flat areas; runs where the tools are installed."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("picosvg")
pytest.importorskip("resvg_py")

from mortar.cards.deck import Area
from mortar_tools.cards.world.outlines import HEAD, areas, steps, symbol


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("m10 10h5v5l-5 5z", "M10 10L15 10L15 15L10 20Z"),
        ("M0 0Q3 0 3 3", "M0 0C2 0 3 1 3 3"),
        ("M0 0c1 1 2 2 3 3s2 2 3 3", "M0 0C1 1 2 2 3 3C4 4 5 5 6 6"),
    ],
)
def test_every_step_becomes_one_of_four(path: str, plain: str) -> None:
    assert steps(path) == plain


def test_an_arc_becomes_cubics_to_the_same_place() -> None:
    assert re.fullmatch(r"M0 64(C[\d. ]+)+", steps("M0 64A64 64 0 0 1 128 64"))
    assert steps("M0 64A64 64 0 0 1 128 64").endswith(" 128 64")


def test_a_gradient_becomes_its_mean_and_a_stroke_an_outline() -> None:
    stops = '<stop stop-color="#f00"/><stop offset="1" stop-color="#00f"/>'
    gradient = f'<linearGradient id="g">{stops}</linearGradient>'
    drawn = f'{HEAD}{gradient}<path fill="url(#g)" d="M0 0h128v128h-128z"/></svg>'
    (area,) = areas(drawn)
    red, green, blue = (int(area.colour[at : at + 2], 16) for at in (1, 3, 5))
    assert (red, green, blue) == pytest.approx((127, 0, 127), abs=2)
    assert area.opacity == 1
    (line,) = areas(f'{HEAD}<path fill="none" stroke="#0a0" stroke-width="4" d="M8 8h64"/></svg>')
    assert line == Area("M8 6L72 6L72 10L8 10L8 6Z", "#00aa00")


def test_a_drawing_that_changes_its_look_is_refused() -> None:
    """A gradient from black to white over everything is more than its mean can stand for."""
    gradient = '<linearGradient id="g"><stop/><stop offset="1" stop-color="#fff"/></linearGradient>'
    with pytest.raises(ValueError, match="1f408 differs"):
        symbol("1f408", f'{HEAD}{gradient}<path fill="url(#g)" d="M0 0h128v128h-128z"/></svg>')
