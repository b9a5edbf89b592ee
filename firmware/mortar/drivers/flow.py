"""Whether a device still does its work, and when to try again. Nothing here reads a clock."""

from __future__ import annotations

STALL_ms = 3_000

START_ms = 6_000
"""For the first sound: PulseAudio was seen to hold it back for 2 s."""

LEAST_SHARE = 0.25
"""Of the sound that is due: a device that gives less has gone, whatever it says."""

FIRST_RETRY_ms = 500
LAST_RETRY_ms = 5_000
"""Looking for a device costs some 50 ms of one core: 1 % of it."""


class Flow:
    """Sound of `rate_Hz` that should come, or be taken, all the time from `now_ms` on."""

    def __init__(self, rate_Hz: int, now_ms: float) -> None:
        self._rate_Hz = rate_Hz
        self._began_ms = now_ms
        self._window_ms = START_ms
        self._frames = 0

    @property
    def due_ms(self) -> float:
        """When it can be told next whether the sound flows."""
        return self._began_ms + self._window_ms

    def add(self, n_frames: int) -> None:
        self._frames += n_frames

    def is_stuck(self, now_ms: float) -> bool:
        """Whether too little has come since the last verdict; before `due_ms` there is none."""
        if now_ms < self.due_ms:
            return False
        expected = self._rate_Hz * (now_ms - self._began_ms) / 1e3
        stuck = self._frames < LEAST_SHARE * expected
        self._began_ms, self._frames, self._window_ms = now_ms, 0, STALL_ms
        return stuck


class Retries:
    """How long to wait before each further attempt: twice as long as before, up to `LAST_RETRY_ms`."""

    def __init__(self) -> None:
        self._next_ms = 0.0

    def next_ms(self) -> float:
        """0 for the first attempt."""
        wait_ms = self._next_ms
        self._next_ms = min(max(FIRST_RETRY_ms, 2 * wait_ms), LAST_RETRY_ms)
        return wait_ms

    def succeeded(self) -> None:
        self._next_ms = FIRST_RETRY_ms
