"""Recordings of somebody who says the wake word and asks."""

from __future__ import annotations

from pathlib import Path

import soundfile

from voices import RATE_Hz, in_room, pause, speak

WAKE = "okay nabu"


def ask(path: Path, question: str, voice: str = "en-us", pause_ms: float = 400, lead_ms: float = 700) -> Path:
    """Room, wake word, a pause, the question, room; saved to `path` as 16-bit WAV."""
    sound = in_room(pause(lead_ms), speak(WAKE, voice), pause(pause_ms), speak(question, voice), pause(1_200))
    soundfile.write(path, sound, RATE_Hz, subtype="PCM_16")
    return path
