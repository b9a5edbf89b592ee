"""The real espeak-ng as an engine: what it makes sound of, and what becomes an error."""

import os
import stat
from pathlib import Path

import numpy as np
import psutil
import pytest

from mortar.errors import MortarError
from mortar.runtimes.espeak import EspeakNg
from mortar.runtimes.speech_text import LONGEST_chars, speakable
from mortar.settings import Voice
from voice.sounds import loudness


@pytest.fixture(scope="module")
def espeak() -> EspeakNg:
    return EspeakNg(Voice())


def seconds(espeak: EspeakNg, text: str) -> float:
    return sum(len(samples) for samples in espeak.synthesise(text)) / espeak.rate_Hz


def test_a_sentence_is_speech(espeak: EspeakNg) -> None:
    """Loud enough, of a plausible length, and in more than one chunk."""
    chunks = list(espeak.synthesise("I see a cat on the left and two cups on the right."))
    sound = np.concatenate(chunks)
    assert sound.dtype == np.int16
    assert len(chunks) > 1
    assert 2 < len(sound) / espeak.rate_Hz < 6
    assert loudness(sound) > 1_000


@pytest.mark.parametrize("text", ["", "   ", "\n\t\0", "...", "?!", "\x01", "[[]]", "—"])
def test_text_without_a_letter_makes_no_sound(espeak: EspeakNg, text: str) -> None:
    """Nothing to say is not an error."""
    assert list(espeak.synthesise(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "--help me",
        "-f /etc/passwd",
        "a\x00b",
        "\x01 50s slow \x1b[2J",
        "<speak>no markup</speak>",
        "half a pair: \ud83d",
        "日本語 und Grüße 🐱",
        "word " * 300,
        "x" * 100_000,
    ],
)
def test_any_text_is_safe(espeak: EspeakNg, text: str) -> None:
    """Options, control characters, lone surrogates, other scripts and endless words are only text."""
    assert seconds(espeak, text) > 0.2


def test_commands_inside_text_reach_no_engine() -> None:
    """Control-A commands and [[phonemes]] are how espeak-ng is steered from within a text."""
    assert speakable("say \x0150s [[h@l'oU]] now\r\n") == "say 50s h@l'oU now"
    assert len(speakable("x" * 100_000)) == LONGEST_chars


def test_closing_ends_the_process(espeak: EspeakNg) -> None:
    """Who no longer listens leaves no process and no open pipe."""
    before = os.listdir("/proc/self/fd")
    made = espeak.synthesise("word " * 300)
    next(made)
    assert [child.name() for child in psutil.Process().children()] == ["espeak-ng"]
    made.close()
    assert psutil.Process().children() == []
    assert os.listdir("/proc/self/fd") == before


def test_settings_reach_the_voice() -> None:
    """Fewer words a minute take longer."""
    slow, fast = (EspeakNg(Voice(words_per_minute=rate)) for rate in (100, 300))
    text = "There is a cat on the left."
    assert seconds(slow, text) > 1.5 * seconds(fast, text)


@pytest.mark.parametrize("language", ["xx-nobody", "-x", "../../etc/passwd"])
def test_an_unknown_voice_names_the_voice_and_where_to_look(language: str) -> None:
    """One line that says which setting is wrong, and how to see the voices."""
    with pytest.raises(MortarError) as caught:
        EspeakNg(Voice(language=language))
    assert caught.value.code == "voice-unusable"
    assert language in caught.value.what
    assert "espeak-ng --voices" in caught.value.do


def test_without_espeak_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A computer that has none is told the one command that helps."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MortarError, match="apt install espeak-ng") as caught:
        EspeakNg(Voice())
    assert caught.value.code == "espeak-missing"


@pytest.mark.parametrize(
    "ending",
    ["exit 3", "kill -9 $$", "cat; exit 0", "head -c 20000; exit 1"],
    ids=["fails", "is killed", "writes rubbish", "fails in the middle"],
)
def test_an_engine_that_fails_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str
) -> None:
    """Whatever espeak-ng does wrong on a sentence comes out as one MortarError."""
    real = Path("/usr/bin/espeak-ng")
    program = tmp_path / "espeak-ng"
    speech = f"echo hello | {real} --stdin --stdout"
    ending = ending if ending.startswith(("exit", "kill", "cat")) else f"{speech} | {ending}"
    program.write_text(f'#!/bin/sh\nread first\n[ "$first" = a ] && {{ {speech}; exit; }}\n{ending}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(MortarError) as caught:
        list(EspeakNg(Voice()).synthesise("This sentence is lost."))
    assert caught.value.code == "speech-failed"
