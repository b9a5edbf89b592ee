"""A finding: what was looked at, how it is, and what to do about it in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mortar.doctor.machine import Machine
from mortar.errors import MortarError
from mortar.settings import Settings


class Verdict(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Works, but people should know."""
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    name: str
    verdict: Verdict
    what: str
    do: str = ""
    code: str = ""
    """Of the error by which it was found, if any."""
    is_personal: bool = False
    """`what` and `do` may hold a name that a person gave (of a device, a file, a word): a report leaves
    them out."""


@dataclass(frozen=True)
class Examined:
    """What the checks look at."""

    board: str
    """Name of its profile."""
    settings: Settings
    machine: Machine


Check = Callable[[Examined], Iterator[Finding]]


def failed(name: str, error: MortarError, verdict: Verdict = Verdict.BAD) -> Finding:
    """Errors name files and devices."""
    return Finding(name, verdict, error.what, error.do, error.code, is_personal=True)
