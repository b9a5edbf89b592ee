"""A board on which people have things remembered: its listen writes real recordings, and may fail to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from mortar.drivers.recordings import RATE_Hz, Samples, flac
from mortar.errors import MortarError
from mortar.messages import Failure, Heard, KeepNote, NoteKept, Say
from mortar.notes import Note
from mortar.store import note_files, notes
from mortar.store.database import FILE, Database
from reminders.boards import Board, never


def tone(pitch_Hz: float = 440.0, length_s: float = 0.5) -> Samples:
    t_s = np.arange(int(RATE_Hz * length_s)) / RATE_Hz
    return np.round(8_000 * np.sin(2 * np.pi * pitch_Hz * t_s)).astype(np.int16)


class NoteBoard(Board):
    """Nine in the morning of Saturday, 21 November 2026."""

    def __init__(
        self,
        folder: Path,
        local: datetime = datetime(2026, 11, 21, 9, 0),
        complain: Callable[[MortarError], None] = never,
    ) -> None:
        super().__init__(folder / FILE, local, complain)
        self.folder = folder / note_files.FOLDER

    @property
    def recordings(self) -> list[str]:
        return sorted(held.name for held in self.folder.iterdir()) if self.folder.is_dir() else []

    @property
    def stored_notes(self) -> list[Note]:
        """As somebody else reads it in the file."""
        return notes.load(Database(self.path))

    @property
    def played(self) -> list[str]:
        """The recordings that voice was given, in order."""
        says = [held for held in self.port.to("voice", Say) if isinstance(held, Say)]
        return [say.recording for say in says if say.recording]

    def asks(self, text: str) -> None:
        """With the wake word; its answer then takes its time, unlike with `ask`."""
        self.talk.woken(self.now_ms)
        self.talk.speech_ended(50, self.now_ms)
        self.talk.heard(Heard(50, text, 0.9, self.now_ms), self.now_ms)

    def remembers(self, guess: str | None = None, dictated: str = "") -> str:
        """ "Remember this", then what is to be remembered: `dictated`, or by voice, of which the bundled ears
        make `guess`. Gives what is said then."""
        self.ask("remember this")
        return self.says(guess, dictated)

    def says(self, guess: str | None = None, dictated: str = "") -> str:
        """Behind the question, with no wake word."""
        number = 100 + len(self.port.sent)
        self.talk.speech_began(self.now_ms)
        self.talk.speech_ended(number, self.now_ms)
        heard = Heard(number, dictated or guess, 0.9, self.now_ms, is_dictated=bool(dictated))
        self.talk.heard(heard, self.now_ms)
        match self.port.sent[-1]:
            case ("listen", KeepNote(turn, utterance)) if utterance == number:
                self.writes(turn)
        answer = self.said[-1]
        self.passes(0)
        return answer

    def writes(self, turn: int) -> None:
        """As listen does, with a sound of its own for each."""
        sound = flac(tone(200.0 + 50 * len(self.recordings)))
        try:
            kept = NoteKept(turn, note_files.write(self.folder, sound, self.wall_s))
        except MortarError as error:
            self.talk.failed("listen", Failure(error.code, error.what, error.do, turn), self.now_ms)
        else:
            self.talk.note_recorded(kept, self.now_ms)

    def again(self, complaints: list[MortarError] | None = None) -> NoteBoard:
        """Killed, and there again at once. What people are told of its files goes to `complaints`."""
        complain = never if complaints is None else complaints.append
        return NoteBoard(self.path.parent, datetime.fromtimestamp(self.wall_s), complain)
