"""British pronunciations of words that the dictionary gives in American English.

CMUdict knows American English only. These are the differences that decide between words: R is
silent unless a vowel follows, the vowel of "lot" is rounded, that of "bath" may be long, "go" begins
in the middle of the mouth, the vowel of "nurse" has no R, and neither has a final ER. On 24 questions in
5 espeak-ng voices, American ones among them, their first form raised what is heard exactly from 84 to
95 of 120; "nurse" came later, and raised what is understood of 400 in 10 voices from 92.0 to 93.5 % at
20 dB and from 82.0 to 83.8 % at 10 dB. `mortar tools eval ears` prints where they stand.
"""

from __future__ import annotations

VOWELS = frozenset(["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"])

SHIFTS = {"AA": "AO", "OW": "AH W", "AE": "AA", "ER": "UH"}
"""ARPAbet phone → how it may be said in British English; one shift at a time."""


def british(phones: str) -> set[str]:
    """Other pronunciations of a word, ARPAbet phones with spaces between, as its `phones` are."""
    bases = {phones, _silent_r(phones)}
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
    held = phones.split()
    following = [*held[1:], ""]
    before = ["", *held[:-1]]
    return " ".join(
        phone
        for phone, left, right in zip(held, before, following, strict=True)
        if not (phone == "R" and left in VOWELS and right not in VOWELS)
    )
