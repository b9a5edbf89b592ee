"""One turn: from being woken to the last spoken word. Holds facts, decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mortar.assistant.corrections import NOTHING, Done
from mortar.assistant.meaning import Intent
from mortar.assistant.replies import Before
from mortar.assistant.stages import Stage
from mortar.assistant.troubles import Trouble
from mortar.messages import Answered, Said, Say
from mortar.privacy import Device


class Dropped(StrEnum):
    """Why a turn came to nothing, and nothing was said about it."""

    NOT_UNDERSTOOD = "not understood"
    OWN_WORDS = "own words"
    GIVEN_WAY = "given way"
    MUTED = "muted"


class Sight(StrEnum):
    """How far looking is."""

    NONE = "none"
    LOOKING = "looking"
    SEEN = "seen"


@dataclass
class Turn:
    number: int
    began_ms: float
    tentative: bool = False
    """Somebody speaks after an answer, with no wake word: until that is understood, nobody notices the
    turn."""
    stage: Stage = Stage.WAKE
    """The furthest stage that has begun (looking aside)."""
    open: set[Stage] = field(default_factory=set)
    """Stages that have begun and not ended."""
    sight: Sight = Sight.NONE
    utterance: int | None = None
    in_own_speech: bool = False
    """The question was heard while the assistant spoke."""
    heard: str | None = None
    asked: bool = False
    """The question went to the language model."""
    tick_ms: float | None = None
    """When the next tick is due, while the answer is awaited."""
    before: Before | None = None
    """The question that this one may be a reply to."""
    meant: Intent | None = None
    """What was asked; of a reply, what it asks."""
    undoes: Done = NOTHING
    """It corrects what was asked before: so much of what that did is undone."""
    done: Done = NOTHING
    takes_photo: bool = False
    """What is looked at is kept."""
    photo: str | None = None
    """The file of the photo that was taken."""
    unsaid: list[Say] = field(default_factory=list)
    """Sentences on their way through voice; kept so that a restarted voice gets them again."""
    sentences: list[str] = field(default_factory=list)
    """Everything that was given to voice, in order; a recording has no words here."""
    parts_said: dict[int, str] = field(default_factory=dict)
    """What was heard of the sentences that voice is done with, by their index."""
    answered: Answered | None = None
    doubt: int | None = None
    """Index of the sentence that says that nobody is sure of the answer."""
    trouble: Trouble | None = None
    """What went wrong, where something did."""
    dropped: Dropped | None = None
    n_holds: int = 0
    """How often it fell silent because somebody spoke over it."""
    switches: Device | None = None
    """What it has asked the supervisor to switch, until that is done."""
    rings: bool = False
    """Nobody asked: a timer or an alarm is due, or what was watched for is seen."""
    asks_for_note: bool = False
    """Its answer asks what is to be remembered."""
    takes_note: bool = False
    """What is said is to be remembered, whatever it means."""
    told: dict[int, int] = field(default_factory=dict)
    """Index of a sentence → number of the note that it tells."""
    confidential: bool = False
    """It has the words of a note, which can be forgotten here alone: no trace keeps them."""
    ended_ms: float | None = None

    @property
    def intent(self) -> str | None:
        """The name of what was meant."""
        return self.meant.name if self.meant is not None else None

    @property
    def answer(self) -> str:
        return " ".join(text for text in self.sentences if text)

    @property
    def spoken(self) -> str:
        """What was heard of the answer."""
        return " ".join(part for _, part in sorted(self.parts_said.items()) if part)

    @property
    def spoken_answer(self) -> str:
        """The same without the doubt: what a model may be reminded of as an answer."""
        return " ".join(part for n, part in sorted(self.parts_said.items()) if part and n != self.doubt)

    def said(self, said: Said) -> None:
        """Voice is done with a sentence, or with an earcon."""
        for say in self.unsaid:
            if say.index == said.index:
                self.parts_said[say.index] = _part(say.text, said)
        self.unsaid = [say for say in self.unsaid if say.index != said.index]

    @property
    def complete(self) -> bool:
        """Everything that belongs to the answer has been said."""
        return Stage.SPEAK in self.open and Stage.ANSWER not in self.open and not self.unsaid


def _part(text: str, said: Said) -> str:
    """The words of a sentence that were heard, as far as its share of the sound tells."""
    if not said.hushed:
        return text
    words = text.split()
    return " ".join(words[: int(said.played * len(words))])
