"""Speech by espeak-ng, one process a sentence.

As a process it can be ended at any instant and takes nothing with it when it fails. Its first
sound comes 10 to 17 ms after the text (x86), against 4 ms for the library in this process.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Generator

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Samples
from mortar.runtimes.speech_text import speakable
from mortar.settings import Voice

CHUNK_BYTES = 4_096
"""93 ms of sound: the first chunk is what a person waits for."""

WAV_HEADER = struct.Struct("<4s 4x 4s 4s 4x H H I 4x 2x H 4s 4x")
"""RIFF, WAVE, fmt, format, channels, rate, bits, data: espeak-ng writes exactly this, 44 bytes."""


class EspeakNg:
    """`rate_Hz` is the voice's own, 22,050 for the formant voices."""

    unit = "espeak-ng/cpu"

    def __init__(self, settings: Voice) -> None:
        program = shutil.which("espeak-ng")
        if program is None:
            raise MortarError(
                "espeak-missing", "espeak-ng is not installed", "run: sudo apt install espeak-ng"
            )
        self.language = settings.language
        self._command = [program, "--stdin", "--stdout", "-b", "1"]
        self._command += ["-v", settings.language, "-s", str(settings.words_per_minute)]
        self.rate_Hz = self._probe()

    def synthesise(self, text: str) -> Generator[Samples, None, None]:
        """Sound of `text` as it is made; text without a letter or digit makes none."""
        if words := speakable(text):
            yield from self._spoken(words)

    def close(self) -> None:
        """Nothing is held between sentences."""

    def _probe(self) -> int:
        done = subprocess.run(self._command, input=b"a", capture_output=True, check=False)
        if done.returncode != 0 or len(done.stdout) < WAV_HEADER.size:
            raise MortarError(
                "voice-unusable",
                f"espeak-ng cannot speak with the voice {self.language!r}"
                f" ({_one_line(done.stderr) or f'it ended with status {done.returncode}'})",
                "set voice.language to one that `espeak-ng --voices` lists",
            )
        return _rate_Hz(done.stdout[: WAV_HEADER.size])

    def _spoken(self, words: str) -> Generator[Samples, None, None]:
        with subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as espeak:
            assert espeak.stdin is not None and espeak.stdout is not None
            try:
                # It reads all of its text before it speaks, so this cannot wait for what it writes.
                espeak.stdin.write(words.encode())
                espeak.stdin.close()
                _rate_Hz(espeak.stdout.read(WAV_HEADER.size))
                while chunk := espeak.stdout.read(CHUNK_BYTES):
                    yield np.frombuffer(chunk[: len(chunk) & ~1], np.int16)
                if status := espeak.wait():
                    raise _failed(f"it ended with status {status}")
            except BrokenPipeError:
                raise _failed("it took no text") from None
            finally:
                espeak.kill()


def _rate_Hz(header: bytes) -> int:
    if len(header) == WAV_HEADER.size:
        riff, wave, _, coding, channels, rate_Hz, bits, data = WAV_HEADER.unpack(header)
        if (riff, wave, coding, channels, bits, data) == (b"RIFF", b"WAVE", 1, 1, 16, b"data"):
            return int(rate_Hz)
    raise _failed("it wrote no sound")


def _failed(why: str) -> MortarError:
    return MortarError("speech-failed", f"espeak-ng failed: {why}", "try: espeak-ng 'hello'")


def _one_line(stderr: bytes) -> str:
    return " ".join(stderr.decode(errors="replace").split())
