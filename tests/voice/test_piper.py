"""The real Piper in its own process, on a voice with random weights: sound, stops, and every refusal."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from mortar.errors import MortarError
from mortar.runtimes import choose
from mortar.runtimes.piper import Piper, voice_file
from mortar.settings import Voice, VoiceEngine
from voice.piper_voices import HUM_samples, RATE_Hz, make_voice
from voice.sounds import loudness

LONG = (
    "I see a cat on the left of the table, a dog in the middle of the picture,"
    " and two cups and an umbrella on the right of it."
)


def piper_with(path: Path, **settings: object) -> Piper:
    return Piper(Voice(engine=VoiceEngine.PIPER, model=str(path), **settings))


@pytest.fixture(scope="module")
def voice_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_voice(tmp_path_factory.mktemp("voices"))


@pytest.fixture(scope="module")
def piper(voice_path: Path) -> Iterator[Piper]:
    with closing(piper_with(voice_path)) as engine:
        yield engine


def newest_child() -> psutil.Process:
    return max(psutil.Process().children(), key=lambda child: (child.create_time(), child.pid))


def refusal(path: Path) -> MortarError:
    """What making the engine with that voice raises; no process may be left."""
    before = psutil.Process().children()
    with pytest.raises(MortarError) as caught:
        piper_with(path)
    assert psutil.Process().children() == before
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_sentence_is_sound(piper: Piper) -> None:
    """The voice's own rate and language, int16, loud enough, as long as its phonemes."""
    sound = np.concatenate(list(piper.synthesise("There is a cat.")))
    assert (piper.rate_Hz, piper.language, piper.unit) == (RATE_Hz, "en-us", "piper/cpu")
    assert sound.dtype == np.int16
    assert loudness(sound) > 1_000
    assert len(sound) > 12 * HUM_samples


@pytest.mark.parametrize("text", ["", "   ", "\n", "...", "[[]]", "—"])
def test_text_without_a_letter_makes_no_sound(piper: Piper, text: str) -> None:
    """Nothing to say is not an error."""
    assert list(piper.synthesise(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\x00b",
        "[[h@l'oU]]",
        "half a pair: \ud83d",
        "日本語 und Grüße 🐱",
        "x" * 5_000,
        "word " * 300,
    ],
)
def test_any_text_is_safe(piper: Piper, text: str) -> None:
    """Line ends, phoneme brackets, lone surrogates, other scripts and endless words: one answer each."""
    assert sum(len(samples) for samples in piper.synthesise(text)) > 0
    assert len(list(piper.synthesise("Yes."))) == 1


def test_a_long_sentence_sounds_before_it_is_made(piper: Piper) -> None:
    """It comes clause by clause: the first is a small part of the whole, a short sentence is not cut."""
    pieces = list(piper.synthesise(LONG))
    assert len(pieces) > 1
    assert len(pieces[0]) < sum(map(len, pieces)) / 2
    assert len(list(piper.synthesise("Yes, there is a cat."))) == 1


def test_pieces_meet_without_a_click(piper: Piper) -> None:
    """Each begins and ends at zero and gets there gradually."""
    for samples in piper.synthesise(LONG):
        assert samples[0] == samples[-1] == 0
        rise = np.abs(samples[:16].astype(int))
        assert rise.max() < np.abs(samples.astype(int)).max() / 3


def test_who_stops_listening_is_done_at_once(piper: Piper) -> None:
    """Closing after the first piece asks for no other; the next sentence is whole and its own."""
    whole = np.concatenate(list(piper.synthesise("Yes, there is a cat.")))
    made = piper.synthesise(LONG)
    next(made)
    made.close()
    np.testing.assert_array_equal(np.concatenate(list(piper.synthesise("Yes, there is a cat."))), whole)


def test_fewer_words_a_minute_take_longer(voice_path: Path) -> None:
    """170 is the voice's own pace, 85 is half of it."""
    with closing(piper_with(voice_path, words_per_minute=85)) as slow, closing(piper_with(voice_path)) as own:
        lengths = [sum(map(len, engine.synthesise("There is a cat."))) for engine in (slow, own)]
    assert lengths[0] == pytest.approx(2 * lengths[1], rel=0.01)


def test_an_engine_that_dies_between_sentences_is_started_again(voice_path: Path) -> None:
    """Killed for memory while nobody speaks: nobody notices."""
    with closing(piper_with(voice_path)) as engine:
        killed = newest_child()
        killed.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        assert sum(map(len, engine.synthesise("Yes."))) > 0


def test_an_engine_that_fails_in_a_sentence_costs_that_sentence(tmp_path: Path) -> None:
    """One phoneme that the model has no weights for ends the engine: one error, and the next is spoken."""
    path = make_voice(tmp_path)
    description = path.with_name(f"{path.name}.json")
    about = json.loads(description.read_text())
    about["phoneme_id_map"]["z"] = [9_999]
    description.write_text(json.dumps(about))
    with closing(piper_with(path)) as engine:
        with pytest.raises(MortarError, match="Piper failed") as caught:
            list(engine.synthesise("A zebra."))
        assert caught.value.code == "speech-failed"
        assert "9999" in caught.value.what
        assert sum(map(len, engine.synthesise("A cat."))) > 0


KILLED = """
import os, signal, sys
import psutil
from voice.test_piper import piper_with

engine = piper_with(sys.argv[1])
print(psutil.Process().children()[0].pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_voice_that_is_killed_leaves_no_engine(voice_path: Path) -> None:
    """The supervisor ends a worker that hangs with a signal: Piper ends by itself."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(voice_path)],
        env={**os.environ, "PYTHONPATH": f"{Path(__file__).parents[1]}:{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(timeout=60)
    assert not psutil.pid_exists(int(done.stdout))


def test_closing_leaves_no_process_and_no_open_file(voice_path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    children = psutil.Process().children()
    piper_with(voice_path).close()
    assert psutil.Process().children() == children
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("what", ["empty", "garbage", "cut short", "a model of another kind"])
def test_a_broken_model_is_one_clear_line(tmp_path: Path, what: str) -> None:
    """Whatever the native engine makes of it: the error names the file, and this process lives on."""
    path = make_voice(tmp_path)
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "garbage": np.random.default_rng(1).bytes(100_000),
        "cut short": whole[: len(whole) // 2],
        "a model of another kind": whole.replace(b"input", b"wrong"),
    }
    path.write_bytes(contents[what])
    if what == "a model of another kind":  # it loads, and takes other inputs
        with closing(piper_with(path)) as engine, pytest.raises(MortarError) as caught:
            list(engine.synthesise("Yes."))
        assert caught.value.code == "speech-failed"
    else:
        error = refusal(path)
        assert error.code == "voice-unusable"
        assert str(path) in error.what
        assert "docs/voice.md" in error.do


@pytest.mark.parametrize("about", [None, "", "{", "[]", "{}", '{"audio": {"sample_rate": "fast"}}'])
def test_a_broken_description_is_one_clear_line(tmp_path: Path, about: str | None) -> None:
    """NAME.onnx.json is missing, is not JSON, or lacks what Piper needs."""
    path = make_voice(tmp_path)
    description = path.with_name(f"{path.name}.json")
    description.unlink()
    if about is not None:
        description.write_text(about)
    error = refusal(path)
    assert error.code == "voice-unusable"
    assert str(path) in error.what


def test_a_silent_voice_is_refused(tmp_path: Path) -> None:
    """A speaker that says nothing would be looked for everywhere else."""
    path = make_voice(tmp_path, loudness=0.0)
    with pytest.raises(MortarError, match="no sound") as caught:
        choose.speech_synthesiser(Voice(engine=VoiceEngine.PIPER, model=str(path)))
    assert caught.value.code == "voice-unusable"


def test_voices_are_found_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder for what people install, or anywhere."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    installed = make_voice(tmp_path / "mortar" / "voices", "en_GB-hum-low")
    assert voice_file("en_GB-hum-low") == installed
    elsewhere = make_voice(tmp_path / "elsewhere")
    assert voice_file(str(elsewhere)) == elsewhere


@pytest.mark.parametrize("model", ["", "nobody", "../../etc/passwd", "/nowhere/at-all.onnx"])
def test_a_missing_voice_lists_those_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """One line: what was asked for, where it was looked for, what is there."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    make_voice(tmp_path / "mortar" / "voices", "en_GB-hum-low")
    with pytest.raises(MortarError, match=r"installed in .*: en_GB-hum-low") as caught:
        voice_file(model)
    assert caught.value.code == "voice-missing"
    assert model in caught.value.what


def test_without_the_package_the_error_says_what_to_install(
    voice_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)  # how Python itself marks what cannot be imported
    error = refusal(voice_path)
    assert error.code == "piper-missing"
    assert "mortar[piper]" in error.do
