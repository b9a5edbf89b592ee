"""What rings: in rounds, until somebody stops it or its time is up. Reads no clock but what it is given.

A round is a turn of its own: the alarm's beeps, then what it is for. Between rounds "stop" and "snooze"
need no wake word, as any question that follows on an answer. A turn that goes on is waited for, but not long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from mortar import reminders
from mortar.assistant.course import Course
from mortar.assistant.keeper import Keeper
from mortar.assistant.mouth import Mouth
from mortar.assistant.port import Port
from mortar.assistant.skills.told import ringing_now
from mortar.assistant.stages import Stage
from mortar.assistant.turn import Turn
from mortar.assistant.turns import Turns
from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.languages import Language
from mortar.messages import Rest, SetVolume
from mortar.reminders import Change, Reminder
from mortar.settings import Assistant

log = logging.getLogger(__name__)

PAUSE_ms = 4_000
"""From the end of one round to the next."""

POLITE_ms = 10_000
"""A turn that takes longer than this is interrupted: somebody asked to be told."""

SNOOZABLE_ms = 60_000
"""So long after it was silenced "snooze" still means it: the wake word before it is what silenced it."""


class Ringing:
    def __init__(
        self,
        port: Port,
        mouth: Mouth,
        course: Course,
        turns: Turns,
        settings: Assistant,
        keeper: Keeper,
        moment: Callable[[], Moment],
        language: Language,
    ) -> None:
        self._port = port
        self._mouth = mouth
        self._course = course
        self._turns = turns
        self._settings = settings
        self._keeper = keeper
        self._moment = moment
        self._language = language
        self._now: dict[int, Reminder] = {}
        """Those that ring, by their number."""
        self._began_ms: dict[int, float] = {}
        self._over: set[int] = set()
        """Numbers of those that were stopped and that the store could not forget."""
        self._silenced: tuple[Sequence[Reminder], float] = ((), 0.0)
        """What somebody silenced last, and when."""
        self._round: Turn | None = None
        """The last one, if it was not stopped."""
        self._wanted_ms = 0.0
        """When the first round was wanted."""
        self._look_ms = 0.0 if keeper.reminders else None

    @property
    def reminders(self) -> Sequence[Reminder]:
        """All there are, also those that ring."""
        return [held for held in self._keeper.reminders if held.number not in self._over]

    @property
    def is_on(self) -> bool:
        return bool(self._now)

    @property
    def deadline_ms(self) -> float | None:
        """When to call `look`, if nothing happens before."""
        times = [at for at in (self._look_ms, self._round_ms) if at is not None]
        return min(times, default=None)

    def to_snooze(self, now_ms: float) -> Sequence[Reminder]:
        """What rings, or rang until a moment ago."""
        if self._now:
            return list(self._now.values())
        silenced, at_ms = self._silenced
        return silenced if now_ms - at_ms <= SNOOZABLE_ms else ()

    def apply(self, change: Change, now_ms: float) -> None:
        """It is on the disk when this returns. Raises MortarError: then nothing has changed, but that what
        was to be silent is, for as long as this process lives."""
        try:
            self._keeper.apply(change)
        except MortarError:
            if not change.add:
                self._hush(change.remove)
            raise
        self._silenced = ((), 0.0)
        if any(held.number in self._now for held in change.remove):
            self._port.emit("ring_end", now_ms, why="stopped")
        self._drop(held.number for held in change.remove)
        self._plan(now_ms)

    def silence(self, now_ms: float) -> bool:
        """Somebody stops what rings; False where nothing does."""
        if not self._now:
            return False
        stopped = list(self._now.values())
        self._end(stopped, now_ms, "stopped")
        self._silenced = (stopped, now_ms)
        return True

    def look(self, now_ms: float) -> None:
        """Ring what is due, and give up what has rung for long enough."""
        limit_ms = self._settings.ring_limit_s * 1_000
        self._end(
            [self._now[number] for number, began in self._began_ms.items() if now_ms - began >= limit_ms],
            now_ms,
            "nobody came",
        )
        for held in reminders.due(self.reminders, self._moment()):
            if held.number not in self._now:
                self._begin(held, now_ms)
        if self._round_ms is not None and now_ms >= self._round_ms:
            self._ring(now_ms)
        self._plan(now_ms)

    @property
    def _round_ms(self) -> float | None:
        """When the next round is to begin; None while one goes on, or nothing rings."""
        going_on = self._turns.now
        if not self._now or (going_on is not None and going_on is self._round):
            return None
        ended_ms = self._round.ended_ms if self._round is not None else None
        wanted_ms = self._wanted_ms if ended_ms is None else ended_ms + PAUSE_ms
        return wanted_ms if going_on is None else wanted_ms + POLITE_ms

    def _plan(self, now_ms: float) -> None:
        awaited = [held for held in self.reminders if held.number not in self._now]
        left_s = reminders.next_look_s(awaited, self._moment())
        limits_ms = [began + self._settings.ring_limit_s * 1_000 for began in self._began_ms.values()]
        looks_ms = [] if left_s is None else [now_ms + left_s * 1_000]
        self._look_ms = min([*looks_ms, *limits_ms], default=None)

    def _begin(self, held: Reminder, now_ms: float) -> None:
        self._port.emit("ring_start", now_ms, kind=held.kind.value, name=held.name)
        if not self._now:
            self._round, self._wanted_ms = None, now_ms
        self._now[held.number] = held
        self._began_ms[held.number] = now_ms

    def _ring(self, now_ms: float) -> None:
        is_first = self._round is None
        self._port.send("ears", Rest())
        turn = self._round = self._turns.begin(now_ms)
        turn.rings = True
        if is_first:
            self._port.send(
                "voice",
                SetVolume(turn.number, self._settings.ring_volume_percent, is_step=False, is_least=True),
            )
        self._course.begin(turn, Stage.SPEAK, now_ms)
        self._mouth.ring(turn, ringing_now(self._now.values(), self._moment(), self._language))

    def _end(self, stopped: Sequence[Reminder], now_ms: float, why: str) -> None:
        """Whatever becomes of the file: it falls silent."""
        if not stopped:
            return
        try:
            self._keeper.apply(Change(remove=stopped))
            self._drop(held.number for held in stopped)
        except MortarError as error:
            self._hush(stopped)
            log.error("%s", error)
        self._port.emit("ring_end", now_ms, why=why)

    def _hush(self, stopped: Sequence[Reminder]) -> None:
        """The store could not forget them."""
        ringing = [held.number for held in stopped if held.number in self._began_ms]
        self._over.update(ringing)
        self._drop(ringing)

    def _drop(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._now.pop(number, None)
            self._began_ms.pop(number, None)
