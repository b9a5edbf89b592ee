"""Wake words: several at once, sensitivity, cooldown, and a person's own files, good and bad."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from harness import started
from mortar import resources
from mortar.bricks import ears
from mortar.errors import MortarError, UsageError
from mortar.messages import Failure, Rest, SoundEnded, WakeHeard
from mortar.runtimes import microwakeword, wake_words
from mortar.runtimes.interfaces import Samples
from mortar.settings import Ears, RunOptions, Settings
from mortar_tools.program import mortar
from voices import RATE_Hz, in_room, pause, speak

BLOCK = 512


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for wake words of one's own, empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = wake_words.own_folder()
    assert folder.is_relative_to(tmp_path)
    folder.mkdir(parents=True)
    return folder


def put(folder: Path, name: str, like: str = "alexa", **changed: object) -> Path:
    """A word of one's own: the files of one that there is, under another name."""
    description = wake_words.known()[like]
    shutil.copy(description.with_suffix(".tflite"), folder / f"{name}.tflite")
    told = json.loads(description.read_text()) | {"model": f"{name}.tflite"} | changed
    path = folder / f"{name}.json"
    path.write_text(json.dumps(told))
    return path


def blocks(*parts: Samples) -> Iterator[Samples]:
    """Somebody in a room, as the ears read it."""
    sound = in_room(pause(900), *parts, pause(900))
    yield from (sound[at : at + BLOCK] for at in range(0, len(sound), BLOCK))


def heard(sound: Iterator[Samples], cooldown_ms: int = 1_000, **words: float) -> list[str]:
    """The words that are heard in it, in order; no word may be unusable."""

    def complain(error: MortarError) -> None:
        raise error

    spotter = microwakeword.spotter(words, cooldown_ms, complain)
    return [found.word for block in sound for found in spotter.process(block)]


def test_each_of_several_words_is_heard_as_itself() -> None:
    """They share their features, and none is taken for another."""
    said = [speak("okay nabu", "en-gb"), speak("alexa", "en-gb"), speak("hey mycroft", "en-gb")]
    sound = blocks(said[0], pause(1_200), said[1], pause(1_200), said[2])
    assert heard(sound, okay_nabu=0.5, alexa=0.5, hey_mycroft=0.5) == ["okay_nabu", "alexa", "hey_mycroft"]


def test_a_word_that_is_not_asked_for_is_not_heard() -> None:
    assert heard(blocks(speak("alexa")), okay_nabu=0.5) == []


@pytest.mark.parametrize("length", [100, 5_000])
def test_the_sound_comes_in_blocks_of_any_length(length: int) -> None:
    """Shorter than the step of a model, and many steps long."""
    sound = np.concatenate(list(blocks(speak("alexa"), pause(1_500), speak("alexa"))))
    parts = (sound[at : at + length] for at in range(0, len(sound), length))
    assert heard(parts, alexa=0.5) == ["alexa", "alexa"]


def test_what_two_models_hear_is_one_word(own_folder: Path) -> None:
    """The one that is surer over its cutoff."""
    put(own_folder, "computer", like="alexa")
    assert heard(blocks(speak("alexa")), alexa=0.4, computer=0.6) == ["computer"]


def test_sensitivity_is_of_each_word() -> None:
    """ "okay nobody" is nearly the word: it is one where people ask for more, and for that word alone."""
    nearly = speak("okay nobody", "en-us+m3")
    assert heard(blocks(nearly), okay_nabu=0.5) == []
    assert heard(blocks(nearly), okay_nabu=1.0) == ["okay_nabu"]
    assert heard(blocks(nearly), okay_nabu=0.5, alexa=1.0) == []


@pytest.mark.parametrize("word", ["okay_nabu", "hey_jarvis", "hey_mycroft", "alexa"])
def test_half_sensitivity_is_the_models_own_cutoff(word: str) -> None:
    """And from there it falls as sensitivity grows, within what a model can say."""
    description = wake_words.known()[word]
    read = wake_words.read(description)
    assert read.cutoff == json.loads(description.read_text())["micro"]["probability_cutoff"]
    assert read.at(0.5).cutoff == pytest.approx(read.cutoff)
    cutoffs = [read.at(step / 10).cutoff for step in range(11)]
    assert cutoffs == sorted(cutoffs, reverse=True)
    assert 0.4 < cutoffs[-1] < cutoffs[0] <= wake_words.LARGEST_CUTOFF


@pytest.mark.parametrize(("cooldown_ms", "times"), [(1_000, 2), (5_000, 1)])
def test_the_cooldown(cooldown_ms: int, times: int) -> None:
    """A word that follows within it is not heard."""
    said = speak("okay nabu")
    assert heard(blocks(said, pause(1_500), said), cooldown_ms, okay_nabu=0.5) == ["okay_nabu"] * times


def test_ones_own_word_is_heard_by_its_name(own_folder: Path) -> None:
    """The files decide what it sounds like."""
    put(own_folder, "hey_computer")
    assert heard(blocks(speak("alexa")), hey_computer=0.5) == ["hey_computer"]


def test_ones_own_word_goes_before_one_of_the_same_name(own_folder: Path) -> None:
    put(own_folder, "okay_nabu", like="alexa")
    assert heard(blocks(speak("alexa")), okay_nabu=0.5) == ["okay_nabu"]


def broken_json(path: Path) -> None:
    path.write_text('{"type": "micro", ')


def not_an_object(path: Path) -> None:
    path.write_text("[1, 2]")


def not_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def other_type(path: Path) -> None:
    put(path.parent, path.stem, type="openWakeWord")


def cutoff_of_two(path: Path) -> None:
    put(path.parent, path.stem, micro={"probability_cutoff": 2, "sliding_window_size": 5})


def other_step(path: Path) -> None:
    micro = {"probability_cutoff": 0.9, "sliding_window_size": 5, "feature_step_size": 20}
    put(path.parent, path.stem, micro=micro)


def no_model(path: Path) -> None:
    path.with_suffix(".tflite").unlink()


def garbage(path: Path) -> None:
    path.with_suffix(".tflite").write_bytes(b"this is no model " * 500)


def empty(path: Path) -> None:
    path.with_suffix(".tflite").write_bytes(b"")


def truncated(path: Path) -> None:
    model = path.with_suffix(".tflite")
    model.write_bytes(model.read_bytes()[:20_000])


def a_model_of_pictures(path: Path) -> None:
    shutil.copy(next(resources.bundled_model().glob("*.tflite")), path.with_suffix(".tflite"))


SPOILS = [
    *(broken_json, not_an_object, not_text, other_type, cutoff_of_two, other_step),
    *(no_model, garbage, empty, truncated, a_model_of_pictures),
]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_bad_word_is_named_and_the_others_are_heard(
    own_folder: Path, spoil: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    """One line with the file's name; the engine, which would go down with it, never sees it."""
    spoil(put(own_folder, "computer"))
    errors: list[MortarError] = []
    spotter = microwakeword.spotter({"computer": 0.5, "okay_nabu": 0.5}, 1_000, errors.append)
    found = [detection.word for block in blocks(speak("okay nabu")) for detection in spotter.process(block)]
    assert found == ["okay_nabu"]
    (error,) = errors
    assert error.code == "wake-word-unusable"
    assert "computer.json" in str(error) and "\n" not in str(error)
    assert "ERROR" not in capfd.readouterr().err


def test_a_bad_word_alone_is_an_error(own_folder: Path) -> None:
    """Ears that hear nothing are not ready."""
    garbage(put(own_folder, "computer"))
    with pytest.raises(MortarError, match=r"computer\.json"):
        heard(blocks(), computer=0.5)


def test_a_name_that_cannot_be_spoken(own_folder: Path) -> None:
    """The grammar needs words."""
    put(own_folder, "Computer 2")
    with pytest.raises(MortarError, match="small letters"):
        microwakeword.usable(own_folder / "Computer 2.json")


def test_an_unknown_word_lists_those_there_are(own_folder: Path) -> None:
    put(own_folder, "computer")
    with pytest.raises(UsageError, match=r"okay_nubu.*alexa, .*okay_nabu, computer"):
        heard(blocks(), okay_nabu=0.5, okay_nubu=0.5)


def test_the_ears_go_on_with_the_words_that_work(own_folder: Path, tmp_path: Path) -> None:
    """The supervisor is told of the bad one, the assistant is told once, and both good ones wake."""
    put(own_folder, "computer", like="alexa")
    garbage(put(own_folder, "robot"))
    sound = in_room(pause(700), speak("alexa"), pause(1_500), speak("okay nabu"), pause(1_500))
    soundfile.write(tmp_path / "q.wav", sound, RATE_Hz)
    words = {"okay_nabu": 0.5, "robot": 0.5, "computer": 0.5}

    async def scenario() -> None:
        run = RunOptions(mic=str(tmp_path / "q.wav"), fast=True)
        async with started(
            ears.main, ["assistant", "listen"], run=run, settings=Settings(ears=Ears(wake_words=words))
        ) as brick:
            assert "robot.json" in (await brick.failure()).what
            assert (await brick["assistant"].expect(Failure)).code == "wake-word-unusable"
            assert (await brick["assistant"].expect(WakeHeard)).word == "computer"
            brick["assistant"].send(Rest())
            assert (await brick["assistant"].expect(WakeHeard)).word == "okay_nabu"
            brick["assistant"].send(Rest())
            await brick["assistant"].expect(SoundEnded)
            assert len([said for said in brick["assistant"].seen if isinstance(said, Failure)]) == 1

    asyncio.run(scenario())


def configured(folder: Path, words: str) -> Path:
    """A settings file with these words."""
    file = folder / "mortar.toml"
    file.write_text(f"[ears.wake_words]\n{words}\n")
    return file


def test_hear_says_which_word_it_was(tmp_path: Path) -> None:
    """The whole program: one's own word, and in one breath a question that is heard without it."""
    run = tmp_path / "run"
    own = run / "data" / "mortar" / "wake-words"
    own.mkdir(parents=True)
    put(own, "computer", like="alexa")
    sound = in_room(pause(700), speak("alexa"), pause(500), speak("how many cats are there"), pause(1_500))
    soundfile.write(tmp_path / "q.wav", sound, RATE_Hz)
    settings = configured(tmp_path, "okay_nabu = 0.5\ncomputer = 0.5")
    ran = mortar(run, "hear", tmp_path / "q.wav", "--json", "--config", settings)
    assert ran.status == 0, ran.errors
    assert ran.result["wake"] == "computer"
    assert ran.result["text"] == "how many cats are there"


def test_an_unknown_word_is_wrong_use(tmp_path: Path) -> None:
    """One line, exit status 2, before anything is started."""
    soundfile.write(tmp_path / "q.wav", in_room(pause(700)), RATE_Hz)
    ran = mortar(
        tmp_path / "run", "hear", tmp_path / "q.wav", "--config", configured(tmp_path, "okay_nubu = 1")
    )
    assert ran.status == 2
    assert ran.errors.count("\n") == 1
    assert "okay_nubu" in ran.errors and "okay_nabu" in ran.errors


def test_doctor_lists_the_words(tmp_path: Path) -> None:
    """Those that are heard, one's own that is not, and one's own that cannot be."""
    run = tmp_path / "run"
    own = run / "data" / "mortar" / "wake-words"
    own.mkdir(parents=True)
    put(own, "computer")
    garbage(put(own, "robot"))
    ran = mortar(run, "doctor", "--json", "--config", configured(tmp_path, "okay_nabu = 0.5\nrobot = 0.5"))
    found = [line for line in ran.lines if line["name"] == "wake words"]
    summary, computer, robot = found
    assert "okay_nabu" in summary["what"] and "hey_jarvis" in summary["what"]
    assert computer["verdict"] == "note" and "computer = 0.5" in computer["do"]
    assert robot["verdict"] == "bad" and "robot.json" in robot["what"]
    assert ran.status == 1
