"""`mortar tools bench loop`: what a person waits for, and what the assistant takes while it waits.

The real program runs, paced in real time, on recordings whose words end at known samples. *End of
speech* is the last voiced sample of the recording, never the endpointer's own event; *first sound*
is the first audible sample at the speaker. So the endpointer's patience is in the figure, and is
given together with the share of sentences that it cut off (20 sentences for each of --n). Interruption is
counted from the last voiced sample of the word to the moment at which voice plays nothing any more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from mortar import resources
from mortar_tools import session
from mortar_tools.bench import handoff
from mortar_tools.bench.figures import Figure, bench, figure, repeated
from mortar_tools.echo.pauses import cut_off
from mortar_tools.program import Running

VOICE = "en-us"
SKILL, LOOK = "what time is it", "what do you see"
TAIL_ms = 12_000
"""Quiet behind the question: a slow answer still fits in."""
WATCHED_s = 20
"""How long memory and CPU are watched while only listening."""
HESITANT_SENTENCES, SEED = 20, 7
"""For each of --n."""
LONG = "what can you do"
INTO_ms = 4_000
"""From the question's end to the word that interrupts its answer, which takes some 10 s."""


@dataclass(frozen=True)
class Recording:
    """A WAV file, and where its words end, in ms from its first sample."""

    path: Path
    wake_end_ms: float
    speech_end_ms: float


def main(argv: list[str] | None = None) -> int:
    return bench(argv, "loop", __doc__, 7, measure)


def measure(folder: Path, n: int) -> Iterator[Figure]:
    skill = [_exchange(folder, record(folder, SKILL)) for _ in repeated("asking the time", n)]
    look = [_exchange(folder, record(folder, LOOK)) for _ in repeated("asking what it sees", n)]
    yield figure("start_to_listening_ms", [run.started_ms for run in skill + look], "ms")
    yield figure("wake_to_listening_ms", [run.listening_ms for run in skill + look], "ms")
    yield figure("speech_end_to_first_sound_skill_ms", [run.first_sound_ms for run in skill], "ms")
    yield figure("speech_end_to_first_sound_look_ms", [run.first_sound_ms for run in look], "ms")
    for word in ("stop", session.WAKE_WORD):
        waits = [_interruption(folder, word) for _ in repeated(f"interrupting by {word}", n)]
        name = word.replace(" ", "_")
        yield figure(f"interrupted_by_{name}", [float(wait is not None) for wait in waits], "share")
        if heard := [wait for wait in waits if wait is not None]:
            yield figure(f"{name}_to_silence_ms", heard, "ms")
    for pause_ms, was_cut in cut_off(HESITANT_SENTENCES * n, SEED):
        yield figure(f"cut_off_at_{pause_ms}_ms_pause", [float(cut) for cut in was_cut], "share")
    yield from _while_listening(folder)
    yield from handoff.measure(n)


def record(folder: Path, question: str, inside_ms: int = 0, rest: str = "") -> Recording:
    """Wake word, question, and `rest` after `inside_ms`, in a quiet room."""
    parts = [
        session.silence(session.LEAD_ms),
        session.speech(session.WAKE_WORD, VOICE),
        session.silence(session.PAUSE_ms),
        session.speech(question, VOICE),
    ]
    if rest:
        parts += [session.silence(inside_ms), session.speech(rest, VOICE)]
    wake_end = len(parts[0]) + len(parts[1])
    speech_end = sum(map(len, parts))
    sound = np.concatenate([*parts, session.silence(TAIL_ms)])
    sound += np.random.default_rng(1).normal(0, session.ROOM_LEVEL, len(sound)).astype(np.float32)
    path = folder / "question.wav"
    soundfile.write(path, sound, session.RATE_Hz, "PCM_16")
    per_ms = session.RATE_Hz / 1_000
    return Recording(path, wake_end / per_ms, speech_end / per_ms)


@dataclass(frozen=True)
class Waits:
    started_ms: float
    listening_ms: float
    first_sound_ms: float


def _devices(folder: Path, mic: Path) -> list[str | Path]:
    """Options of a run whose microphone, camera and speaker are files."""
    picture = sorted(resources.session_folder().glob("*.png"))[0]
    return ["--mic", mic, "--camera", picture, "--speaker", folder / "answer.wav"]


def _exchange(folder: Path, recording: Recording) -> Waits:
    began = time.monotonic()
    with Running(folder / "run", ["run", "--once", "--json", *_devices(folder, recording.path)]) as run:
        run.until("ready")
        started_ms = (time.monotonic() - began) * 1e3
        run.to_the_end()
    at_ms = {line["event"]: line["t_ms"] for line in reversed(run.seen)}
    opened_ms = at_ms["microphone_open"]
    return Waits(
        started_ms,
        at_ms["listen_start"] - opened_ms - recording.wake_end_ms,
        at_ms["first_sound"] - opened_ms - recording.speech_end_ms,
    )


def _interruption(folder: Path, word: str) -> float | None:
    """ms from the end of `word`, said into a long answer, to silence, less than 0 where the answer was held
    before; None where it went on."""
    recording = record(folder, LONG, INTO_ms, word)
    with Running(folder / "run", ["run", "--json", *_devices(folder, recording.path)]) as run:
        opened_ms: float = run.until("microphone_open")["t_ms"]
        ended = run.until("silence", "done")
    if ended["event"] != "silence":
        return None
    silent_ms = [line["t_ms"] for line in run.seen if line["event"] in ("held", "silence")]
    return float(min(silent_ms)) - opened_ms - recording.speech_end_ms


def _while_listening(folder: Path) -> Iterator[Figure]:
    """Memory and CPU with nobody speaking, for the whole tree and for each process."""
    quiet = folder / "quiet.wav"
    room = np.random.default_rng(2).normal(0, session.ROOM_LEVEL, (WATCHED_s + 30) * session.RATE_Hz)
    soundfile.write(quiet, room, session.RATE_Hz, "PCM_16")
    with Running(folder / "run", ["run", "--json", *_devices(folder, quiet)]) as run:
        run.until("ready")
        pids = {name: held["pid"] for name, held in run.status()["processes"].items()}
        before_s = {name: _cpu_s(pid) for name, pid in pids.items()}
        time.sleep(WATCHED_s)  # the length of the measurement itself
        cpu = {name: (_cpu_s(pid) - before_s[name]) / WATCHED_s for name, pid in pids.items()}
        pss_MB = {name: _pss_MB(pid) for name, pid in pids.items()}
    yield figure("listening_pss_MB", [sum(pss_MB.values())], "MB")
    yield figure("listening_cpu_cores", [sum(cpu.values())], "cores")
    for name in pids:
        yield figure(f"listening_pss_{name}_MB", [pss_MB[name]], "MB")
        yield figure(f"listening_cpu_{name}_cores", [cpu[name]], "cores")


def _cpu_s(pid: int) -> float:
    """User and system time (proc(5), /proc/PID/stat fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss_MB(pid: int) -> float:
    """Proportional set size: shared pages are divided among those that share them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
