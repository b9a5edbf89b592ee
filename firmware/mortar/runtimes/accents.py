"""British pronunciations of words that the dictionary gives in American English.

CMUdict knows American English only. These are the differences that decide between words: R is
silent unless a vowel follows, the vowel of "lot" is rounded, that of "bath" may be long, "go" begins
in the middle of the mouth, the vowel of "nurse" has no R, and neither has a final ER. On 24 questions in
5 espeak-ng voices, American ones among them, their first form raised what is heard exactly from 84 to
95 of 120; "nurse" came later, and raised what is understood of 400 in 10 voices from 92.0 to 93.5 % at
20 dB and from 82.0 to 83.8 % at 10 dB. The L of "help" that is nearly a vowel came last: "help" is heard
in 26 of 30 instead of 10 (ten voices, 20 dB).
`mortar tools eval ears` prints where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator

VOWELS = frozenset(["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"])

SHIFTS = {"AA": "AO", "OW": "AH W", "AE": "AA", "ER": "UH"}
"""ARPAbet phone → how it may be said in British English; one shift at a time."""


def british(phones: str) -> set[str]:
    """Other pronunciations of a word, ARPAbet phones with spaces between, as its `phones` are."""
    bases = {phones, _silent_r(phones), _vocal_l(phones)}
    shifted = {_shifted(base, shift) for base in bases for shift in SHIFTS}
    softened = {base.removesuffix("ER") + "AH" for base in bases if base.endswith(" ER")}
    return (bases | shifted | softened) - {phones}


def _shifted(phones: str, shift: str) -> str:
    """Not in front of R: carrot never has the vowel of car."""
    held = phones.split()
    following = [*held[1:], ""]
    return " ".join(
        SHIFTS[phone] if phone == shift and right != "R" else phone
        for phone, right in zip(held, following, strict=True)
    )


def _silent_r(phones: str) -> str:
    """Without each R that follows a vowel and has none behind it: car, but not carrot."""
    return " ".join(
        phone
        for left, phone, right in _with_neighbours(phones)
        if not (phone == "R" and left in VOWELS and right not in VOWELS)
    )


def _vocal_l(phones: str) -> str:
    """With a vowel for each L between a vowel and a consonant, as in London: help, but not bell, or half a
    sentence is a whole one ("where is the", "where is the whale")."""
    return " ".join(
        "OW" if phone == "L" and left in VOWELS and right and right not in VOWELS else phone
        for left, phone, right in _with_neighbours(phones)
    )


def _with_neighbours(phones: str) -> Iterator[tuple[str, str, str]]:
    """Each phone between the one before it and the one behind it."""
    held = phones.split()
    yield from zip(["", *held], held, [*held[1:], ""], strict=False)
