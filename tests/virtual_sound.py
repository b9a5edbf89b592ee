"""A computer with a microphone and a speaker that are not there: a private PulseAudio with null sinks.

What is said into it comes out of the microphone "usb-microphone", which can be unplugged; what is played
on its speaker can be recorded. The person's own sound server is never touched.
"""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from types import TracebackType

import numpy as np

from mortar.runtimes.interfaces import Samples
from voices import RATE_Hz

PATIENCE_S = 60.0
"""How long something that must happen is waited for: generous, it only ends a hang."""

MICROPHONE = "usb-microphone"


class VirtualSound:
    """Runs from the beginning to the end of a `with`; `environment` makes programs use it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        socket = folder / "native"
        self.environment = {
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
            "PULSE_COOKIE": str(folder / "cookie"),
        }
        modules = (
            f"module-native-protocol-unix auth-anonymous=1 socket={socket}",
            "module-null-sink sink_name=speaker rate=44100",
            "module-suspend-on-idle timeout=1",
        )
        self._plugged: list[str] = []
        self._log: list[str] = []
        self._logged = threading.Condition()
        self._server = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"),
                *("--log-level=info", "--log-target=stderr", *(f"--load={module}" for module in modules)),
            ],
            env=os.environ | self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()

    def __enter__(self) -> VirtualSound:
        self._until_logged("Daemon startup complete")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)

    def plug_microphone(self, rate_Hz: int = 48_000) -> None:
        """Stereo, as sound cards are."""
        self._plugged = [
            self.pactl("load-module", "module-null-sink", "sink_name=cable", f"rate={rate_Hz}"),
            self.pactl(
                *("load-module", "module-remap-source", "master=cable.monitor"), f"source_name={MICROPHONE}"
            ),
        ]

    def unplug_microphone(self) -> None:
        """At once, whoever is recording."""
        self.pactl("unload-module", self._plugged[0])  # the microphone ends with its cable
        self._plugged.clear()

    def say(self, recording: Path) -> subprocess.Popen[bytes]:
        """Begin to say this into the microphone; the process ends with the last of it."""
        return self.play(recording, "cable")

    def play(self, recording: Path, sink: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["paplay", f"--device={sink}", recording], env=os.environ | self.environment)

    @property
    def has_microphone(self) -> bool:
        return bool(self._plugged)

    def record_speaker(self) -> Recording:
        """What is played on the speaker from now on."""
        return Recording(self.environment)

    def recorders(self) -> int:
        """How many streams record the microphone now."""
        sources = [line.split("\t") for line in self.pactl("list", "short", "sources").splitlines()]
        microphone = next(number for number, name, *_ in sources if name == MICROPHONE)
        streams = [line.split("\t") for line in self.pactl("list", "short", "source-outputs").splitlines()]
        return sum(source == microphone for _, source, *_ in streams)

    def pactl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["pactl", *arguments],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )
        return done.stdout.strip()

    def until_suspended(self) -> None:
        """Wait until the server has sent the speaker to sleep, because nobody plays or records."""
        logged = len(self._log)
        if "SUSPENDED" not in self.pactl("list", "short", "sinks"):
            self._until_logged("Sink speaker idle for too long", since=logged)

    def _until_logged(self, text: str, since: int = 0) -> None:
        """Wait for a line with `text` in the server's log, from line `since` of it on."""
        with self._logged:
            came = self._logged.wait_for(lambda: any(text in line for line in self._log[since:]), PATIENCE_S)
            assert came, f"PulseAudio did not log {text!r}: {self._log[-20:]}"

    def _read_log(self) -> None:
        assert self._server.stderr is not None
        with self._server.stderr as lines:
            for line in lines:
                with self._logged:
                    self._log.append(line)
                    self._logged.notify_all()


class Recording:
    """int16 mono at RATE_Hz from a speaker's monitor, as it is heard."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._sound = bytearray()
        self._more = threading.Condition()
        self._recorder = subprocess.Popen(
            [
                *("parec", "--device=speaker.monitor", "--latency-msec=20", "--channels=1"),
                *("--format=s16le", f"--rate={RATE_Hz}"),
            ],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        with self._more:
            assert self._more.wait_for(lambda: self._sound, PATIENCE_S), "the speaker cannot be recorded"

    def __len__(self) -> int:
        """Samples that were heard so far."""
        return len(self._sound) // 2

    def stop(self, later_ms: int = 500) -> Samples:
        """Everything that was heard until now, and a little later: it comes with a delay."""
        wanted = len(self._sound) + 2 * RATE_Hz * later_ms // 1_000
        with self._more:
            assert self._more.wait_for(lambda: len(self._sound) >= wanted, PATIENCE_S), "the speaker ended"
        self._recorder.terminate()
        self._recorder.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return np.frombuffer(bytes(self._sound[: len(self) * 2]), np.int16)

    def _read(self) -> None:
        assert self._recorder.stdout is not None
        with self._recorder.stdout as pipe:
            while piece := pipe.read1(4_096):
                with self._more:
                    self._sound += piece
                    self._more.notify_all()


def audible_ms(sound: Samples, threshold: float = 300.0) -> list[float]:
    """Where it can be heard: the beginning (ms) of every 20 ms whose RMS is above `threshold`."""
    window = RATE_Hz // 50
    cut = sound[: len(sound) // window * window].reshape(-1, window).astype(float)
    return [20.0 * index for index in np.flatnonzero(np.sqrt(np.mean(np.square(cut), axis=1)) > threshold)]
