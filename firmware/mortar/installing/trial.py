"""Whether a model answers: once, with what comes with Mortar, in a process of its own and within a bound.

A vision-language model describes a picture of the session, through the real eye and language processes; ears
write down a recording; a voice says a sentence to nobody. What crashes, hangs or eats the memory is not here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from mortar import resources
from mortar.catalogue import Kind
from mortar.errors import MortarError
from mortar.installing.engine import UNTRIED

ANSWERED = "it answered"

PICTURE = "1-what-do-you-see.png"
QUESTION = "What do you see? Answer in one short sentence."
"""An answer that is cut for its length before a sentence is whole would be none."""

RECORDING = "1-what-do-you-see.flac"

LAST_WORDS_chars = 400


def tried(name: str, kind: Kind, folder: Path, bound_s: float, options: list[str]) -> str:
    """What became of it, in words. `options` are those of the command line that say which settings hold.

    Raises MortarError where it did not answer.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", *_arguments(kind, folder, options)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, said = process.communicate(timeout=bound_s)
    except subprocess.TimeoutExpired:
        raise _no_answer(name, f"there was none within {bound_s:g} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode == 0:
        return ANSWERED
    why = _last_words(said) or f"it ended with status {process.returncode}"
    if process.returncode == UNTRIED:
        return f"not tried: {why}"
    raise _no_answer(name, why)


def _arguments(kind: Kind, folder: Path, options: list[str]) -> list[str]:
    session = resources.session_folder()
    if kind is Kind.VISION_LANGUAGE:
        asked = [str(session / PICTURE), "--ask", QUESTION, "--model", str(folder)]
        return ["-m", "mortar", "describe", *asked, *options]
    return ["-m", "mortar.installing.engine", kind, str(folder), str(session / RECORDING)]


def _last_words(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("mortar: ")[-LAST_WORDS_chars:] if lines else ""


def _no_answer(name: str, why: str) -> MortarError:
    return MortarError(
        "model-no-answer",
        f"{name} was fetched and does not answer: {why}",
        f"it is not installed, and what was there before is as it was; pull it again to try it anew, or "
        f"`mortar models remove {name}`",
    )
