"""Dictation by Whisper (whisper.cpp through pywhispercpp). It understands an utterance as a whole.

Where there is nothing to hear, Whisper writes what the subtitles that it learned from have there
("Thank you."). Four things are held against that: sounds that are no speech may not be written, an
utterance that it holds for silence is dropped, and so is one that it is not sure of, or in which it
goes round in circles. The thresholds are those of OpenAI's own program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes import ggml_file
from mortar.runtimes.circles import goes_in_circles
from mortar.runtimes.dictation_model import GUIDE, damaged, located, only_file, unpackaged
from mortar.runtimes.interfaces import Interrupted, Samples, Transcript
from mortar.runtimes.recorded import RecordedUtterance
from mortar.settings import Listening

try:
    import _pywhispercpp as whisper_cpp
    from pywhispercpp.model import Model
except ImportError:
    raise unpackaged("pywhispercpp") from None

NO_SPEECH_PROBABILITY = 0.6
LEAST_LOG_PROBABILITY = -1.0
MOST_TOKENS = 128
"""Of one answer: twice what is said in `ears.longest_speech_ms`. It bounds what a circle costs."""

LOG_ERROR = 4
"""ggml's level of an error."""

NOT_SPEECH = re.compile(r"\[[^\]]*\]|\([^)]*\)|[*♪]+")
""""[BLANK_AUDIO]", "(wind blowing)": described, not said."""


class Whisper:
    """`should_stop` is asked from whichever thread works; True ends the work with Interrupted."""

    unit = "whisper.cpp/cpu"

    def __init__(self, settings: Listening, should_stop: Callable[[], bool]) -> None:
        path = located(settings)
        if path.is_dir():
            path = only_file(path, "*.bin")
        is_english = ggml_file.checked_vocabulary(path) == ggml_file.ENGLISH_VOCABULARY
        _check_language(settings.language, path, is_english)
        self._should_stop = should_stop
        with _engine_errors() as errors:
            self._model = Model(
                str(path),
                context_params={"use_gpu": False},
                n_threads=settings.threads,
                language=settings.language,
                print_progress=False,
                no_context=True,
                no_timestamps=True,
                single_segment=True,
                max_tokens=MOST_TOKENS,
                suppress_nst=True,
                no_speech_thold=NO_SPEECH_PROBABILITY,
                logprob_thold=LEAST_LOG_PROBABILITY,
                temperature_inc=0.0,  # no second try at a higher temperature: it would take as long again
            )
        if errors:
            raise damaged(path, errors[0])

    def utterance(self) -> RecordedUtterance:
        return RecordedUtterance(self.transcribe)

    def transcribe(self, samples: Samples) -> Transcript:
        sound = samples.astype(np.float32) / 32_768
        with _engine_errors() as errors:
            segments = self._model.transcribe(
                sound, abort_callback=self._should_stop, extract_probability=True
            )
        if self._should_stop():
            raise Interrupted
        if errors:
            raise MortarError("dictation-failed", f"Whisper failed: {errors[-1]}", "ask again; " + GUIDE)
        text = NOT_SPEECH.sub(" ", " ".join(segment.text for segment in segments)).strip()
        if not re.search(r"\w", text):
            return Transcript(None, 0.0)
        confidence = min(float(segment.probability) for segment in segments)
        is_sure = confidence >= math.exp(LEAST_LOG_PROBABILITY) and not goes_in_circles(text)
        return Transcript(text if is_sure else None, confidence)


def _check_language(language: str, path: Path, is_english: bool) -> None:
    """whisper.cpp would quietly write English where it cannot do what was asked."""
    if whisper_cpp.whisper_lang_id(language) < 0:
        raise MortarError(
            "language-unknown",
            f"Whisper knows no language {language!r}",
            "give listen.language as one of: " + ", ".join(Model.available_languages()),
        )
    if is_english and language != "en":
        raise MortarError(
            "language-not-in-model",
            f"{path} is a model of English alone, and listen.language is {language!r}",
            "install a Whisper model without .en in its name, or set listen.language to en",
        )


@contextmanager
def _engine_errors() -> Iterator[list[str]]:
    """What whisper.cpp logs as an error meanwhile. It says why it cannot load, and nothing raises."""
    errors: list[str] = []

    def keep(level: int, line: str) -> None:
        if level == LOG_ERROR:
            errors.append(line.strip())

    whisper_cpp.whisper_log_set(keep)
    try:
        yield errors
    finally:
        whisper_cpp.whisper_log_set(None)  # a callback that outlives the interpreter ends in SIGABRT
