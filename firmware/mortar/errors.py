"""The one error that people see: a stable code, what failed, and what to do about it."""

from __future__ import annotations


class MortarError(Exception):
    """Something failed that a person can do something about.

    `code` is stable and machine-readable ("camera-missing"), `what` says what failed,
    `do` says what to do. `str()` gives the one line that is shown and logged.
    """

    def __init__(self, code: str, what: str, do: str) -> None:
        super().__init__(code, what, do)  # pickled, it is made of these again
        self.code = code
        self.what = what
        self.do = do

    def __str__(self) -> str:
        return f"{self.what}; {self.do}"


class UsageError(MortarError):
    """The command line or a settings file is wrong: exit status 2 instead of 1."""
