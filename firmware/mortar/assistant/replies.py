"""What people say to an answer: a question that goes on from the one before, or a correction of it.

"And the dog" asks the question before of the dog; "no, ten minutes" asks it with other words in their
places, and what it did is undone. The sentences are sentences/replies.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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


def questions(said: Intent, before: Intent) -> Iterator[Intent]:
    """What `said` may ask after `before`, the likeliest first; nothing where it does not fit."""
    reply = REPLIES[said.name]
    if before.name not in reply.after:
        return
    kept = {name: value for name, value in before.slots.items() if name in reply.keeps}
    yield replace(before, slots={**kept, **said.slots})
    if reply.otherwise:
        yield Intent(reply.otherwise, Kind.LOOK, said.slots)
