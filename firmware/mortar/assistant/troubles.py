"""What can go wrong in a turn: a stable code, and the line for the log. Its language has what is spoken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mortar.errors import MortarError
from mortar.languages import Language
from mortar.messages import Failure


@dataclass(frozen=True)
class Trouble:
    code: str
    what: str
    """What failed, for the log and the command line."""
    do: str
    part: str = ""
    """What failed, a process or the store: what is said of it where nothing is of the code."""

    @property
    def failure(self) -> Failure:
        return Failure(self.code, self.what, self.do)

    def spoken(self, language: Language) -> str:
        """One short sentence, or two."""
        key = f"troubles.{self.code}"
        return language.say(key) if language.has(key) else language.say(f"parts.{self.part}")


NO_SPEECH = Trouble(
    "no-speech",
    "nobody spoke after the wake word",
    "ask within a few seconds of the wake word (ears.start_patience_ms)",
)
NOT_UNDERSTOOD = Trouble(
    "not-understood",
    "the question was not understood",
    "the bundled ears know only the sentences in docs/sentences.md",
)
TOO_LONG = Trouble(
    "turn-too-long",
    "the turn took longer than it may",
    "see what was slow in the timeline, or raise assistant.turn_deadline_ms",
)
NOTHING_BEFORE = Trouble(
    "no-question-before",
    "what was said goes on from a question, and fits none that was asked a moment ago",
    "ask the whole question",
)
LOST_THREAD = Trouble(
    "assistant-died",
    "the assistant process ended in the middle of a run",
    "it was started again; ask again, and report the log",
)
NO_ANSWER = Trouble(
    "no-answer",
    "the language model gave no answer",
    "ask in other words, or install a larger model",
)

PARTS = ("ears", "listen", "eye", "language")
"""Processes without which a turn may fail."""

TOLD_UNASKED = frozenset({"store-damaged", "store-newer", "wake-word-unusable"})
"""Codes of which people hear at once, and not only when a question meets them."""

DEATHS: dict[str, Trouble] = {
    peer: Trouble(
        f"{peer}-died",
        f"{peer} ended in the middle of a turn",
        "it is started again; ask again, and see `mortar status`",
        peer,
    )
    for peer in PARTS
}

WHY_GIVEN_UP = "see why in `mortar status`, and start Mortar again"

GIVEN_UP: dict[str, Trouble] = {
    "ears": Trouble("ears-given-up", "the ears have been given up", WHY_GIVEN_UP),
    "listen": Trouble("listen-given-up", "speech to text has been given up", WHY_GIVEN_UP),
    "eye": Trouble("eye-given-up", "the eye has been given up", WHY_GIVEN_UP),
    "language": Trouble("language-given-up", "the language model has been given up", WHY_GIVEN_UP),
}
"""What takes the place of a death, where nothing is started again."""


def of_failure(peer: str, failure: Failure) -> Trouble:
    """What `peer` reported."""
    return Trouble(failure.code, failure.what, failure.do, peer)


def unheard(failure: Failure | None) -> Trouble:
    """Listen has no words for the question: it could not do its work, or heard none that it knows."""
    return NOT_UNDERSTOOD if failure is None else of_failure("listen", failure)


def not_kept(error: MortarError) -> Trouble:
    """What people wanted to be kept is not on the disk."""
    return Trouble(error.code, error.what, error.do, "store")


def unasked(failure: Failure) -> Trouble:
    """A failure of `TOLD_UNASKED`."""
    return Trouble(failure.code, failure.what, failure.do)


def for_good(trouble: Trouble, given_up: Collection[str]) -> Trouble:
    """What is so where one of these processes is missing."""
    dead = (peer for peer in given_up if DEATHS.get(peer) == trouble)
    return next((GIVEN_UP[peer] for peer in dead), trouble)


def of_death(peer: str) -> Trouble:
    """`peer` died, or is not there."""
    return DEATHS[peer]
