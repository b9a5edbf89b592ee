"""Every error code that the program can make is known: what Mortar does meanwhile, and what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mortar import languages
from mortar.meanwhile import MEANWHILE, Meanwhile
from mortar_tools import error_page

MADE = list(error_page.made())


def test_every_code_has_its_row_and_every_row_its_code() -> None:
    """A code that is made nowhere any more leaves the table."""
    assert {made.code for made in MADE} == set(MEANWHILE)


def test_codes_are_stable_names() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", made.code) for made in MADE)


def test_what_fails_a_question_is_said_in_one_short_sentence_or_two() -> None:
    for code, meanwhile in MEANWHILE.items():
        spoken = error_page.said_aloud(code)
        if meanwhile is Meanwhile.NEXT_QUESTION or code.endswith("-died"):
            assert spoken.endswith("."), f"nothing is said of {code}"
        assert len(spoken.split()) <= 14
        assert not re.search(r"[0-9{}/]", spoken), "digits, signs and paths are read badly"


def test_what_is_said_is_of_codes_that_there_are() -> None:
    assert set(languages.of().answers["troubles"]) <= set(MEANWHILE)


def test_every_error_says_what_to_do() -> None:
    assert all(made.what and made.do for made in MADE)


@pytest.mark.parametrize(
    "line", ['raise MortarError(code_of(x), "it failed", "try again")', 'Failure(f"{x}-y", "a", "b")']
)
def test_a_code_that_cannot_be_looked_up_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "new.py").write_text(line)
    with pytest.raises(ValueError, match=r"mortar\.new:1"):
        list(error_page.made(tmp_path))
