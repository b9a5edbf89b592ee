"""`mortar cards` as people call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from mortar import resources
from mortar.cards.deck import deck
from mortar.commands import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, main

NAMES = [card.name for card in deck(resources.bundled_model())]
FORMS = pytest.mark.parametrize("option", ["--pdf", "--page"])


def test_alone_it_lists_the_cards_and_says_how_to_get_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cards"]) == EXIT_DONE
    said = capsys.readouterr().out
    assert ", ".join(NAMES) in " ".join(said.split())
    assert "mortar cards --pdf" in said
    assert "mortar cards --page" in said


def test_both_forms_at_once_with_the_cards_that_were_named(tmp_path: Path) -> None:
    pdf, page = tmp_path / "few.pdf", tmp_path / "few.html"
    options = ["--things", "cat,cat,red circle", "--paper", "letter", "--size-mm", "90", "--names"]
    assert main(["cards", "--pdf", str(pdf), "--page", str(page), *options]) == EXIT_DONE
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert text.split()[:4] == ["cat", "cat", "red", "circle"]
    assert page.read_text().count("<symbol") == 3


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--things", "cat,unicorn"], "unicorn"),
        (["--things", ""], "''"),
        (["--size-mm", "500"], "500 mm"),
        (["--every-s", "-1"], "--every-s -1"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], named: str
) -> None:
    assert main(["cards", "--pdf", str(tmp_path / "c.pdf"), *options]) == EXIT_USAGE
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert named in errors
    assert list(tmp_path.iterdir()) == []


@FORMS
def test_a_name_that_cannot_be_a_file_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    """A folder, a folder that is not there, a file where a folder should be, a device, no name at all."""
    (tmp_path / "file").touch()
    for name in (tmp_path, tmp_path / "gone" / "c", tmp_path / "file" / "c", "/dev/full", ""):
        assert main(["cards", option, str(name), "--things", "cat"]) == EXIT_FAILED
        errors = capsys.readouterr().err
        assert errors.count("\n") == 1
        assert "permission to write" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@FORMS
def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path: Path, option: str) -> None:
    """Never half a file: the limit is met in the middle of writing."""
    file = tmp_path / "cards"
    file.write_text("of yesterday")
    limited = ["bash", "-c", 'ulimit -f 16; exec "$@"', "bash", sys.executable, "-m", "mortar"]
    ran = subprocess.run([*limited, "cards", option, file], capture_output=True, text=True)
    assert ran.returncode == EXIT_FAILED
    assert ran.stderr.count("\n") == 1, ran.stderr
    assert str(file) in ran.stderr
    assert file.read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [file]
