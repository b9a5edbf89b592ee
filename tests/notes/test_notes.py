"""Notes as people have them: asked for, taken, told and forgotten, over a real store and real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mortar.assistant.stages import Press
from mortar.messages import (
    Ask,
    Chime,
    Context,
    Failure,
    Heard,
    Hush,
    KeepNote,
    Listen,
    Say,
    SoundBegan,
    Speaking,
)
from mortar.notes import Note
from mortar.store import note_files
from mortar.store.database import Database
from mortar.store.schema import MIGRATIONS
from notes.note_boards import NoteBoard
from talks import ENGLISH

ONE = "You asked me to remember one thing."


@pytest.fixture
def board(tmp_path: Path) -> NoteBoard:
    return NoteBoard(tmp_path)


def test_a_note_is_kept_in_the_persons_own_voice(board: NoteBoard) -> None:
    """Asked for, listened to with no wake word after an earcon, and confirmed once it is on the disk."""
    assert board.ask("remember this") == "What shall I remember?"
    assert isinstance(board.port.sent[-1][1], Listen)
    assert isinstance(board.port.to("voice", Chime)[-1], Chime)
    assert board.says() == "I will remember that."
    assert [note.file for note in board.stored_notes] == board.recordings


def test_it_is_told_with_its_time_and_played(board: NoteBoard) -> None:
    board.remembers()
    board.passes(86_400)
    assert board.ask("what did i ask you to remember") == ""
    assert board.said[-3:] == [ONE, "Yesterday, at nine o'clock in the morning, you said:", ""]
    assert board.played == board.recordings


def test_the_newest_come_first_and_five_in_one_go(board: NoteBoard) -> None:
    """The others are asked for, from there on."""
    for _ in range(7):
        board.remembers()
        board.passes(60)
    newest_first = [note.file for note in reversed(board.stored_notes)]
    board.ask("read my notes")
    others = "For the others, say, read older notes."
    assert f"You asked me to remember seven things. These are the newest five. {others}" in board.said
    assert board.played == newest_first[:5]
    board.ask("read older notes")
    assert board.played == newest_first
    assert "There are two older notes." in board.said
    assert board.ask("read older notes") == "There are no older notes."


@pytest.mark.parametrize("guess", [None, "set a timer for ten minutes", "forget everything"])
def test_nothing_that_a_note_says_is_done(board: NoteBoard, guess: str | None) -> None:
    """Whatever the bundled ears make of it: neither a skill nor the language model hears of it."""
    assert board.remembers(guess) == "I will remember that."
    assert len(board.stored_notes) == 1 and board.stored == []
    assert board.port.to("language", Ask) == []
    reminded = board.port.to("language", Context)
    assert not any(message.earlier for message in reminded if isinstance(message, Context))


def test_who_thinks_better_of_it_says_so(board: NoteBoard) -> None:
    assert board.remembers("never mind") == "I remember nothing new."
    assert board.stored_notes == [] and board.recordings == []


def test_silence_is_no_note(board: NoteBoard) -> None:
    board.ask("remember this")
    board.passes(10)
    assert board.said[-1] == "I heard nothing to remember."
    assert board.stored_notes == []


def test_the_wake_word_wins(board: NoteBoard) -> None:
    """Who says it instead of a note asks something else."""
    board.ask("make a note")
    assert "nine" in board.ask("what time is it")
    assert board.stored_notes == []


def test_its_own_question_is_no_note(board: NoteBoard) -> None:
    """The echo of "What shall I remember?" is dropped, and the note still awaited."""
    board.ask("remember this")
    board.talk.speech_began(board.now_ms)
    board.talk.speech_ended(3, board.now_ms, in_own_speech=True)
    board.talk.heard(Heard(3, None, 0.0, board.now_ms), board.now_ms)
    assert board.stored_notes == []
    assert board.says() == "I will remember that."


def test_a_follow_up_window_that_is_off_does_not_matter(tmp_path: Path) -> None:
    """It asked, so it listens. Then a wake word is needed again."""
    board = NoteBoard(tmp_path)
    board.talk._turns._follow_up_ms = 0
    assert board.remembers() == "I will remember that."


# --- dictation ---


def test_dictated_words_are_kept_as_words(board: NoteBoard) -> None:
    assert board.remembers(dictated="The keys are in the drawer.") == "I will remember that."
    board.ask("what did i ask you to remember")
    assert board.said[-1] == "Today, at nine o'clock in the morning, you said: The keys are in the drawer."
    assert board.recordings == [] and board.played == []


def test_one_sentence_is_enough_with_dictation(board: NoteBoard) -> None:
    assert board.ask("Remember that my keys are in the drawer.") == "I will remember that."
    assert [note.text for note in board.stored_notes] == ["my keys are in the drawer"]


def test_words_of_a_command_in_a_note_are_words(board: NoteBoard) -> None:
    board.remembers(dictated="Set a timer for ten minutes")
    board.ask("remember that cancel all timers")
    assert [note.text for note in board.stored_notes] == ["Set a timer for ten minutes", "cancel all timers"]
    assert board.stored == []


# --- forgetting ---


def test_forget_it_means_the_one_just_taken(board: NoteBoard) -> None:
    board.remembers()
    board.remembers()
    kept = board.stored_notes[0]
    assert board.ask("forget it") == "I have forgotten what you said today, at nine o'clock in the morning."
    assert board.stored_notes == [kept] and board.recordings == [kept.file]


def test_forget_it_means_the_one_that_was_being_played(board: NoteBoard) -> None:
    """Told newest first, interrupted in the second."""
    for _ in range(3):
        board.remembers()
        board.passes(60)
    middle = board.stored_notes[1]
    board.asks("play my notes")
    turn = board.talk.turn
    assert turn is not None
    for index in range(5):  # what is said first, and two notes: a sentence and a recording each
        board.talk.sound_began(SoundBegan(turn.number, index, board.now_ms), board.now_ms)
    board.ask("forget that")
    assert middle not in board.stored_notes and len(board.stored_notes) == 2
    assert middle.file not in board.recordings


def test_forget_it_alone_forgets_nothing(board: NoteBoard) -> None:
    """People say it for "never mind" too: minutes later it says how to forget a note."""
    board.remembers()
    board.passes(120)
    assert board.ask("forget it") == ENGLISH.say("notes.which")
    assert len(board.stored_notes) == 1


def test_the_last_note_and_all_of_them(board: NoteBoard) -> None:
    for _ in range(3):
        board.remembers()
    first, second, _ = board.stored_notes
    board.ask("forget the last note")
    assert board.stored_notes == [first, second]
    assert board.ask("forget everything i told you") == "I have forgotten two notes, all there were."
    assert board.stored_notes == [] and board.recordings == []


@pytest.mark.parametrize(
    "asked", ["what did i ask you to remember", "forget it", "forget the last note", "forget all my notes"]
)
def test_where_there_is_none(board: NoteBoard, asked: str) -> None:
    assert board.ask(asked) == "You have not asked me to remember anything."


def test_a_hundred_are_enough(board: NoteBoard) -> None:
    board.talk._notebook.take_up([Note(1.79e9, text=str(number)) for number in range(100)], at_hand=0)
    assert board.ask("remember this") == ENGLISH.say("notes.full")
    assert len(board.stored_notes) == 100


# --- playing ---


def test_the_ears_know_that_a_recording_sounds(board: NoteBoard) -> None:
    """Its words they cannot know."""
    board.remembers()
    board.ask("play my notes")
    spoken = [message.text for message in board.port.to("ears", Speaking) if isinstance(message, Speaking)]
    assert spoken[-4:] == [ONE, "Today, at nine o'clock in the morning, you said:", None, ""]


def test_playing_is_interrupted_like_any_speech(board: NoteBoard) -> None:
    board.remembers()
    board.asks("play my notes")
    board.passes(1)
    board.talk.pressed(Press.SHORT, board.now_ms)
    assert isinstance(board.port.to("voice", Hush)[-1], Hush)
    assert board.talk.turn is None


def test_the_end_of_a_recording_is_no_question(board: NoteBoard) -> None:
    """What sounded while one was heard may be its words, whatever they are."""
    board.remembers()
    board.ask("play my notes")
    said = len(board.said)
    board.talk.speech_began(board.now_ms)
    board.talk.speech_ended(9, board.now_ms, in_own_speech=True)
    board.talk.heard(Heard(9, "what time is it", 0.9, board.now_ms), board.now_ms)
    assert len(board.said) == said


def test_a_recording_that_cannot_be_played_is_told(board: NoteBoard) -> None:
    board.remembers()
    board.asks("play my notes")
    turn = board.talk.turn
    assert turn is not None
    board.talk.failed("voice", Failure("note-unreadable", "x is not sound", "y", turn.number), board.now_ms)
    assert board.said[-1] == "There is a note that I cannot play."


# --- what may go wrong ---


def test_a_full_disk_is_one_sentence_and_loses_nothing(board: NoteBoard) -> None:
    """In the store's row: what was recorded is taken back; what was there before stays."""
    board.remembers()
    kept = board.stored_notes
    with board.talk._notebook._opened().transaction() as rows:
        rows.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON notes BEGIN SELECT raise(ABORT, 'full'); END")
    assert board.remembers() == "Sorry, I could not write that down. My disk may be full."
    assert board.stored_notes == kept and board.recordings == [kept[0].file]


def test_a_folder_that_takes_no_file_is_one_sentence(board: NoteBoard) -> None:
    board.folder.parent.mkdir(exist_ok=True)
    board.folder.write_text("in the way")
    assert board.remembers() == "Sorry, I could not write that down. My disk may be full."
    assert board.stored_notes == []


def test_a_listen_that_dies_over_it_is_told(board: NoteBoard) -> None:
    board.ask("remember this")
    board.talk.speech_began(board.now_ms)
    board.talk.speech_ended(4, board.now_ms)
    board.talk.heard(Heard(4, None, 0.0, board.now_ms), board.now_ms)
    assert isinstance(board.port.sent[-1][1], KeepNote)
    board.talk.peer_lost("listen", board.now_ms)
    assert board.said[-1] == "Sorry, I lost what you said. Please ask again."


def test_what_was_written_is_kept_though_its_turn_was_interrupted(board: NoteBoard) -> None:
    board.ask("remember this")
    board.talk.speech_began(board.now_ms)
    board.talk.speech_ended(4, board.now_ms)
    board.talk.heard(Heard(4, None, 0.0, board.now_ms), board.now_ms)
    turn = board.talk.turn
    assert turn is not None
    board.talk.woken(board.now_ms)
    board.writes(turn.number)
    assert [note.file for note in board.stored_notes] == board.recordings


def test_a_recording_without_a_row_is_taken_up(board: NoteBoard) -> None:
    """The power went between the file and the row, or the store was damaged and set aside."""
    board.remembers()
    kept = board.stored_notes
    board.path.write_bytes(b"no database any more")
    again = board.again(complain := [])
    assert [error.code for error in complain] == ["store-damaged"]
    assert [(note.file, note.kept_s) for note in again.stored_notes] == [(kept[0].file, kept[0].kept_s)]


def test_a_row_without_its_recording_goes(board: NoteBoard) -> None:
    """It was being forgotten: the recording goes first."""
    board.remembers()
    board.remembers(dictated="milk")
    note_files.remove(board.folder, board.recordings)
    again = board.again()
    assert [note.text for note in again.stored_notes] == ["milk"]


def test_what_a_power_cut_left_half_written_goes(board: NoteBoard) -> None:
    """And nothing else of what lies there."""
    board.remembers()
    (name,) = board.recordings
    (board.folder / "unfinished.tmp").write_bytes(b"fLaC")
    (board.folder / "mine.txt").write_text("not a note")
    again = board.again()
    assert again.recordings == [name, "mine.txt"]
    assert len(again.stored_notes) == 1


def test_notes_survive_a_restart(board: NoteBoard) -> None:
    board.remembers()
    again = board.again()
    again.ask("what did i ask you to remember")
    assert again.played == board.recordings


def test_the_store_is_brought_up_and_keeps_the_timers(tmp_path: Path) -> None:
    """From the version before there were notes."""
    Database(tmp_path / "store.db", MIGRATIONS[:1]).close()
    board = NoteBoard(tmp_path)
    assert board.remembers() == "I will remember that."


def test_voice_is_given_the_recording_behind_its_sentence(board: NoteBoard) -> None:
    board.remembers()
    board.ask("play my notes")
    says = [say for say in board.port.to("voice", Say) if isinstance(say, Say)][-3:]
    assert [say.index for say in says] == [0, 1, 2]
    assert [bool(say.recording) for say in says] == [False, False, True]
