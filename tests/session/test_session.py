"""The session that `mortar run` plays by itself: complete, small, and asking what can be understood."""

from pathlib import Path

import pytest
import soundfile

from mortar import resources
from mortar.assistant.intents import Understanding
from mortar.drivers.pictures import pictures_in, read_picture
from mortar_tools.session import Exchange, RATE_Hz, TAIL_ms, exchanges, main

FOLDER = resources.session_folder()

MOST_BYTES = 1_500_000


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix in (".flac", ".png"))


def test_each_exchange_has_its_recording_and_its_picture() -> None:
    """In the order of their names, which is the order in which they are played and seen."""
    names = [exchange.name for exchange in exchanges(FOLDER)]
    assert names == sorted(names)
    assert files(FOLDER) == sorted(f"{name}.{kind}" for name in names for kind in ("flac", "png"))
    assert [path.stem for path in pictures_in(FOLDER)] == names


def test_the_session_is_small() -> None:
    """Everybody who clones the repository carries it."""
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("exchange", exchanges(FOLDER), ids=lambda exchange: exchange.name)
def test_an_exchange_can_be_played(exchange: Exchange) -> None:
    """16 kHz mono speech that leaves time for the answer, a picture, a question with a meaning."""
    sound, rate_Hz = soundfile.read(FOLDER / f"{exchange.name}.flac", dtype="int16")
    assert rate_Hz == RATE_Hz
    assert sound.ndim == 1
    tail = sound[-TAIL_ms * RATE_Hz // 1_000 :]
    assert abs(tail).max() < 100 < abs(sound).max()
    assert read_picture(FOLDER / f"{exchange.name}.png").size == (640, 480)
    intent = Understanding().understand(exchange.heard)
    assert intent is not None
    assert intent.name == exchange.intent
    assert exchange.answer_has


def test_the_command_makes_the_files(tmp_path: Path) -> None:
    """All of them, and what they sound like and show does not depend on the folder."""
    assert main(["--folder", str(tmp_path)]) == 0
    assert files(tmp_path) == files(FOLDER)
    for name in files(tmp_path):
        if name.endswith(".flac"):
            assert soundfile.info(tmp_path / name).samplerate == RATE_Hz
        else:
            assert read_picture(tmp_path / name).size == (640, 480)
