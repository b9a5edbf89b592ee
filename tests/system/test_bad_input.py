"""Bad input gets one clear line on standard error, and loses nothing."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from mortar import resources
from mortar_tools.program import mortar
from scenes import table
from system.recordings import ask


def assert_one_line(errors: str, *words: str) -> None:
    """One line that says what failed and names it; never a traceback."""
    assert errors.count("\n") == 1, errors
    assert "Traceback" not in errors
    for word in words:
        assert word in errors


def not_a_wav(path: Path) -> None:
    path.write_bytes(b"this is no sound at all, whatever its name says")


def empty_file(path: Path) -> None:
    path.write_bytes(b"")


def no_samples(path: Path) -> None:
    silent(path, 0)


def an_hour(path: Path) -> None:
    silent(path, 3_600)


def silent(path: Path, seconds: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8_000)
        file.writeframes(bytes(8_000 * seconds))


def missing(path: Path) -> None:
    """Nothing is written."""


@pytest.mark.parametrize("spoil", [not_a_wav, empty_file, no_samples, an_hour, missing])
def test_a_bad_recording(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Not a WAV, empty, without samples, an hour long, missing."""
    recording = tmp_path / "q.wav"
    spoil(recording)
    ran = mortar(tmp_path / "run", "hear", recording)
    assert ran.status in (1, 2)
    assert_one_line(ran.errors, "q.wav")


def truncated_picture(path: Path) -> None:
    whole = table(["cat"], path.with_suffix(".whole.png")).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def huge_picture(path: Path) -> None:
    Image.new("1", (30_000, 30_000)).save(path)


def not_a_picture(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7 certainly not a picture")


@pytest.mark.parametrize("spoil", [truncated_picture, huge_picture, not_a_picture, empty_file, missing])
def test_a_bad_picture(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Truncated, huge, not one, empty, missing."""
    picture = tmp_path / "p.png"
    spoil(picture)
    ran = mortar(tmp_path / "run", "describe", picture)
    assert ran.status in (1, 2)
    assert_one_line(ran.errors, "p.png")


def copied_model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(resources.bundled_model(), tmp_path / "model"))


def missing_file(file: Path) -> None:
    file.unlink()


def truncated_file(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1_000])


def swapped_file(file: Path) -> None:
    file.write_bytes(bytes(reversed(file.read_bytes())))


HARMS = [missing_file, truncated_file, swapped_file]


@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_language_model_file(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """The file is named, and what to do is said."""
    model = copied_model(tmp_path)
    (file,) = model.glob("language-*.gguf")
    harm(file)
    ran = mortar(tmp_path / "run", "describe", table(["cat"], tmp_path / "p.png"), "--model", model)
    assert ran.status == 1
    assert_one_line(ran.errors, file.name)


@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_vision_file(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """The file is named, and the model's other file encodes the picture; where that is bad too, none can."""
    model, picture = copied_model(tmp_path), table(["cat"], tmp_path / "p.png")
    files = [next(model.glob(part)) for part in ("vision-*.tflite", "vision-mmproj-*.gguf")]
    harm(files[0])
    ran = mortar(tmp_path / "first", "describe", picture, "--model", model, "--json")
    assert ran.status == 0 and "cat" in ran.result["answer"]
    (error,) = (line for line in ran.lines if line["event"] == "error")
    assert files[0].name in error["what"]
    harm(files[1])
    ran = mortar(tmp_path / "second", "describe", picture, "--model", model)
    assert ran.status == 1
    assert_one_line(ran.errors, files[0].name)


def test_an_unknown_board_and_an_unknown_key(tmp_path: Path) -> None:
    """Both are wrong use, and name what was wrong."""
    picture = table(["cat"], tmp_path / "p.png")
    ran = mortar(tmp_path / "run", "describe", picture, "--board", "toaster")
    assert ran.status == 2
    assert_one_line(ran.errors, "toaster", "host")
    settings = tmp_path / "mortar.toml"
    settings.write_text("[voice]\nloudness = 11\n")
    ran = mortar(tmp_path / "run", "describe", picture, "--config", settings)
    assert ran.status == 2
    assert_one_line(ran.errors, "mortar.toml", "loudness")


def test_press_and_status_without_a_running_assistant(tmp_path: Path) -> None:
    """Nobody answers: one line says so."""
    for command in ("press", "status"):
        ran = mortar(tmp_path / "run", command)
        assert ran.status == 1
        assert_one_line(ran.errors)


def test_a_full_disk(tmp_path: Path) -> None:
    """The speaker's file cannot be written: the run says so and leaves no half of it."""
    ran = mortar(
        tmp_path / "run",
        *("run", "--once", "--fast", "--mic", ask(tmp_path / "q.wav", "what time is it")),
        *("--camera", table(["cat"], tmp_path / "p.png"), "--speaker", "/dev/full"),
    )
    assert ran.status == 1
    assert "Traceback" not in ran.errors
    assert "/dev/full" in ran.errors


def test_no_espeak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Speech is missing: the line names the package to install."""
    recording = ask(tmp_path / "q.wav", "what time is it")
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = mortar(
        tmp_path / "run",
        *("run", "--once", "--fast", "--mic", recording),
        *("--camera", table(["cat"], tmp_path / "p.png"), "--speaker", tmp_path / "a.wav"),
    )
    assert ran.status == 1
    assert_one_line(ran.errors, "espeak-ng")
