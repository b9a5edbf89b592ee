"""llama.cpp's log, line by line in Python's, under this module's name.

A decode that fails gives a number, and its cause only here: `Log.said` tells it. Nothing is printed; who
wants to read along sets MORTAR_LOG (see mortar/logs.py).
"""

from __future__ import annotations

import ctypes
import logging
import threading

import llama_cpp

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())  # else Python prints the warnings where nobody has asked for any

CONTINUED = 5
"""GGML_LOG_LEVEL_CONT: the text goes on where the one before ended."""

LEVELS = {1: logging.DEBUG, 2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}
"""ggml_log_level → Python's; GGML_LOG_LEVEL_NONE is text for people to read, such as a list of tensors."""

MOST_KEPT = 32


class Log:
    """Lines out of the pieces that llama.cpp writes, from whichever thread; a line ends with a newline."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._level = logging.INFO
        self._line = ""
        self._kept: list[tuple[int, str]] = []

    def write(self, level: int, text: str) -> None:
        """`level` is a ggml_log_level."""
        with self._lock:
            if level != CONTINUED:
                self._end_line()
                self._level = LEVELS.get(level, logging.INFO)
            *ended, rest = text.split("\n")
            for part in ended:
                self._line += part
                self._end_line()
            self._line += rest

    def begin(self) -> None:
        """A call begins: what was told before it is not its cause."""
        with self._lock:
            self._end_line()
            self._kept.clear()

    def said(self) -> str:
        """Why the last call failed, to be added to what is told of it: the first error since `begin`, else
        the first warning."""
        with self._lock:
            self._end_line()
            # A stable sort: what came first of the gravest.
            kept = sorted(self._kept, key=lambda one: -one[0])
            return f": {kept[0][1]}" if kept else ""

    def _end_line(self) -> None:
        line, self._line = " ".join(self._line.split()), ""
        if not line:
            return
        log.log(self._level, "%s", line)
        if self._level >= logging.WARNING and len(self._kept) < MOST_KEPT:
            self._kept.append((self._level, line))


LOG = Log()
"""There is one: llama.cpp's own is the process's."""


def _on_log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    LOG.write(level, text.decode("utf-8", "replace"))


CALLBACK = llama_cpp.llama_log_callback(_on_log)
"""Kept here because llama.cpp keeps only the pointer."""


def take_over() -> None:
    """From now on llama.cpp prints nothing. Safe to repeat."""
    llama_cpp.llama_log_set(CALLBACK, ctypes.c_void_p(None))
