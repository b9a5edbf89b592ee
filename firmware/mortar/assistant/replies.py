"""What people say to an answer: a question that goes on from the one before, or a correction of it.

"And the dog" asks the question before of the dog; "no, ten minutes" asks it with other words in their
places, and what it did is undone. The sentences are sentences/replies.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from mortar.assistant.corrections import NOTHING, Done
from mortar.assistant.meaning import Intent, Kind

SHORTLY_ms = 120_000
"""So long after its turn ended people may go on from a question: later they have forgotten it."""


@dataclass(frozen=True)
class Reply:
    after: frozenset[str]
    """Intents that it may be said to."""
    keeps: frozenset[str] = frozenset()
    """Slots of the question before that stay as they were, where the reply does not fill them; all others
    go."""
    otherwise: str = ""
    """The intent that is asked where no sentence of the one before has just these slots."""
    corrects: bool = False
    """What the question before changed is undone."""


LOOKS = frozenset(
    {
        *("LookDescribe", "LookCount", "LookCountAll", "LookWhere", "LookIsThere"),
        *("LookSide", "LookColour", "LookCompare", "LookBetween"),
    }
)
TIMERS_NAMED = frozenset({"TimerLeft", "TimerCancel"})

REPLIES: dict[str, Reply] = {
    "ReplySide": Reply(LOOKS, otherwise="LookSide"),
    "ReplyCard": Reply(LOOKS, otherwise="LookWhere"),
    "AndTimer": Reply(TIMERS_NAMED),
    "AndLength": Reply(frozenset({"TimerSet"})),
    "NotTimer": Reply(TIMERS_NAMED, corrects=True),
    "NotLength": Reply(frozenset({"TimerSet", "AlarmIn"}), keeps=frozenset({"name"}), corrects=True),
    "NotTime": Reply(frozenset({"AlarmSet"}), keeps=frozenset({"part", "day"}), corrects=True),
}

MAY_BE_REPLIED_TO = frozenset[str]().union(*(reply.after for reply in REPLIES.values()))


@dataclass(frozen=True)
class Before:
    """What was asked last, and what that did."""

    intent: Intent
    done: Done


class Asked(NamedTuple):
    """What a reply asks."""

    text: str
    intent: Intent
    undoes: Done


def asked(
    text: str, said: Intent, before: Before | None, wording: Callable[[Intent], str | None]
) -> Asked | None:
    """What `said`, in the words `text`, asks after the question before; None where it does not fit.

    `wording` gives a sentence that means an intent: a question about the picture is asked in that one.
    """
    if before is None:
        return None
    undoes = before.done if REPLIES[said.name].corrects else NOTHING
    for intent in _meanings(said, before.intent):
        sentence = text if intent.kind is Kind.SKILL else wording(intent)
        if sentence is not None:
            return Asked(sentence, intent, undoes)
    return None


def _meanings(said: Intent, before: Intent) -> Iterator[Intent]:
    """The likeliest first."""
    reply = REPLIES[said.name]
    if before.name not in reply.after:
        return
    kept = {name: value for name, value in before.slots.items() if name in reply.keeps}
    yield replace(before, slots={**kept, **said.slots})
    if reply.otherwise:
        yield Intent(reply.otherwise, Kind.LOOK, said.slots)
