"""Sheets to print, read back with a PDF reader that is not ours."""

from __future__ import annotations

import itertools

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray

from mortar import resources
from mortar.cards.deck import deck, pick
from mortar.cards.pdf import POINTS_A_mm
from mortar.cards.sheets import Grid, LINE_mm, PAPERS_mm, grid, sheets
from mortar.errors import UsageError

CARDS = deck(resources.bundled_model())
FEW = CARDS[:5]
SHARP_px = 8
"""Pixels a millimetre in which a cut line covers more than one."""


def read(content: bytes) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(content)


def pixels(page: pypdfium2.PdfPage, px_a_mm: int) -> NDArray[np.uint8]:
    """[height, width] grey of a page."""
    return np.asarray(page.render(scale=px_a_mm / POINTS_A_mm).to_pil().convert("L"))


def cells(laid: Grid, px_a_mm: int) -> list[tuple[slice, slice]]:
    """The inside of each card, 1 mm from its edges, in the order of reading."""
    found = []
    for row, column in itertools.product(range(laid.rows), range(laid.columns)):
        left, top = laid.corner_mm(column, row)
        found.append(
            tuple(
                slice(int((start + 1) * px_a_mm), int((start + laid.size_mm - 1) * px_a_mm))
                for start in (top, left)
            )
        )
    return found


@pytest.mark.parametrize(
    ("paper", "size_mm", "a_sheet"),
    [("a4", 60.0, 12), ("letter", 60.0, 12), ("a4", 90.0, 6), ("letter", 90.0, 4), ("a4", 190.0, 1)],
)
def test_every_card_is_on_a_sheet_of_that_paper(paper: str, size_mm: float, a_sheet: int) -> None:
    content, n_pages = sheets(CARDS, paper, size_mm, names=True)
    document = read(content)
    assert len(document) == n_pages == -(-len(CARDS) // a_sheet)
    printed: list[str] = []
    for page in document:
        assert np.allclose(np.array(page.get_size()) / POINTS_A_mm, PAPERS_mm[paper], atol=0.01)
        *names, foot = page.get_textpage().get_text_range().splitlines()
        assert foot.startswith("Mortar picture cards")
        printed += " ".join(names).split()
    assert printed == " ".join(card.name for card in CARDS).split()


@pytest.mark.parametrize("paper", PAPERS_mm)
def test_a_card_fills_its_place_and_no_other(paper: str) -> None:
    content, _ = sheets(FEW, paper, 60, names=False)
    grey = pixels(read(content)[0], 2)
    drawn = [bool((grey[cell] < 200).mean() > 0.05) for cell in cells(grid(paper, 60), 2)]
    assert drawn == [True] * len(FEW) + [False] * (12 - len(FEW))


@pytest.mark.parametrize("paper", PAPERS_mm)
def test_cut_lines_go_between_the_cards_and_stay_where_printers_print(paper: str) -> None:
    content, _ = sheets(CARDS[:12], paper, 60, names=False)
    grey, laid = pixels(read(content)[0], SHARP_px), grid(paper, 60)
    half = round(LINE_mm * SHARP_px)
    for row, column in itertools.product(range(laid.rows), range(laid.columns)):
        x, y = (round(place * SHARP_px) for place in laid.corner_mm(column, row))
        length = round(laid.size_mm * SHARP_px)
        assert (grey[y - half : y + half, x : x + length].min(0) < 230).all()
        assert (grey[y : y + length, x - half : x + half].min(1) < 230).all()
    ys, xs = np.nonzero(grey < 255)
    rims_mm = np.array([ys.min(), xs.min(), grey.shape[0] - ys.max(), grey.shape[1] - xs.max()]) / SHARP_px
    assert rims_mm.min() >= 5


def test_names_are_printed_only_when_asked_for_and_in_the_middle() -> None:
    """The model met cards without text; a name is for people."""
    plain = read(sheets(FEW, "a4", 60, names=False)[0])[0].get_textpage()
    assert plain.get_text_range().startswith("Mortar picture cards")
    named = read(sheets(pick(CARDS, ["watermelon"]), "a4", 60, names=True)[0])[0].get_textpage()
    boxes = [named.get_charbox(at) for at in range(len("watermelon"))]
    middle_mm = (boxes[0][0] + boxes[-1][2]) / 2 / POINTS_A_mm
    left_mm, _ = grid("a4", 60).corner_mm(0, 0)
    assert middle_mm == pytest.approx(left_mm + 30, abs=0.3)


def test_colours_and_faint_areas_come_out_as_drawn() -> None:
    page = read(sheets(pick(CARDS, ["red circle", "bee"]), "a4", 60, names=False)[0])[0]
    picture = np.asarray(page.render(scale=2 / POINTS_A_mm).to_pil().convert("RGB"))
    circle, bee, *_ = cells(grid("a4", 60), 2)
    assert picture[circle][58, 58].tolist() == [214, 40, 40]
    darkest = min(area.opacity for card in pick(CARDS, ["bee"]) for area in card.areas)
    assert darkest < 1, "the bee's wings can be seen through"
    assert (picture[bee] < 250).any()


@pytest.mark.parametrize("paper", PAPERS_mm)
@pytest.mark.parametrize("size_mm", [0.0, -60.0, 19.9, 200.0, float("nan"), float("inf")])
def test_a_size_that_does_not_go_on_the_paper_is_wrong_use(paper: str, size_mm: float) -> None:
    with pytest.raises(UsageError, match="choose from 20"):
        sheets(FEW, paper, size_mm, names=False)


def test_equal_cards_give_equal_bytes() -> None:
    assert sheets(FEW, "a4", 60, names=True) == sheets(FEW, "a4", 60, names=True)
