"""A recording from the notes' folder, as the speaker wants it."""

from __future__ import annotations

from mortar.drivers.conversion import Converter
from mortar.drivers.recordings import RATE_Hz, load
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Samples
from mortar.runtimes.loudness import at_speech_level
from mortar.store.note_files import notes_folder


def recording_at(name: str, rate_Hz: int) -> Samples:
    """int16 mono at `rate_Hz`, as loud as the voice. Raises MortarError."""
    try:
        sound = load(notes_folder() / name)
    except MortarError as error:
        raise MortarError("note-unreadable", error.what, "forget that note, or put its file back") from None
    return Converter(RATE_Hz, rate_Hz).convert(at_speech_level(sound, RATE_Hz)[:, None], last=True)
