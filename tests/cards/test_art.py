"""Pictograms come whole and centred out of the packages, and styles are honest about what they have."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mortar.errors import MortarError
from mortar_tools.cards.things import WORK, printed
from mortar_tools.cards.world import art, styles

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)
SQUARE = '<path fill="{colour}" d="M0 0h{edge}v{edge}H0z"/>'
CAT, CAT_FACE, DOG, UNICORN = "\U0001f408", "\U0001f431", "\U0001f415", "\U0001f984"


def pack(folder: Path, name: str, files: dict[str, str]) -> None:
    """An npm tarball where a fetched one would be."""
    with tarfile.open(folder / name, "w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


def middle(picture: Image.Image | None) -> tuple[int, ...]:
    assert picture is not None
    assert picture.size == (styles.SIZE, styles.SIZE)
    return picture.getpixel((styles.SIZE // 2, styles.SIZE // 2))


def test_iconify_drawings_are_found_by_any_of_their_names(tmp_path: Path) -> None:
    """CLDR's name, Unicode's, run together, numbered, or another name of the same drawing."""
    pytest.importorskip("resvg_py", reason="only fetching needs the SVG renderer (make setup-tools)")
    red, blue = SQUARE.format(colour="red", edge=64), SQUARE.format(colour="blue", edge=8)
    icons = {
        "width": 64,
        "height": 64,
        "icons": {"catface": {"body": red}, "dog-1": {"body": blue, "width": 8, "height": 8}},
        "aliases": {"cat": {"parent": "catface"}},
    }
    index = [{"hexcode": "1F431", "annotation": "cat face"}]
    pack(tmp_path, "set-1.0.tgz", {"package/icons.json": json.dumps(icons)})
    pack(tmp_path, "openmoji-17.0.0.tgz", {"package/data/openmoji.json": json.dumps(index)})
    draw = styles.drawer(styles.Style("set@1.0", "MIT"), art.wanted(), tmp_path)
    assert middle(draw(CAT)) == RED
    assert middle(draw(CAT_FACE)) == RED
    assert middle(draw(DOG)) == BLUE
    assert draw(UNICORN) is None


def test_files_are_found_in_either_case_with_or_without_selector(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="only fetching needs the SVG renderer (make setup-tools)")
    box = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'
    red, blue = (box.format(SQUARE.format(colour=colour, edge=9)) for colour in ("red", "blue"))
    pack(tmp_path, "scope-set-1.0.tgz", {"package/1F408.svg": red, "package/1f415-fe0f.svg": blue})
    style = styles.Style("@scope/set@1.0", "MIT", "package/{code}.svg")
    draw = styles.drawer(style, [CAT, DOG, UNICORN], tmp_path)
    assert middle(draw(CAT)) == RED
    assert middle(draw(DOG)) == BLUE
    assert draw(UNICORN) is None


def test_without_npm_the_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MortarError, match=r"set@1\.0.*install npm") as caught:
        styles.drawer(styles.Style("set@1.0", "MIT"), art.wanted(), tmp_path)
    assert caught.value.code == "art-missing"
    assert not any(tmp_path.iterdir())


def test_without_the_font_its_debian_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(styles, "NOTO", tmp_path / "NotoColorEmoji.ttf")
    with pytest.raises(MortarError, match="install fonts-noto-color-emoji"):
        styles.draw_noto(CAT)


def test_a_pictogram_fills_its_square_and_lies_in_its_middle() -> None:
    picture = Image.new("RGBA", (100, 60), (0, 0, 0, 0))
    picture.paste(RED, (70, 10, 90, 20))
    rows, columns = np.nonzero(art.tight(picture)[..., 3])
    assert (columns.min(), columns.max()) == (0, art.SIZE - 1)
    assert rows.min() + rows.max() == art.SIZE - 1
    assert rows.max() - rows.min() + 1 == art.SIZE // 2


def test_a_style_is_offered_only_for_what_it_has(tmp_path: Path) -> None:
    """And the unseen style never: scenes for training choose from these."""
    empty = np.zeros((art.SIZE, art.SIZE, 4), np.uint8)
    keys = ("noto/1f408", "fxemoji/1f408", "openmoji/1f408", "noto/1f415")
    np.savez(tmp_path / "art.npz", **dict.fromkeys(keys, empty))
    assert art.styles_of("1f408", tmp_path) == ("noto", "fxemoji")
    assert art.styles_of("1f415", tmp_path) == ("noto",)


@pytest.mark.skipif(not styles.NOTO.exists(), reason="needs the Debian package fonts-noto-color-emoji")
def test_every_thing_can_be_printed() -> None:
    for thing in printed():
        assert art.tight(styles.draw_noto(thing.emojis[0]))[..., 3].mean() > 16, thing.name


@pytest.mark.skipif(not (WORK / "art.npz").exists(), reason="the art is not fetched (mortar tools make art)")
def test_fetched_art_has_every_pictogram_in_four_trained_styles_and_the_unseen_one() -> None:
    with np.load(WORK / "art.npz") as stored:
        keys = set(stored.files)
    codes = [art.code_of(emoji) for emoji in art.wanted()]
    assert [
        code for code in codes if sum(f"{style}/{code}" in keys for style in art.TRAINED_STYLES) < 4
    ] == []
    assert [code for code in codes if f"{art.UNSEEN_STYLE}/{code}" not in keys] == []
