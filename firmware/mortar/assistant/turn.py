"""One turn: from being woken to the last spoken word. Holds facts, decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mortar.assistant.stages import Stage
from mortar.assistant.troubles import Trouble
from mortar.messages import Answered, Say


class Sight(StrEnum):
    """How far looking is."""

    NONE = "none"
    LOOKING = "looking"
    SEEN = "seen"


@dataclass
class Turn:
    number: int
    began_ms: float
    stage: Stage = Stage.WAKE
    """The furthest stage that has begun (looking aside)."""
    open: set[Stage] = field(default_factory=set)
    """Stages that have begun and not ended."""
    sight: Sight = Sight.NONE
    utterance: int | None = None
    heard: str | None = None
    intent: str | None = None
    unsaid: list[Say] = field(default_factory=list)
    """Sentences on their way through voice; kept so that a restarted voice gets them again."""
    sentences: list[str] = field(default_factory=list)
    """Everything that was given to voice, in order."""
    answered: Answered | None = None
    trouble: Trouble | None = None
    """What went wrong, where something did."""

    @property
    def answer(self) -> str:
        return " ".join(self.sentences)

    @property
    def complete(self) -> bool:
        """Everything that belongs to the answer has been said."""
        return Stage.SPEAK in self.open and Stage.ANSWER not in self.open and not self.unsaid
