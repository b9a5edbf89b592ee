"""What a trial's process does: ears that write a recording down, a voice that says a sentence to nobody.

python -m mortar.installing.engine speech-to-text FOLDER RECORDING
python -m mortar.installing.engine voice FOLDER RECORDING
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from mortar.catalogue import Kind
from mortar.errors import MortarError

FAILED, UNTRIED = 1, 3
"""Exit status; untried: what runs it is not installed."""

UNINSTALLED = frozenset({"dictation-package-missing", "piper-missing"})


def main(argv: list[str]) -> int:
    kind, folder, recording = Kind(argv[0]), Path(argv[1]), Path(argv[2])
    try:
        TRIALS[kind](folder, recording)
    except MortarError as error:
        print(f"mortar: {error}", file=sys.stderr)
        return UNTRIED if error.code in UNINSTALLED else FAILED
    return 0


def _listen(folder: Path, recording: Path) -> None:
    from mortar.drivers import recordings
    from mortar.runtimes.whisper import Whisper
    from mortar.settings import Listening, Recogniser

    settings = Listening(engine=Recogniser.WHISPER, model=f"{folder}/")
    Whisper(settings, should_stop=lambda: False).transcribe(recordings.load(recording))


def _speak(folder: Path, recording: Path) -> None:
    from mortar.runtimes import choose
    from mortar.settings import Voice, VoiceEngine

    (voice,) = folder.glob("*.onnx")
    with closing(choose.speech_synthesiser(Voice(engine=VoiceEngine.PIPER, model=str(voice)))):
        """As it starts it says a sentence, by which its loudness is measured."""


TRIALS = {Kind.SPEECH_TO_TEXT: _listen, Kind.VOICE: _speak}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
