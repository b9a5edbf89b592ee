"""British pronunciations, made from American ones."""

from __future__ import annotations

import pytest

from mortar.runtimes.accents import british


@pytest.mark.parametrize(
    ("american", "another"),
    [
        ("K AA R", "K AA"),
        ("B ER D Z", "B UH D Z"),
        ("K AE R AH T S", None),
        ("B AE TH", "B AA TH"),
        ("D AA G", "D AO G"),
        ("B OW T S", "B AH W T S"),
        ("B AH T ER F L AY", "B AH T UH F L AY"),
        ("T R IY", None),
        ("SH OW D ER", "SH OW D AH"),
        ("HH EH L P", "HH EH OW P"),
        ("B EH L", None),
        ("L EH M AH N", None),
    ],
)
def test_what_differs_is_added(american: str, another: str | None) -> None:
    """R and L before a vowel stay; words that are said alike get nothing."""
    found = british(american)
    assert american not in found
    assert (another in found) if another else not found
