"""What a skill is given and what it gives back. Skills are pure: the time is among what is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mortar import languages
from mortar.assistant.wish import Wish
from mortar.clock import Moment
from mortar.languages import Language
from mortar.messages import Switch
from mortar.notes import Note
from mortar.photos import Photo
from mortar.privacy import NONE, Closed
from mortar.reminders import Change, Reminder, local_time
from mortar.slowdowns import Figures


@dataclass(frozen=True)
class SkillRequest:
    intent: str
    """Name of the intent that was recognised."""
    slots: Mapping[str, str]
    """What the sentence named: {"thing": "cat"}."""
    moment: Moment
    last_answer: str | None
    """What the assistant said last."""
    examples: Sequence[str]
    """One sentence for each thing that people can ask."""
    reminders: Sequence[Reminder] = ()
    """All timers and alarms."""
    ringing: Sequence[Reminder] = ()
    """Those that ring, or were silenced a moment ago."""
    snooze_min: int = 9
    figures: Figures | None = None
    """How the board is, for a skill that `examines`."""
    photos: Sequence[Photo] = ()
    """All there are, in the order in which they were taken."""
    notes: Sequence[Note] = ()
    """Oldest first."""
    note_at_hand: Note | None = None
    """The one that was taken or told a moment ago."""
    named: str = ""
    """What the sentence named to be looked for, as its language says it: "a dog"."""
    question: str = ""
    """That asks whether it is there."""
    wish: Wish | None = None
    """What is watched for."""
    closed: Closed = NONE
    """What is switched off for privacy."""
    language: Language = field(default_factory=languages.of)
    """What the answer is in."""

    @property
    def now(self) -> datetime:
        """Local time."""
        return local_time(self.moment)

    def answer(self, key: str, *, n: int | None = None, **slots: str) -> SkillAnswer:
        """That says an answer of the language, and does nothing else."""
        return SkillAnswer(self.language.say(key, n=n, **slots))


@dataclass(frozen=True)
class Volume:
    """How loud to be: at `percent` of the mixer's scale, or that much more than now."""

    percent: int
    is_step: bool


@dataclass(frozen=True)
class NoteChange:
    keep: str = ""
    """Words to be remembered."""
    forget: Sequence[Note] = ()


@dataclass(frozen=True)
class ToldNote:
    text: str
    """To be said; behind it comes the recording, where the note is one."""
    note: Note


@dataclass(frozen=True)
class SkillAnswer:
    text: str
    """What to say, as words: digits and signs are read badly. Empty says nothing."""
    volume: Volume | None = None
    """To be set; what is said then is how loud it became."""
    switch: Switch | None = None
    """For privacy; what is said then is how it is."""
    examines: bool = False
    """The board is to be looked at first: then the skill is asked once more, with its figures."""
    change: Change | None = None
    """To be stored first: `text` is said once it is on the disk, and not where that fails."""
    takes_photo: bool = False
    """Of what is in front of the camera now; what is said then is that it is kept, and what is on it."""
    forget: Sequence[Photo] = ()
    """To be deleted first, as with `change`."""
    notes: NoteChange | None = None
    """As `change`."""
    tell: Sequence[ToldNote] = ()
    """To be told behind `text`."""
    watch: Wish | None = None
    """To be told of from now on, once it is seen."""
    ends_watch: bool = False
    """Nothing is watched for any more."""
    asks_for_note: bool = False
    """What is said behind `text` is to be remembered."""
