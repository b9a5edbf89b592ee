"""A board on which photos are taken: its eye writes real files, its language model says what a test wants."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from mortar.drivers.pictures import jpeg
from mortar.messages import Ask, Heard, Look, Looked, Sentence
from mortar.photos import FOLDER, Photo, PhotoFolder
from mortar.store import photos
from mortar.store.database import Database
from reminders.boards import Board
from talks import answer

TWO_CUPS = "I see a cat and two cups."
PICTURE = jpeg(Image.effect_noise((160, 120), 80).convert("RGB"))


def folder(board: Board) -> Path:
    return board.path.with_name(FOLDER)


def files(board: Board) -> list[str]:
    return sorted(path.name for path in folder(board).iterdir()) if folder(board).exists() else []


def stored(board: Board) -> tuple[Photo, ...]:
    """As somebody else reads it in the file."""
    return photos.load(Database(board.path))


def is_whole(path: Path) -> bool:
    """Raises OSError where it is not."""
    with Image.open(BytesIO(path.read_bytes()), formats=["JPEG"]) as picture:
        picture.load()
    return True


def asks_for_a_photo(board: Board) -> int:
    """Aloud, and the eye is told; gives the turn."""
    board.talk.woken(board.now_ms)
    board.talk.speech_ended(1, board.now_ms)
    board.talk.heard(Heard(1, "take a photo", 0.9, board.now_ms), board.now_ms)
    assert board.talk.turn is not None
    turn = board.talk.turn.number
    assert board.port.to("eye", Look)[-1] == Look(turn, keep=True)
    return turn


def eye_keeps_it(board: Board, turn: int) -> str:
    """The name of its file."""
    taken = datetime.fromtimestamp(board.wall_s)
    name = PhotoFolder(folder(board)).keep(PICTURE, taken)
    board.talk.looked(Looked(turn, 1, 16, 8.0, board.now_ms, name), board.now_ms)
    return name


def language_says(board: Board, turn: int, text: str) -> None:
    assert board.port.to("language", Ask)[-1] == Ask(turn, "what do you see", look=True)
    board.talk.sentence(Sentence(turn, 0, text, board.now_ms), board.now_ms)
    board.talk.answered(answer(turn, text), board.now_ms)


def take(board: Board, sees: str = TWO_CUPS) -> str:
    """All of it, until it was heard out; gives the file's name."""
    turn = asks_for_a_photo(board)
    name = eye_keeps_it(board, turn)
    language_says(board, turn, sees)
    board.passes(10)
    return name
