"""Writes down what somebody wants remembered, in their own voice: listen's third task."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mortar import clock
from mortar.drivers.recordings import flac
from mortar.errors import MortarError
from mortar.messages import Failure, KeepNote, NoteKept
from mortar.runtimes.interfaces import Samples
from mortar.store import note_files
from mortar.worker import Worker

WRITE_DEADLINE_ms = 10_000
"""Half a megabyte, on an SD card that is tidying itself up."""

ASSISTANT = "assistant"


class Scribe:
    """Holds the sound of the utterance that was heard last, until the next one begins."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._held: tuple[int, Sequence[Samples]] = (0, ())

    def take(self, utterance: int, sound: Sequence[Samples]) -> None:
        """`sound`, int16 [n] each, is all of it."""
        self._held = (utterance, sound)

    def forget(self) -> None:
        self._held = (0, ())

    async def keep(self, wanted: KeepNote) -> None:
        """The assistant is told what became of it."""
        number, sound = self._held
        self.forget()
        try:
            if number != wanted.utterance or not sound:
                raise MortarError(
                    "note-lost", "what was to be remembered is not there any more", "say it once more"
                )
            name = await self._worker.job("write a note down", WRITE_DEADLINE_ms, _write, sound)
        except MortarError as error:
            self._worker.failed(error)
            self._worker.send(ASSISTANT, Failure(error.code, error.what, error.do, wanted.turn))
            return
        self._worker.send(ASSISTANT, NoteKept(wanted.turn, name))


def _write(sound: Sequence[Samples]) -> str:
    folder = note_files.notes_folder()
    return note_files.write(folder, joined_flac(sound), clock.moment().wall_s)


def joined_flac(sound: Sequence[Samples]) -> bytes:
    """All of an utterance as a FLAC file."""
    return flac(np.concatenate(sound))
