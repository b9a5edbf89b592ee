"""Speech by an installed Piper voice, which runs in a process of its own.

Piper is under the GPL and Mortar is not: they are two programs that speak over pipes, and
`piper_process.py` is the only file that knows Piper. An engine that crashes on a broken voice takes
nothing with it, and is started again for the next sentence.
"""

from __future__ import annotations

import importlib.util
import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import numpy as np

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.interfaces import Samples
from mortar.runtimes.speech_text import clauses, speakable
from mortar.settings import Voice

PROGRAM = Path(__file__).with_name("piper_process.py")

OWN_PACE_per_minute = 170
"""Words a minute at which a voice speaks as it was trained: they differ, and are not measured."""

EDGE_ms = 5
"""Rise and fall of each piece: where two meet, nothing clicks."""

LAST_WORDS_chars = 300
"""Of what the engine says before it ends: the rest of the line is advice to programmers."""

INSTALL = "run: pip install 'mortar[piper]', in the environment that Mortar runs in"


class Piper:
    """`rate_Hz` and `language` are the voice's own."""

    unit = "piper/cpu"

    def __init__(self, settings: Voice) -> None:
        if importlib.util.find_spec("piper") is None:
            raise MortarError("piper-missing", "piper-tts is not installed", INSTALL)
        self._voice = voice_file(settings.model)
        pace = OWN_PACE_per_minute / settings.words_per_minute
        # -P: the folder that the program lies in holds no modules for it.
        self._command = [sys.executable, "-P", str(PROGRAM), str(self._voice), str(pace)]
        # Not a pipe: nobody reads it while all goes well, and it would fill.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the engine
        self._start()

    def synthesise(self, text: str) -> Generator[Samples, None, None]:
        """Sound of `text`, clause by clause; text without a letter or digit makes none."""
        for clause in clauses(speakable(text)):
            if self._process.poll() is not None:
                self._start()
            yield self._soft_edged(np.frombuffer(self._asked(clause), np.int16))

    def close(self) -> None:
        self._end()
        self._log.close()

    def _start(self) -> None:
        self._log.seek(0)
        self._log.truncate()
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        about = self._block()
        if about is None:
            raise MortarError(
                "voice-unusable",
                f"{self._voice}: Piper cannot speak with it ({self._last_words()})",
                "install the voice again, NAME.onnx and NAME.onnx.json; docs/voice.md says how",
            )
        told = json.loads(about)
        self.rate_Hz = int(told["rate_Hz"])
        self.language = str(told["language"])

    def _asked(self, clause: str) -> bytes:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{clause}\n".encode())
            self._process.stdin.flush()
            sound = self._block()
        except BrokenPipeError:
            sound = None
        if sound is None:
            raise MortarError(
                "speech-failed",
                f"Piper failed on a sentence ({self._last_words()})",
                "it is started again; if it goes on, set voice.engine to espeak-ng",
            )
        return sound

    def _block(self) -> bytes | None:
        """What the process answers; None where it ends instead."""
        assert self._process.stdout is not None
        header = self._process.stdout.read(4)
        if len(header) < 4:
            return None
        (length,) = struct.unpack("<I", header)
        block = self._process.stdout.read(length)
        return block if len(block) == length else None

    def _soft_edged(self, sound: Samples) -> Samples:
        n = min(self.rate_Hz * EDGE_ms // 1_000, len(sound) // 2)
        shape = np.ones(len(sound), np.float32)
        shape[:n] = np.linspace(0, 1, n, endpoint=False)
        shape[len(sound) - n :] = np.linspace(0, 1, n, endpoint=False)[::-1]
        softened: Samples = (sound * shape).astype(np.int16)
        return softened

    def _last_words(self) -> str:
        status = self._end()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:LAST_WORDS_chars] if lines else f"it ended with status {status}"

    def _end(self) -> int:
        # Leaving the process closes its pipes and waits; what could not be written is lost.
        with suppress(BrokenPipeError), self._process:
            self._process.kill()
        return self._process.returncode


def voice_file(model: str) -> Path:
    """The .onnx file of a voice: by its name, if it was pulled or put into voices/ by hand, or by its path.

    Raises MortarError that lists the voices there are.
    """
    data = resources.data_folder()
    folder = data / "voices"
    pulled = [path for path in data.glob("models/*/*.onnx") if path.stem == path.parent.name]
    installed = {path.stem: path for path in sorted([*pulled, *folder.glob("*.onnx")])}
    if model in installed:
        return installed[model]
    path = Path(model).expanduser()
    if path.suffix == ".onnx" and path.is_file():
        return path
    wrong = f"there is no Piper voice {model!r}" if model else "voice.model is not set"
    raise MortarError(
        "voice-missing",
        f"{wrong} (installed in {folder}: {', '.join(installed) or 'none'})",
        "`mortar models list` names voices to pull; docs/voice.md says more",
    )
