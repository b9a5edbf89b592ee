"""Wake words by pymicro-wakeword (microWakeWord models in TensorFlow Lite for C).

The features are computed once for all words. Measured on x86: 0.3 % of a core for one word (0.6 % where
other programs keep the caches busy, and 0.4 % for each more). "okay nabu" of eight espeak-ng voices is
detected 120 to 270 ms after its end where a pause follows, and up to 40 ms before it in one breath.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pymicro_wakeword
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures
from pymicro_wakeword.wakeword import TfLiteWakeWord

from mortar.errors import MortarError
from mortar.runtimes import wake_words
from mortar.runtimes.interfaces import Detection, Floats, Samples
from mortar.runtimes.wake_words import WakeWord

SAMPLES_PER_MS = 16
BANDS = 40
"""Of the features: a model reads [1, frames, BANDS] and gives one number."""

EXPECTANT = 0.4
"""Sensitivity that is added while somebody speaks over the assistant: "okay nabu" counts from 0.53 on. Of 24
by four voices that it is heard from in quiet, over own speech 10 dB below them, 16 reach 0.85 and 23 reach
0.53; nothing else that was said there, or by the assistant in 50 minutes, reached more than 0.30."""

LIBRARY = next(Path(pymicro_wakeword.__file__).parent.glob("lib/*tensorflowlite_c.*"))


class MicroWakeWordSpotter:
    """Hears any of `words`, each when its probability rises over its cutoff: one saying may keep it there
    for more than a second. After a word none is heard for `cooldown_ms`, so that what two models take for
    theirs is one. Where it is expectant, every sensitivity is EXPECTANT higher."""

    unit = "microwakeword/cpu"

    def __init__(self, words: Sequence[WakeWord], cooldown_ms: int) -> None:
        self._models = [_Model(word) for word in words]
        self._features = MicroWakeWordFeatures()
        self._cooldown = cooldown_ms * SAMPLES_PER_MS
        self._position = 0
        self._deaf_until = 0

    def process(self, samples: Samples, expectant: bool = False) -> list[Detection]:
        were_above = {model for model in self._models if model.margin >= 0}
        self.probabilities(samples)
        for model in self._models:
            model.expectant = expectant
        self._position += len(samples)
        rises = [model for model in self._models if model.margin >= 0 and model not in were_above]
        if not rises or self._position < self._deaf_until:
            return []
        self._deaf_until = self._position + self._cooldown
        surest = max(rises, key=lambda model: model.margin)
        return [Detection(surest.word.name, surest.probability, self._position)]

    def probabilities(self, samples: Samples) -> list[float]:
        """Feed the next samples; gives each word's highest mean probability in them, 0..1."""
        features = list(self._features.process_streaming(samples.tobytes()))
        for model in self._models:
            model.feed(features)
        return [model.probability for model in self._models]


class _Model:
    """One word's model, and its highest probability in the features that it was fed last."""

    def __init__(self, word: WakeWord) -> None:
        self.word = word
        self.expectant = False
        self._expectant_cutoff = word.at(0.5 + EXPECTANT).cutoff
        self.probability = 0.0
        self._frames = 0
        self._engine = MicroWakeWord(
            id=word.name,
            wake_word=word.name,
            tflite_model=word.model,
            probability_cutoff=word.cutoff,
            sliding_window_size=word.window,
            trained_languages=[],
            libtensorflowlite_c_path=LIBRARY,
        )

    @property
    def margin(self) -> float:
        """How far the probability is over the cutoff, 1 at most; what words are compared by."""
        cutoff = self._expectant_cutoff if self.expectant else self.word.cutoff
        return (self.probability - cutoff) / (1 - cutoff)

    def feed(self, features: Sequence[Floats]) -> None:
        """The next spectra, [1, 1, BANDS] each, 10 ms apart."""
        fresh: list[float] = []
        for feature in features:
            self._frames += 1
            probability = self._engine.process_streaming_prob(feature)
            if self._frames % self._engine.stride == 0:  # between inferences it says 0
                fresh.append(probability or 0.0)  # None only once it is closed
        self.probability = max(fresh, default=self.probability)


def spotter(
    sensitivities: Mapping[str, float], cooldown_ms: int, complain: Callable[[MortarError], None]
) -> MicroWakeWordSpotter:
    """Of the words by name. `complain` gets those that cannot be used while others can.

    Raises UsageError for a word that nobody knows, MortarError where none can be used.
    """
    wake_words.require_known(sensitivities)
    files = wake_words.known()
    words: list[WakeWord] = []
    wrong: list[MortarError] = []
    for name, sensitivity in sensitivities.items():
        try:
            words.append(usable(files[name]).at(sensitivity))
        except MortarError as error:
            wrong.append(error)
    if not words:
        raise wrong[0]
    for unusable in wrong:
        complain(unusable)
    return MicroWakeWordSpotter(words, cooldown_ms)


def usable(description: Path) -> WakeWord:
    """The word, after its model was found to be one that the engine runs. Raises MortarError.

    pymicro-wakeword looks at no return code and goes down with a file that is not a model.
    """
    word = wake_words.read(description)
    if wrong := _wrong_with(word.model):
        raise wake_words.unusable(description, f"{word.model.name} {wrong}")
    return word


_REPORTER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_SAY_NOTHING = _REPORTER(lambda user_data, message, arguments: None)
"""TensorFlow Lite's reporter, which else writes to standard error."""


def _wrong_with(model: Path) -> str | None:
    """What keeps the engine from running a .tflite; None where nothing does."""
    lite = TfLiteWakeWord(LIBRARY).lib
    load = lite.TfLiteModelCreateFromFileWithErrorReporter
    load.argtypes, load.restype = (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p), ctypes.c_void_p
    loaded = load(str(model).encode(), ctypes.cast(_SAY_NOTHING, ctypes.c_void_p), None)
    if not loaded:
        return "is not a TensorFlow Lite model, or only a part of one"
    interpreter = lite.TfLiteInterpreterCreate(loaded, None)
    try:
        if not interpreter or lite.TfLiteInterpreterAllocateTensors(interpreter) != 0:
            return "cannot be run by this TensorFlow Lite"
        read, given = (
            [lite.TfLiteTensorDim(tensor, axis) for axis in range(lite.TfLiteTensorNumDims(tensor))]
            for tensor in (
                lite.TfLiteInterpreterGetInputTensor(interpreter, 0),
                lite.TfLiteInterpreterGetOutputTensor(interpreter, 0),
            )
        )
        return _wrong_shape(read, given)
    finally:
        if interpreter:
            lite.TfLiteInterpreterDelete(interpreter)
        lite.TfLiteModelDelete(loaded)


def _wrong_shape(read: list[int], given: list[int]) -> str | None:
    match read, given:
        case [1, _, width], [1, 1] if width == BANDS:
            return None
    return f"is no microWakeWord model: it makes {given} of {read}"
