"""What is around a running assistant, and can be changed: a room, a view, a clock, a store, a disk."""

from __future__ import annotations

import os
import resource
import select
import sqlite3
import struct
import subprocess
import time
from calendar import timegm
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.store.database import FILE
from mortar_tools.program import PATIENCE_S
from scenes import table
from voices import in_room, pause, speak

LEAD_ms, BREATH_ms, TAIL_ms = 700, 400, 1_500
"""Quiet before what is said, for a "|" in it, and behind it: longer than the ears wait for more."""

HUGE_px = (30_000, 30_000)


class Room:
    """What the microphone hears: a named pipe. Time in it stands still while nothing is said."""

    def __init__(self, pipe: Path) -> None:
        self.pipe = pipe
        self._end: int | None = None

    def plug(self) -> None:
        """A new microphone; nothing is left in it of what was said before."""
        self.pipe.unlink(missing_ok=True)
        os.mkfifo(self.pipe, 0o600)
        self.open()

    def open(self) -> None:
        # For reading too, so that it opens while nobody listens, and what is said waits for them.
        self._end = os.open(self.pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def unplug(self) -> None:
        if self._end is not None:
            os.close(self._end)
            self._end = None

    def say(self, text: str, voice: str) -> None:
        """A "|" is a pause."""
        said = [speak(part, voice) for part in text.split(" | ")]
        breaths = [pause(BREATH_ms)] * (len(said) - 1)
        parts = [part for pair in zip(said, [*breaths, pause(TAIL_ms)], strict=True) for part in pair]
        self._write(in_room(pause(LEAD_ms), *parts))

    def quiet(self, seconds: float) -> None:
        self._write(in_room(pause(seconds * 1_000), snr_dB=60))

    def _write(self, sound: np.ndarray) -> None:
        assert self._end is not None, "the microphone is unplugged"
        left = memoryview(sound.astype("<i2").tobytes())
        poll = select.poll()
        poll.register(self._end, select.POLLOUT)
        while left:
            assert poll.poll(PATIENCE_S * 1_000), f"nobody listened for {PATIENCE_S:.0f} s"
            left = left[os.write(self._end, left) :]


class View:
    """What the camera sees: a picture file, which is read at every look."""

    def __init__(self, picture: Path, cache: Path) -> None:
        self.picture = picture
        self._cache = cache

    def show(self, what: str | list[str]) -> None:
        """Cards side by side, or one of SPOILT."""
        if isinstance(what, str):
            SPOILT[what](self.picture)
            return
        drawn = self._cache / f"{'-'.join(what)}.png"
        if not drawn.exists():
            table(what, drawn)
        self._put(drawn.read_bytes())

    def _put(self, content: bytes) -> None:
        new = self.picture.with_suffix(".new")
        new.write_bytes(content)
        new.replace(self.picture)


def _cut_short(picture: Path) -> None:
    whole = table(["cat"], picture.with_name("whole.png")).read_bytes()
    picture.write_bytes(whole[: len(whole) // 2])


def _huge(picture: Path) -> None:
    Image.new("1", HUGE_px).save(picture)


def _no_picture(picture: Path) -> None:
    picture.write_bytes(b"%PDF-1.7 certainly not a picture")


def _nothing(picture: Path) -> None:
    picture.unlink(missing_ok=True)


SPOILT: Mapping[str, Callable[[Path], None]] = {
    "half a file": _cut_short,
    "too large": _huge,
    "not a picture": _no_picture,
    "nothing": _nothing,
}
"""Views that are no picture."""


class WallClock:
    """Mortar's alone. `library` is wall_clock.c, built."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self.variables = {"WALL_CLOCK": str(file), "LD_PRELOAD": str(library), "TZ": "UTC"}
        self.right()

    def set(self, shown: str) -> None:
        """To "2026-12-24 10:00:00", or forward or back by "+50 min"."""
        if shown.startswith(("+", "-")):
            number, unit = shown.split()
            self._put(self._ahead_s + int(number) * {"s": 1, "min": 60, "h": 3_600, "days": 86_400}[unit])
        else:
            self._put(timegm(time.strptime(shown, "%Y-%m-%d %H:%M:%S")) - int(time.time()))

    def right(self) -> None:
        self._put(0)

    def _put(self, ahead_s: int) -> None:
        self._ahead_s = ahead_s
        # In place: the running processes have this file mapped.
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(descriptor, struct.pack("=q", ahead_s), 0)
        os.close(descriptor)


def built_clock(folder: Path) -> Path:
    library = folder / "wall_clock.so"
    source = Path(__file__).with_name("wall_clock.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source], check=True, timeout=PATIENCE_S)
    return library


class Store:
    """The file in which everything is kept that must survive."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def rows(self, table_name: str) -> list[dict[str, object]]:
        """Of a table, in the order of their numbers."""
        with sqlite3.connect(f"file:{self._file}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            held = connection.execute(f"SELECT * FROM {table_name} ORDER BY rowid").fetchall()
        connection.close()
        return [dict(row) for row in held]

    def damage(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(b"this was a database once" * 400)

    def make_newer(self) -> None:
        """As a later Mortar would leave it."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._change("PRAGMA user_version = 999")

    def forget_boot(self) -> None:
        """What it holds is from before the board was switched on."""
        self._change("UPDATE reminders SET boot = 'an earlier one' WHERE boot IS NOT NULL")

    def _change(self, statement: str) -> None:
        with sqlite3.connect(self._file) as connection:
            connection.execute(statement)
        connection.close()


def fill_disk(pid: int, is_full: bool) -> None:
    """For one process: no file of its can grow (RLIMIT_FSIZE), as on a disk that has no room."""
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if is_full else most, most))
