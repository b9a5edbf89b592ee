"""How a model is talked to, as its own files say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chat:
    """What a model's file says of how it is talked to."""

    name: str
    """The model's, for people."""
    template: str
    bos: str
    eos: str
    adds_bos: bool
    """`bos` stands before everything, whether or not the template writes it."""


@dataclass(frozen=True)
class Marks:
    """The texts around a picture's tokens, which stand where the template has a name for the picture."""

    begin: str = ""
    end: str = ""
