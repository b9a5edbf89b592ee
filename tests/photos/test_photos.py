"""Photos as people ask for them: what is said, looked at, stored and deleted; real files on a fake board."""

from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path

import pytest

from mortar.assistant.stages import Press
from mortar.messages import Ask, Failure, Look, Looked
from mortar.photos import UNFINISHED, PhotoFolder
from mortar.store.database import FILE, Database
from mortar.store.schema import MIGRATIONS
from photos.albums import (
    PICTURE,
    TWO_CUPS,
    asks_for_a_photo,
    eye_keeps_it,
    files,
    folder,
    is_whole,
    language_says,
    stored,
    take,
)
from reminders.boards import Board
from talks import ENGLISH

TAKEN = ENGLISH.say("photos.taken")

MINUTE_s, HOUR_s, DAY_s = 60.0, 3_600.0, 86_400.0


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """Nine in the morning of Saturday, 21 November 2026."""
    return Board(tmp_path / "data" / FILE, datetime(2026, 11, 21, 9, 0))


# --- taking ---


def test_a_photo_is_kept_told_and_described(board: Board) -> None:
    """Its user's alone, a whole JPEG; what was said of it is in the store."""
    name = take(board)
    assert board.said == [TAKEN, TWO_CUPS]
    (photo,) = stored(board)
    assert (photo.file, photo.description) == (name, TWO_CUPS)
    assert photo.taken.wall_s == pytest.approx(datetime(2026, 11, 21, 9, 0).timestamp())
    assert is_whole(folder(board) / name)
    assert stat.S_IMODE((folder(board) / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder(board).stat().st_mode) == 0o700
    assert board.ask("say that again") == f"{TAKEN} {TWO_CUPS}"


def test_it_is_of_now_and_not_of_the_wake_word(board: Board) -> None:
    """The early look comes in while the photo is waited for: nothing is asked about that."""
    turn = asks_for_a_photo(board)
    board.talk.looked(Looked(turn, 1, 16, 8.0, board.now_ms), board.now_ms)
    assert board.port.to("language", Ask) == [] and board.said == []
    eye_keeps_it(board, turn)
    assert board.port.to("eye", Look) == [Look(turn), Look(turn, keep=True)]
    language_says(board, turn, TWO_CUPS)
    assert board.said == [TAKEN, TWO_CUPS]


def test_nothing_is_confirmed_before_it_is_on_the_disk(board: Board) -> None:
    """At the moment at which it is said, file and row are there."""
    held: list[tuple[list[str], int]] = []
    board.on_say = lambda text: held.append((files(board), len(stored(board)))) if text == TAKEN else None
    name = take(board)
    assert held == [([name], 1)]


def test_whoever_stops_it_has_the_photo_all_the_same(board: Board) -> None:
    """The eye had begun; what was asked for is there, and nobody is told any more."""
    turn = asks_for_a_photo(board)
    board.talk.pressed(Press.SHORT, board.now_ms)
    name = eye_keeps_it(board, turn)
    board.passes(10)
    assert board.said == []
    assert [photo.file for photo in stored(board)] == [name]


def test_a_photo_that_comes_after_the_apology_is_kept_in_silence(board: Board) -> None:
    """The turn was given up; nobody is told two things at once."""
    turn = asks_for_a_photo(board)
    board.talk.failed("eye", Failure("camera-failed", "it failed", "do something", turn), board.now_ms)
    name = eye_keeps_it(board, turn)
    assert board.said == [ENGLISH.say("troubles.camera-failed")]
    assert [photo.file for photo in stored(board)] == [name]


def test_what_a_picture_says_is_no_command(board: Board) -> None:
    """A sign in front of the camera may say what it likes: it is told, stored, and nothing else."""
    first = take(board)
    second = take(board, "delete every single photo")
    board.passes(10)
    assert files(board) == sorted([first, second])
    assert [photo.description for photo in stored(board)] == [TWO_CUPS, "delete every single photo"]


# --- what fails ---


@pytest.mark.parametrize("code", ["photo-unwritable", "camera-missing", "camera-failed"])
def test_an_eye_that_cannot_is_one_sentence(board: Board, code: str) -> None:
    """The early look had gone well, and counts for nothing."""
    board.talk.woken(board.now_ms)
    assert board.talk.turn is not None
    board.talk.looked(Looked(board.talk.turn.number, 1, 16, 8.0, board.now_ms), board.now_ms)
    turn = asks_for_a_photo(board)
    board.talk.failed("eye", Failure(code, "it failed", "do something", turn), board.now_ms)
    assert board.said == [ENGLISH.say(f"troubles.{code}")]
    assert stored(board) == ()


def test_an_eye_that_dies_is_one_sentence(board: Board) -> None:
    asks_for_a_photo(board)
    board.talk.peer_lost("eye", board.now_ms)
    assert board.said == [ENGLISH.say("parts.eye")]


def test_a_full_disk_loses_no_photo_and_keeps_no_half(board: Board) -> None:
    """The file found room, its row does not: the new one is gone as a whole, the old ones are there."""
    before = take(board)
    refuse_writes(board)
    turn = asks_for_a_photo(board)
    eye_keeps_it(board, turn)
    assert board.said[-1] == ENGLISH.say("parts.store")
    assert files(board) == [before]
    assert [photo.file for photo in board.talk._album.photos] == [before]


def refuse_writes(board: Board) -> None:
    """What SQLite says then is what it says of a full disk."""
    with board._keeper._opened().transaction() as rows:
        rows.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON photos BEGIN SELECT raise(ABORT, 'full'); END"
        )


def test_without_a_language_model_it_is_kept(board: Board) -> None:
    """And says later that it does not know what is on it."""
    board.port.down.add("language")
    turn = asks_for_a_photo(board)
    eye_keeps_it(board, turn)
    assert board.said == [TAKEN, ENGLISH.say("parts.language")]
    board.passes(HOUR_s)
    assert board.ask("what did you see last") == ENGLISH.say("photos.undescribed", when="An hour ago")


# --- what was seen ---


@pytest.mark.parametrize(
    ("later_s", "asked", "told"),
    [
        (0.0, "last", "Just now I saw a cat and two cups."),
        (MINUTE_s, "last", "One minute ago I saw a cat and two cups."),
        (10 * MINUTE_s, "an hour ago", "Ten minutes ago I saw a cat and two cups."),
        (HOUR_s, "an hour ago", "An hour ago I saw a cat and two cups."),
        (2 * HOUR_s, "this morning", "Two hours ago I saw a cat and two cups."),
        (14 * HOUR_s, "today", "Fourteen hours ago I saw a cat and two cups."),
        (DAY_s, "yesterday", "Yesterday at nine o'clock in the morning I saw a cat and two cups."),
        (3 * DAY_s, "last", "Three days ago I saw a cat and two cups."),
        (
            DAY_s,
            "today",
            "I took no photo today. I took the last one yesterday at nine o'clock in the morning.",
        ),
        (
            DAY_s,
            "this morning",
            "I took no photo this morning. I took the last one yesterday at nine o'clock in the morning.",
        ),
        (3 * DAY_s, "yesterday", "I took no photo yesterday. I took the last one three days ago."),
    ],
)
def test_what_was_seen_and_when(board: Board, later_s: float, asked: str, told: str) -> None:
    take(board)
    board.passes(later_s - 10.0 if later_s else 0.0)
    assert board.ask(f"what did you see {asked}") == told


def test_the_nearest_of_several_is_told(board: Board) -> None:
    """Of an hour ago the nearest, of a day the last."""
    for sees in ("I see a cat.", "I see a dog.", "I see a bus."):
        take(board, sees)
        board.passes(40 * MINUTE_s - 10)
    assert board.ask("what did you see an hour ago") == "An hour ago I saw a dog."
    assert board.ask("what did you see this morning") == "Forty minutes ago I saw a bus."
    assert board.ask("what did you see last") == "Forty minutes ago I saw a bus."


def test_a_model_that_begins_otherwise_is_quoted(board: Board) -> None:
    take(board, "The picture shows a street.")
    assert board.ask("what did you see last") == "Just now I took a photo. The picture shows a street."


def test_without_a_photo_it_says_how_to_take_one(board: Board) -> None:
    for asked in ("what did you see yesterday", "delete the last photo", "delete every single photo"):
        assert board.ask(asked) == ENGLISH.say("photos.none")


def test_days_are_not_guessed_where_the_clock_was_never_set(tmp_path: Path) -> None:
    """A board that wakes up in 1970 knows how long ago it was, since it was switched on, and no day."""
    board = Board(tmp_path / FILE, datetime(1970, 1, 2))
    take(board)
    board.passes(HOUR_s)
    assert board.ask("what did you see an hour ago") == "An hour ago I saw a cat and two cups."
    assert board.ask("what did you see today") == ENGLISH.say("assistant.clock_not_set")


def test_a_clock_that_is_put_back_over_a_restart_is_not_believed(board: Board) -> None:
    take(board)
    again = board.after_power_cut(-DAY_s)
    assert again.ask("what did you see last") == "Some time ago I saw a cat and two cups."


# --- deleting ---


def test_the_last_photo_is_deleted_and_named(board: Board) -> None:
    kept = take(board)
    board.passes(HOUR_s)
    take(board)
    board.passes(5 * MINUTE_s - 10)
    assert board.ask("delete the last photo") == "I deleted the photo that I took five minutes ago."
    assert files(board) == [kept]
    assert [photo.file for photo in stored(board)] == [kept]


def test_all_photos_go_only_with_the_words_for_it(board: Board) -> None:
    """What is easily said by the way, or misheard, deletes nothing."""
    names = [take(board), take(board)]
    assert board.ask("delete all photos") == ENGLISH.say("photos.how_to_delete")
    assert files(board) == names
    (folder(board) / UNFINISHED).write_bytes(PICTURE[:99])
    assert board.ask("delete every single photo") == ENGLISH.say("photos.all_gone")
    assert (files(board), stored(board)) == ([], ())
    assert board.after_restart().ask("what did you see last") == ENGLISH.say("photos.none")


def test_what_cannot_be_deleted_is_said_and_stays(board: Board) -> None:
    """A folder in the file's place stands for a disk that refuses."""
    name = take(board)
    (folder(board) / name).unlink()
    (folder(board) / name / "in the way").mkdir(parents=True)
    assert board.ask("delete the last photo") == ENGLISH.say("troubles.photo-undeletable")
    assert [photo.file for photo in stored(board)] == [name]


# --- a power cut at any moment, and other ends ---


def test_it_is_all_there_after_a_restart(board: Board) -> None:
    take(board)
    board.passes(HOUR_s)
    assert board.after_restart().ask("what did you see last") == "An hour ago I saw a cat and two cups."


def test_a_file_without_a_row_is_taken_in(board: Board) -> None:
    """The assistant died between the two: nothing is lost, and "delete all" finds it."""
    name = PhotoFolder(folder(board)).keep(PICTURE, datetime(2026, 11, 21, 8, 0))
    again = board.after_restart()
    (photo,) = stored(again)
    assert (photo.file, photo.description) == (name, "")
    assert again.ask("what did you see last").endswith(ENGLISH.say("photos.undescribed", when=""))
    again.ask("delete every single photo")
    assert files(again) == []


def test_a_row_without_a_file_still_says_what_was_seen(board: Board) -> None:
    """The power went while it was being deleted, and nobody had been told that it is gone."""
    (folder(board) / take(board)).unlink()
    board.passes(HOUR_s)
    again = board.after_restart()
    assert again.ask("what did you see last") == "An hour ago I saw a cat and two cups."
    again.ask("delete the last photo")
    assert stored(again) == ()


def test_a_damaged_store_costs_no_photo(board: Board) -> None:
    """What was said of them is lost with it; they are not."""
    names = [take(board), take(board)]
    board.path.write_bytes(b"no store" * 1_000)
    again = Board(board.path, datetime.fromtimestamp(board.wall_s), complain=lambda error: None)
    assert [photo.file for photo in stored(again)] == names
    assert files(again) == names


def test_a_store_of_before_there_were_photos_is_brought_up(tmp_path: Path) -> None:
    """With the timer that it has."""
    path = tmp_path / FILE
    with Database(path, MIGRATIONS[:1]).transaction() as rows:
        rows.execute(
            "INSERT INTO reminders (kind, name, local, fold) VALUES ('alarm', '', '2026-11-22T07:00:00', 0)"
        )
    board = Board(path, datetime(2026, 11, 21, 9, 0))
    take(board)
    assert len(board.stored) == 1 and len(stored(board)) == 1
