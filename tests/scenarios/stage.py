"""The real program on a stage: it is switched on, things happen to it, and all that it tells is kept."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from mortar_tools.program import PATIENCE_S, Line, Running, environment
from scenarios.world import Room, Store, View, WallClock

AUDIBLE = 1_000
"""Peak of int16 samples: far above the noise of nothing."""

WRONG = ("error", "restart")
"""Events that a scenario must expect, where they come."""

LAST_EVENTS = 24


class Missed(Exception):
    """What was expected did not come; says what came instead."""


@dataclass(frozen=True)
class Cast:
    """How the program is started: scenarios that agree in this share one."""

    fast: bool
    settings: str
    """mortar.toml"""
    camera: bool


class Stage:
    """`folder` is its alone; `clock` and the sound server in `variables` are shared with others."""

    def __init__(
        self, folder: Path, cast: Cast, clock: WallClock, variables: Mapping[str, str], cache: Path
    ) -> None:
        folder.mkdir()
        self._folder = folder
        self._cast = cast
        self.clock = clock
        self._variables = {**variables, **clock.variables}
        self.room = Room(folder / "microphone.raw")
        self.view = View(folder / "picture.png", cache)
        self.data = Path(environment(folder / "run")["XDG_DATA_HOME"]) / "mortar"
        self.store = Store(self.data)
        self._speaker = folder / "speaker.raw"
        self._n_heard = 0
        """Samples in the speaker's file when an answer was found there last."""
        self._run: Running | None = None
        self.told: list[Line] = []
        """Every event since the scenario began, over restarts too."""
        self._used: set[int] = set()
        """Of those, the ones that a step has found."""
        self._frozen: list[int] = []

    @property
    def is_on(self) -> bool:
        return self._run is not None

    @property
    def run(self) -> Running:
        assert self._run is not None, "it is switched off"
        return self._run

    # --- on and off ---

    def switch_on(self) -> None:
        config = self._folder / "mortar.toml"
        config.write_text(self._cast.settings, encoding="utf-8")
        self.room.plug()
        self._speaker.write_bytes(b"")
        self._n_heard = 0
        arguments: list[str | Path] = [
            *("run", "--json", "--config", config),
            *("--mic", self.room.pipe, "--speaker", self._speaker),
            *(("--camera", self.view.picture) if self._cast.camera else ()),
            *(("--fast",) if self._cast.fast else ()),
        ]
        self._run = Running(self._folder / "run", arguments, self._variables)
        self.find("ready")

    def switch_off(self) -> None:
        """In order, as systemd does."""
        run = self.run
        self._thaw_all()
        self._end(run)
        if run.process.returncode != 0:
            raise Missed(f"expected: exit status 0 when told to end\n  came: {run.process.returncode}")

    def cut_power(self) -> None:
        """SIGKILL for every process at once."""
        run = self.run
        if run.process.poll() is None:
            first = psutil.Process(run.process.pid)
            family = [first, *first.children(recursive=True)]
            for process in family:
                with suppress(psutil.NoSuchProcess):  # the first takes those with it that it has started
                    process.kill()
            _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
            assert not alive
        self._end(run)

    def _end(self, run: Running) -> None:
        run.stop()
        self.told += [line for line in run.following() if line["event"] != "done"]
        self.room.unplug()
        self._run = None

    def end(self) -> None:
        """The scenario is over, and the assistant with it. Raises Missed."""
        if self.is_on:
            self.switch_off()
        self.require_nothing_else()

    def close(self) -> None:
        """Whatever became of the scenario."""
        if self.is_on:
            self.cut_power()

    # --- what is done to its processes ---

    def pid(self, process: str) -> int:
        return self.run.pid(process)

    def kill(self, process: str) -> None:
        os.kill(self.pid(process), signal.SIGKILL)

    def freeze(self, process: str) -> None:
        """It stands still, as if its unit hung."""
        self._frozen.append(self.pid(process))
        os.kill(self._frozen[-1], signal.SIGSTOP)

    def thaw(self, process: str) -> None:
        self._frozen.remove(self.pid(process))
        os.kill(self.pid(process), signal.SIGCONT)

    def _thaw_all(self) -> None:
        for pid in self._frozen:
            if psutil.pid_exists(pid):
                os.kill(pid, signal.SIGCONT)
        self._frozen.clear()

    # --- what it tells ---

    def begin(self) -> None:
        """A new scenario: what was told before it is not its own."""
        self.told, self._used = [], set()

    def find(self, event: str, /, **data: object) -> Line:
        """The first event of that name, and with that data, that no step has found before; waits for it."""
        at, ends_s = 0, time.monotonic() + PATIENCE_S
        while True:
            for index in range(at, len(self.told)):
                line = self.told[index]
                is_it = line["event"] == event and all(matches(data[key], line.get(key)) for key in data)
                if is_it and index not in self._used:
                    self._used.add(index)
                    return line
            at = len(self.told)
            if not self._more(ends_s):
                wanted = shown({"event": event, **data})
                raise Missed(f"expected: {wanted}\n  came: nothing of the kind within {PATIENCE_S:.0f} s")

    def _more(self, ends_s: float) -> bool:
        """One more event; False where none came until then."""
        try:
            line = self.run.line(max(0.0, ends_s - time.monotonic()))
        except AssertionError:
            return False
        if line is None:
            raise Missed("expected: that it goes on\n  came: the end of the program")
        self.told.append(line)
        return True

    def require_nothing_else(self) -> None:
        """Errors, restarts and answers that no step has expected."""
        for index, line in enumerate(self.told):
            if index not in self._used and line["event"] in (*WRONG, "exchange"):
                raise Missed(f"expected: nothing more\n  came: {shown(line)}")

    @property
    def last_events(self) -> str:
        return "\n".join(f"    {shown(line)}" for line in self.told[-LAST_EVENTS:])

    def require_audible(self) -> None:
        """Something sounded since the last answer."""
        sound = np.fromfile(self._speaker, "<i2")
        # A voice that was started again has begun its file again.
        new = sound[self._n_heard if self._n_heard < len(sound) else 0 :]
        self._n_heard = len(sound)
        if not len(new) or np.abs(new.astype(int)).max() < AUDIBLE:
            raise Missed("expected: that it is heard\n  came: silence on the speaker")

    # --- between two scenarios ---

    def come_to_rest(self) -> None:
        """No turn, nothing that rings or waits, every process there, the world as at first. Raises Missed."""
        self._thaw_all()
        self.clock.right()
        # What follows on an answer is told a moment after it; an answer to this comes later than that.
        state = self.run.client.status()["state"]
        ends_s = time.monotonic() + PATIENCE_S
        is_quiet = False
        while self._more(0.0):
            pass
        while going_on := self._going_on():
            if "follow_up" in going_on and not is_quiet:
                is_quiet = True
                self.room.quiet(5.0)
            if not self._more(ends_s):
                raise Missed(f"expected: that it comes to rest\n  came: no end of {', '.join(going_on)}")
        self.require_nothing_else()
        if state != "ready":
            raise Missed(f"expected: every process at rest\n  came: {state}")
        if rows := self.store.rows("reminders"):
            raise Missed(f"expected: no timer and no alarm is left\n  came: {rows}")

    def _going_on(self) -> set[str]:
        """Stages and the like that have begun and not ended."""
        begun: set[str] = set()
        for line in self.told:
            name, _, edge = line["event"].rpartition("_")
            if (line["event"], line.get("process")) == ("restart", "assistant"):
                begun.clear()  # it ended with its life
            if edge == "start":
                begun.add(name)
            elif edge == "end":
                begun.discard(name)
        return begun - {"speech"}


def shown(line: Line) -> str:
    """An event in a line."""
    told = " ".join(f"{key}={value!r}" for key, value in line.items() if key not in ("event", "t_ms"))
    at = f"{line['t_ms'] / 1e3:8.2f} s  " if "t_ms" in line else ""
    return f"{at}{line['event']} {told}".rstrip()


def matches(pattern: object, value: object) -> bool:
    """A text is a regular expression for the whole of it; anything else is equal."""
    if isinstance(pattern, str) and isinstance(value, str):
        return re.fullmatch(pattern, value) is not None
    return pattern == value
