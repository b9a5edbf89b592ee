"""Recording and picture in, spoken answer out, through the real processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mortar_tools.program import Ran, mortar
from scenes import table
from system.recordings import ask
from voices import RATE_Hz, in_room, pause, speak


def test_a_picture_question_is_answered_aloud(tmp_path: Path) -> None:
    """By voice, into a file, and the run ends with it. tests/scenarios asks more."""
    ran = mortar(
        tmp_path / "run",
        *("run", "--board", "host", "--once", "--json", "--fast"),
        *("--mic", ask(tmp_path / "q.wav", "where is the banana")),
        *("--camera", table(["banana", "car"], tmp_path / "p.png")),
        *("--speaker", tmp_path / "a.wav"),
    )
    assert ran.status == 0, ran.errors
    assert ran.result["event"] == "done"
    assert ran.result["heard"] == "where is the banana"
    assert "left" in ran.result["answer"]
    sound, _ = soundfile.read(tmp_path / "a.wav")
    assert np.sqrt(np.mean(np.square(sound))) > 0.01, "the answer is audible"


@pytest.fixture(scope="module")
def in_real_time(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run that is paced as a real microphone and a real speaker are."""
    folder = tmp_path_factory.mktemp("real-time")
    ran = mortar(
        folder / "run",
        *("run", "--once", "--json"),
        *("--mic", ask(folder / "q.wav", "what time is it")),
        *("--camera", table(["cat"], folder / "p.png")),
        *("--speaker", folder / "a.wav"),
    )
    assert ran.status == 0, ran.errors
    return ran


def test_a_skill_is_answered_in_real_time(in_real_time: Ran) -> None:
    """With every stage in its order."""
    ran = in_real_time
    assert ran.result["intent"] == "Time"
    assert ran.result["answer"].startswith("It is")
    story = ["ready", "wake", "listen_start", "speech_start", "speech_end", "listen_end"]
    story += ["understand_start", "understand_end", "speak_start", "first_sound", "speak_end", "done"]
    told = [event for event in ran.events() if event in story]
    assert told == story
    times = [line["t_ms"] for line in ran.lines]
    assert times[-1] == max(times)


def test_looking_starts_before_the_question_is_over(in_real_time: Ran) -> None:
    """The picture is encoded while the person speaks, whatever the question turns out to be."""
    events = in_real_time.events()
    assert events.index("look_end") < events.index("speech_end")


def test_describe_answers_about_a_picture(tmp_path: Path) -> None:
    """One picture, one answer, with its confidence and where the bricks ran."""
    ran = mortar(tmp_path / "run", "describe", table(["key"], tmp_path / "p.png"), "--json")
    assert ran.status == 0, ran.errors
    assert "key" in ran.result["answer"]
    assert 0 < ran.result["confidence"] <= 1
    assert ran.result["first_token_ms"] > 0
    assert ran.result["placement"] == {"vision": "tflite/cpu", "language": "llama/cpu"}


def test_two_pictures_give_two_answers(tmp_path: Path) -> None:
    """Nothing of the first picture is left when the second is looked at."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for number, thing in enumerate(("key", "pizza")):
        table([thing], folder / f"{number}.png")
        ask(recordings / f"{number}.wav", "what do you see")
    ran = mortar(
        tmp_path / "run",
        *("run", "--json", "--fast"),
        *("--mic", recordings, "--camera", folder, "--speaker", tmp_path / "a.wav"),
    )
    assert ran.status == 0, ran.errors
    answers = [line["answer"] for line in ran.lines if line["event"] == "exchange"]
    assert ["key" in answers[0], "pizza" in answers[1], "key" in answers[1]] == [True, True, False]


def test_hear_tells_what_the_ears_make_of_a_recording(tmp_path: Path) -> None:
    """Wake word, text, intent and slots."""
    recording = ask(tmp_path / "q.wav", "how many cats are there", lead_ms=1_000)
    ran = mortar(tmp_path / "run", "hear", recording, "--json")
    assert ran.status == 0, ran.errors
    assert ran.result["wake"] == "okay_nabu"
    assert 1_000 < ran.result["wake_ms"] < 2_500
    assert ran.result["text"] == "how many cats are there"
    assert ran.result["intent"] == "LookCount"
    assert ran.result["slots"] == {"thing": "cat"}


def test_no_speech_ends_in_a_spoken_sentence(tmp_path: Path) -> None:
    """Woken, and then nobody asks."""
    recording = tmp_path / "q.wav"
    soundfile.write(recording, in_room(pause(700), speak("okay nabu"), pause(6_000)), RATE_Hz)
    ran = mortar(
        tmp_path / "run",
        *("run", "--once", "--json", "--fast", "--mic", recording),
        *("--camera", table(["cat"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    )
    assert ran.status == 1
    assert ran.result["answer"] == "I did not hear a question."
    sound, _ = soundfile.read(tmp_path / "a.wav")
    assert np.abs(sound).max() > 0.05
