"""Short sounds that say what happens, each a few notes: no files, any sample rate."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from mortar.runtimes.interfaces import Samples

PEAK = 0.25
"""Of full scale: below the voice."""

RISE_ms = 8
"""A note that begins or ends at once clicks."""

FADE_ms = 60
"""Time in which a note falls to a third, as a struck bar does."""


class Note(NamedTuple):
    pitch_Hz: float
    length_ms: int
    level: float = 1.0
    """Of PEAK."""


REST = Note(0.0, 90, 0.0)

EARCONS: dict[str, tuple[Note, ...]] = {
    # Up: go on, I listen. Down: I have it. A tick: I am still at it. Low and twice: that went wrong.
    # Wake backwards, softly: I listen no more. Three times the same, twice, and loud: it is time.
    "wake": (Note(659.3, 80), Note(987.8, 120)),
    "done": (Note(784.0, 70), Note(587.3, 110)),
    "thinking": (Note(440.0, 60, 0.4),),
    "error": (Note(293.7, 110), Note(220.0, 180)),
    "goodbye": (Note(987.8, 90, 0.5), Note(659.3, 160, 0.5)),
    # Muted: three notes down, and the same up. The camera's two are higher, and as short as a shutter.
    "mute": (Note(880.0, 70), Note(659.3, 70), Note(440.0, 120)),
    "unmute": (Note(440.0, 70), Note(659.3, 70), Note(880.0, 120)),
    "camera_off": (Note(1_568.0, 50), Note(1_046.5, 90)),
    "camera_on": (Note(1_046.5, 50), Note(1_568.0, 90)),
    "alarm": (*(Note(1_046.5, 120, 2.0), REST) * 3, REST, REST, *(Note(1_046.5, 120, 2.0), REST) * 3),
}


@cache
def earcon(name: str, rate_Hz: int) -> Samples:
    """Sound of one of EARCONS, int16 mono."""
    return np.concatenate([_sound(note, rate_Hz) for note in EARCONS[name]])


def _sound(note: Note, rate_Hz: int) -> Samples:
    t_ms = np.arange(note.length_ms * rate_Hz // 1_000) * (1_000 / rate_Hz)
    phase = 2 * np.pi * note.pitch_Hz * t_ms / 1_000
    tone = np.sin(phase) + 0.3 * np.sin(2 * phase) * np.exp(-t_ms / FADE_ms)
    envelope = np.exp(-t_ms / (2 * FADE_ms))
    envelope *= np.clip(np.minimum(t_ms, note.length_ms - t_ms) / RISE_ms, 0, 1)
    sound: Samples = np.round(note.level * PEAK * 32_767 / 1.3 * tone * envelope).astype(np.int16)
    return sound
