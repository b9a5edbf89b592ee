"""Settings: typed, documented, and every one of them read by the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mortar import resources, settings
from mortar.errors import UsageError
from mortar_tools import docs

OWN = Path(settings.__file__).parent
PROGRAM = OWN.parent
PAGES = Path(__file__).parents[2] / "docs"

FIELDS = [(name, field.name) for name, kind in docs.sections(settings.Settings) for field in docs.keys(kind)]


@pytest.mark.parametrize(("section", "key"), FIELDS, ids=".".join)
def test_every_setting_is_read(section: str, key: str) -> None:
    """A key that nobody reads promises what it does not do."""
    sources = [path.read_text() for path in PROGRAM.rglob("*.py") if OWN not in path.parents]
    assert any(re.search(rf"\.{key}\b", source) for source in sources)


@pytest.mark.parametrize("page", ["settings.md", "sentences.md", "sentences.de.md", "errors.md", "models.md"])
def test_generated_pages_are_up_to_date(page: str) -> None:
    """`mortar tools make docs` was run after the last change."""
    assert (PAGES / page).read_text(encoding="utf-8") == docs.pages()[page]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[ears]\nwake_wrod = 'x'", "wake_wrod"),
        ("[ears]\nend_patience_ms = -5", "ears.end_patience_ms"),
        ("[nose]\nsmell = 1", "nose"),
        ("[ears]\nwake_words = 7", "ears.wake_words"),
        ("[ears.wake_words]\nokay_nabu = 2", "ears.wake_words"),
        ("[ears]\nwake_words = {}", "ears.wake_words"),
        ("[ears\n", "line 1"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    """Unknown keys, wrong types, broken limits, broken TOML."""
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        settings.load("host", file)
    assert str(file) in str(raised.value)
    assert named in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_users_file_lies_over_the_profile(tmp_path: Path) -> None:
    """One key changes, its neighbours keep their values."""
    file = tmp_path / "mine.toml"
    file.write_text("[ears]\nend_patience_ms = 900")
    loaded = settings.load("host", file)
    assert loaded.ears.end_patience_ms == 900
    assert loaded.ears.wake_words == settings.load("host").ears.wake_words


def test_a_table_of_wake_words_replaces_the_default(tmp_path: Path) -> None:
    """Whoever names words wants no others."""
    file = tmp_path / "mine.toml"
    file.write_text("[ears.wake_words]\nalexa = 0.7")
    assert settings.load("host", file).ears.wake_words == {"alexa": 0.7}


def test_an_unknown_board_lists_those_there_are() -> None:
    """The profile folder is the list of boards."""
    with pytest.raises(UsageError, match="host"):
        settings.load("toaster")


@pytest.mark.parametrize(
    "path", sorted(resources.profiles_folder().glob("*.toml")), ids=lambda path: path.stem
)
def test_every_profile_loads(path: Path) -> None:
    """A profile that ships is a valid one."""
    assert settings.load(path.stem).board.title
