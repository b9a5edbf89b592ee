"""Numbers and days as English words, because a synthesiser reads digits badly."""

from __future__ import annotations

from datetime import datetime

# fmt: off
_CARDINALS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
# fmt: on
_TENS = dict(
    enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2)
)
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
    "twenty": "twentieth",
    "thirty": "thirtieth",
}
"""Those that are not the cardinal and "th"."""

EARLIEST_YEAR = 2026
"""A clock before this has never been set: boards have no battery behind theirs, and no network."""

CLOCK_NOT_SET = "I do not know, my clock has not been set."


def is_set(now: datetime) -> bool:
    return now.year >= EARLIEST_YEAR


def cardinal(n: int) -> str:
    """0..100 in words: "twenty-one"."""
    if n < 20:
        return _CARDINALS[n]
    if n == 100:
        return "one hundred"
    tens, units = divmod(n, 10)
    return f"{_TENS[tens]}-{_CARDINALS[units]}" if units else _TENS[tens]


def ordinal(n: int) -> str:
    """1..39 in words: "twenty-first"."""
    tens, hyphen, last = cardinal(n).rpartition("-")
    return f"{tens}{hyphen}{_ORDINALS.get(last, f'{last}th')}"


def day(now: datetime) -> str:
    """For example "Saturday, the twenty-first of November"."""
    return f"{now:%A}, the {ordinal(now.day)} of {now:%B}"
