"""Whisper and sherpa-onnx themselves, on toy models (toy_models.py), and what they say of bad files."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from listen.toy_models import SENTENCE, sherpa_folder, whisper_file
from mortar import settings
from mortar.errors import MortarError, UsageError
from mortar.runtimes import choose, onnx_file
from mortar.runtimes.interfaces import Interrupted, Samples, SpeechToText
from mortar.runtimes.recorded import transcribe
from mortar.settings import Listening, Recogniser
from voices import in_room, pause, speak

TEXT = " ".join(SENTENCE)


def question() -> Samples:
    """Two seconds of somebody who speaks. The toys write their sentence whatever is said."""
    return in_room(pause(200), speak("whatever it is that one may want to say here"), pause(160))


def engine(
    kind: Recogniser, model: Path | str, should_stop: Callable[[], bool] = lambda: False, language: str = "en"
) -> SpeechToText:
    chosen = Listening(engine=kind, model=str(model), language=language, threads=1)
    return choose.speech_to_text(chosen, lambda: "no grammar is asked for", {}, should_stop)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[Recogniser, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {
        Recogniser.WHISPER: whisper_file(folder / "ggml-toy.en.bin"),
        Recogniser.SHERPA: sherpa_folder(folder / "streaming-toy"),
    }


DICTATION = [Recogniser.WHISPER, Recogniser.SHERPA]


@pytest.mark.parametrize("kind", DICTATION)
def test_sound_becomes_text_and_silence_does_not(models: dict[Recogniser, Path], kind: Recogniser) -> None:
    """The whole way through the real engine; an utterance knows nothing of the one before it."""
    recogniser = engine(kind, models[kind])
    for _ in range(2):
        heard = transcribe(recogniser, question())
        assert heard.text == TEXT
        assert 0.5 < heard.confidence <= 1
        for nothing in (pause(1_500), pause(1), np.zeros(0, np.int16)):
            assert transcribe(recogniser, nothing).text is None


def test_a_streaming_engine_understands_while_one_speaks(models: dict[Recogniser, Path]) -> None:
    """Word by word, and on from a pause in which it had concluded already."""
    utterance = engine(Recogniser.SHERPA, models[Recogniser.SHERPA]).utterance()
    sound = question()
    half = len(sound) // 4
    assert utterance.hear(sound[:half]) in (" ".join(SENTENCE[:2]), " ".join(SENTENCE[:3]))
    so_far = utterance.conclude().text
    assert so_far is not None and TEXT.startswith(so_far)
    assert utterance.hear(sound[half:]) == TEXT


@pytest.mark.parametrize("kind", DICTATION)
def test_work_is_given_up_when_asked(models: dict[Recogniser, Path], kind: Recogniser) -> None:
    """In the middle of it, from the engine's own callback or between two chunks; it works on afterwards."""
    stop = threading.Event()
    asked: list[bool] = []

    def should_stop() -> bool:
        asked.append(stop.is_set())
        if len(asked) == 2:
            stop.set()
        return stop.is_set()

    recogniser = engine(kind, models[kind], should_stop)
    with pytest.raises(Interrupted):
        transcribe(recogniser, question())
    stop.clear()
    assert transcribe(recogniser, question()).text == TEXT


# --- bad models ---------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(np.random.default_rng(7).bytes(20_000))


def gone(path: Path) -> None:
    path.unlink()


def changed(old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        held = path.read_bytes()
        assert held.count(old) >= 1
        path.write_bytes(held.replace(old, new, 1))

    return change


def wild_header(path: Path) -> None:
    path.write_bytes(b"lmgg" + np.random.default_rng(7).bytes(20_000))


WHISPER_HARM = {
    "cut": (cut, "breaks off"),
    "empty": (empty, "does not begin"),
    "garbage": (garbage, "does not begin"),
    "gone": (gone, "there is no speech-to-text model"),
    "wild header": (wild_header, "n_vocab"),
    # whisper.cpp itself refuses this one
    "unknown tensor": (changed(b"decoder.ln.bias", b"decoder.ln.bios"), "unknown tensor"),
}


@pytest.mark.parametrize(("harm", "why"), WHISPER_HARM.values(), ids=WHISPER_HARM)
def test_a_bad_whisper_file_is_one_clear_line(tmp_path: Path, harm: Callable[[Path], None], why: str) -> None:
    """Most of these would end the process in the engine."""
    file = whisper_file(tmp_path / "ggml-toy.bin")
    harm(file)
    with pytest.raises(MortarError, match=why) as raised:
        engine(Recogniser.WHISPER, file)
    assert "ggml-toy.bin" in str(raised.value)
    assert "\n" not in str(raised.value)


def without_metadata(path: Path) -> None:
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)


def of_another_size(path: Path) -> None:
    """A joiner for a vocabulary that is not the other parts'."""
    model = onnx.load(path)
    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[1].dim_value += 3
    onnx.save(model, path)


def last_line_gone(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


SHERPA_HARM = {
    "cut": ("encoder.onnx", cut, "cut short"),
    "empty": ("decoder.onnx", empty, "empty"),
    "garbage": ("joiner.onnx", garbage, "no ONNX model"),
    "gone": ("joiner.onnx", gone, r"one file joiner\*\.onnx"),
    "no encoder's metadata": ("encoder.onnx", without_metadata, "no model_type"),
    "no decoder's metadata": ("decoder.onnx", without_metadata, "no vocab_size and no context_size"),
    "another kind": ("encoder.onnx", changed(b"\x04lstm", b"\x04ctc2"), "ctc2 is none of zipformer2"),
    "another kind's metadata": (
        "encoder.onnx",
        changed(b"rnn_hidden_size", b"rnn_hidden_side"),
        "no rnn_hid",
    ),
    "garbled tokens": ("tokens.txt", garbage, "symbol and its number"),
    "too few tokens": ("tokens.txt", last_line_gone, "are not in it"),
    # ONNX Runtime itself refuses these: the one at load, the other at the first run
    "no fit": ("joiner.onnx", of_another_size, "cannot be used"),
    "unknown operator": ("encoder.onnx", changed(b"ReduceMean", b"ReduceMoan"), "ReduceMoan"),
}


@pytest.mark.parametrize(("file", "harm", "why"), SHERPA_HARM.values(), ids=SHERPA_HARM)
def test_a_bad_sherpa_folder_is_one_clear_line(
    tmp_path: Path, file: str, harm: Callable[[Path], None], why: str
) -> None:
    """Some of these would end the process in the engine."""
    folder = sherpa_folder(tmp_path / "model")
    harm(folder / file)
    with pytest.raises(MortarError, match=why) as raised:
        engine(Recogniser.SHERPA, folder)
    assert str(folder) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_metadata_is_what_onnx_reads(models: dict[Recogniser, Path]) -> None:
    """Key by key, against the library that defines the format."""
    for path in models[Recogniser.SHERPA].glob("*.onnx"):
        assert onnx_file.metadata(path) == {p.key: p.value for p in onnx.load(path).metadata_props}


# --- settings -----------------------------------------------------------------------------------


def test_a_model_is_found_by_its_name(
    models: dict[Recogniser, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the data folder; a folder with one Whisper file in it is that file; int8 goes first."""
    data = models[Recogniser.WHISPER].parent / "data"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    whisper_file(_made(data / "mortar/models/whisper-toy") / "ggml-toy.bin")
    assert transcribe(engine(Recogniser.WHISPER, "whisper-toy"), question()).text == TEXT
    streaming = sherpa_folder(data / "mortar/models/streaming-toy")
    (streaming / "encoder.onnx").rename(streaming / "encoder.int8.onnx")
    (streaming / "encoder.onnx").write_bytes(b"the full precision that is passed over")
    assert transcribe(engine(Recogniser.SHERPA, "streaming-toy"), question()).text == TEXT


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("kind", DICTATION)
@pytest.mark.parametrize(
    ("model", "code"), [("", "dictation-model-unset"), ("no-such", "dictation-model-missing")]
)
def test_a_model_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Recogniser, model: str, code: str
) -> None:
    """The line says where it is looked for."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(MortarError) as raised:
        engine(kind, model)
    assert raised.value.code == code
    assert str(tmp_path / "mortar" / "models") in str(raised.value)


def test_an_unknown_engine_names_file_and_key(tmp_path: Path) -> None:
    """One line, before anything is started."""
    file = tmp_path / "mine.toml"
    file.write_text('[listen]\nengine = "dragon"\n')
    with pytest.raises(UsageError, match=r"dragon.*listen\.engine") as raised:
        settings.load("host", file)
    assert str(file) in str(raised.value)


def test_a_language_that_whisper_does_not_know(models: dict[Recogniser, Path]) -> None:
    """The line lists those it knows."""
    with pytest.raises(MortarError, match=r"xx.*de") as raised:
        engine(Recogniser.WHISPER, models[Recogniser.WHISPER], language="xx")
    assert raised.value.code == "language-unknown"


def test_an_english_model_speaks_no_other_language(models: dict[Recogniser, Path]) -> None:
    """whisper.cpp would quietly write English."""
    with pytest.raises(MortarError) as raised:
        engine(Recogniser.WHISPER, models[Recogniser.WHISPER], language="de")
    assert raised.value.code == "language-not-in-model"


def test_an_engine_that_fails_at_a_question_says_so_and_hears_the_next(
    models: dict[Recogniser, Path],
) -> None:
    """It breaks its work off and nobody wanted that, as where its memory runs out: that is not silence."""
    breaks_off = [True]
    recogniser = engine(
        Recogniser.WHISPER, models[Recogniser.WHISPER], lambda: bool(breaks_off and breaks_off.pop())
    )
    with pytest.raises(MortarError, match=r"Whisper failed: .*failed to encode") as raised:
        transcribe(recogniser, question())
    assert raised.value.code == "dictation-failed"
    assert transcribe(recogniser, question()).text == TEXT


@pytest.mark.parametrize(("kind", "package"), [("whisper", "pywhispercpp"), ("sherpa", "sherpa_onnx")])
def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, kind: str, package: str) -> None:
    """The line says how to install it."""
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"{package}.model", raising=False)
    monkeypatch.delitem(sys.modules, f"mortar.runtimes.{kind}", raising=False)
    with pytest.raises(MortarError, match=r"pip install.*dictation") as raised:
        engine(Recogniser(kind), "any")
    assert raised.value.code == "dictation-package-missing"
