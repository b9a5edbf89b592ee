"""Between assistant and language: questions, and answers sentence by sentence."""

from __future__ import annotations

import msgspec

from mortar.messages.base import Message


class Exchange(msgspec.Struct, frozen=True):
    """One earlier turn as text."""

    question: str
    answer: str


class Context(Message, frozen=True):
    """The text of earlier turns; the language brick reads it in while idle."""

    earlier: list[Exchange]


class Ask(Message, frozen=True):
    """Answer `question`; `look` says that the newest image of `turn` belongs to it."""

    turn: int
    question: str
    look: bool
    is_free: bool = False
    """No sentence template has it: a model that was taught those alone may refuse it."""
    again: str = ""
    """The same question in other words, where both answers are to be compared."""


class Cancel(Message, frozen=True):
    """Stop working for `turn`."""

    turn: int


class Sentence(Message, frozen=True):
    """A whole sentence of the answer, while the rest is generated."""

    turn: int
    index: int
    text: str
    t_ms: float


class Answered(Message, frozen=True):
    """The answer is complete (or was cancelled: then `text` is what there was)."""

    turn: int
    text: str
    n_tok: int
    confidence: float
    """Probability of the whole answer, the end mark's among them, 0..1."""
    first_token_ms: float
    """From the Ask to the first token."""
    cancelled: bool
    t_ms: float
    is_sure: bool = True
    """False where no model that was asked is sure of it: `text` is the best that there is."""
    model: str = ""
    """Which model of the cascade answered."""


class Escalated(Message, frozen=True):
    """A model's answer does not count; the next larger one is asked."""

    turn: int
    model: str
    why: str
    """The self-tests that it failed, or the code of what went wrong."""
    t_ms: float
