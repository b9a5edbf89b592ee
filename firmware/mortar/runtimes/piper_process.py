"""Speaks lines of text with a Piper voice. A program of its own, and the one file that imports Piper.

    python piper_process.py VOICE.onnx PACE

PACE is a factor on the voice's own pace, 2 is twice as slow. Standard output carries, for the voice
and then for each line of standard input, one block: its length in bytes (uint32, little-endian) and
its bytes. The first is JSON, {"rate_Hz": int, "language": str}; each further one is int16 mono sound.
Whatever goes wrong ends the process: the last line on standard error says what it was.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from piper import PiperVoice, SynthesisConfig
from piper.config import PiperConfig


def main(voice_file: Path, pace: float) -> None:
    # What a library prints must not get between the blocks.
    blocks = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(block: bytes) -> None:
        blocks.write(struct.pack("<I", len(block)) + block)
        blocks.flush()

    voice = load(voice_file)
    # Scaled by the loudest sample of each piece, as Piper would, the pieces would differ in loudness.
    manner = SynthesisConfig(length_scale=pace * voice.config.length_scale, normalize_audio=False)
    about = {"rate_Hz": voice.config.sample_rate, "language": voice.config.espeak_voice}
    answer(json.dumps(about).encode())
    for line in sys.stdin.buffer:
        sound = [chunk.audio_int16_array for chunk in voice.synthesize(line.decode(), manner)]
        answer(np.concatenate([np.empty(0, np.int16), *sound]).tobytes())


def load(voice_file: Path) -> PiperVoice:
    """As PiperVoice.load does, but threads that have nothing to do leave the cores to the language model."""
    about = json.loads(voice_file.with_name(voice_file.name + ".json").read_text(encoding="utf-8"))
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(voice_file, options, providers=["CPUExecutionProvider"])
    return PiperVoice(session=session, config=PiperConfig.from_dict(about))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
