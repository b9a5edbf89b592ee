"""Listen writes a note down and voice plays it: both as real workers, with real engines and real files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from harness import started
from listen.test_listen import PEERS, Ears, question
from listen.toy_models import SENTENCE, sherpa_folder
from mortar.bricks import listen, voice
from mortar.drivers.recordings import flac, load
from mortar.messages import Failure, Heard, Hush, KeepNote, NoteKept, Said, Say, SoundBegan
from mortar.runtimes.loudness import SPEECH_LUFS, loudness_LUFS
from mortar.settings import Listening, Recogniser, RunOptions, Settings
from mortar.store import note_files
from notes.note_boards import tone
from voice.sounds import RATE_Hz, read_wav

NOTE = "i lent the red ladder to my neighbour"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That of the notes."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return note_files.notes_folder()


def test_listen_writes_down_what_it_heard_last(folder: Path) -> None:
    """To the sample, whatever it made of the words; it says so once, and then it has forgotten the sound."""
    sound = question(NOTE)

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            Ears(brick).say(1, sound)
            heard = await brick["assistant"].expect(Heard)
            assert not heard.is_dictated
            brick["assistant"].send(KeepNote(7, 1))
            kept = await brick["assistant"].expect(NoteKept)
            assert kept.turn == 7
            np.testing.assert_array_equal(load(folder / kept.file), sound)
            brick["assistant"].send(KeepNote(8, 1))
            failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("note-lost", 8)

    asyncio.run(scenario())


@pytest.mark.parametrize("voice", ["en-us", "en-gb+m3"])
def test_the_bundled_ears_hear_what_is_said_of_notes(voice: str) -> None:
    """All that is asked; and what a note says they take for nothing that would keep it from being kept."""
    said = [
        "remember this",
        "make a note",
        "what did i ask you to remember",
        "play my notes",
        "read older notes",
        "forget it",
        "forget the last note",
        "forget everything i told you",
        "thank you",
        "that is all",
    ]

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            ears = Ears(brick)
            for utterance, text in enumerate([*said, NOTE], start=1):
                ears.say(utterance, question(text, voice))
                heard = await brick["assistant"].expect(Heard)
                if text != NOTE:
                    assert heard.text == text
                else:
                    assert heard.text not in ("stop", "cancel", "never mind", "be quiet", *said)

    asyncio.run(scenario())


def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            Ears(brick).say(1, question(NOTE))
            await brick["assistant"].expect(Heard)
            brick["assistant"].send(KeepNote(7, 1))
            assert (await brick["assistant"].expect(Failure)).code == "note-unwritable"
            assert (await brick.failure()).code == "note-unwritable"

    asyncio.run(scenario())


def test_dictation_says_that_its_words_are_words(tmp_path: Path) -> None:
    model = sherpa_folder(tmp_path / "model")
    settings = Settings(listen=Listening(engine=Recogniser.SHERPA, model=str(model)))

    async def scenario() -> None:
        async with started(listen.main, PEERS, settings=settings) as brick:
            Ears(brick).say(1, question(NOTE))
            heard = await brick["assistant"].expect(Heard)
            assert (heard.text, heard.is_dictated) == (" ".join(SENTENCE), True)

    asyncio.run(scenario())


def into(path: Path, *, fast: bool = True) -> RunOptions:
    return RunOptions(speaker=str(path), fast=fast)


def test_voice_plays_a_recording_behind_its_sentence(folder: Path, tmp_path: Path) -> None:
    """As loud as the voice, however faint it is, at the pitch that it has."""
    faint = np.round(tone(440.0, 2.0) / 8).astype(np.int16)
    name = note_files.write(folder, flac(faint), 1.0)

    async def scenario() -> None:
        async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
            brick["assistant"].send(Say(1, 0, "Yes."))
            brick["assistant"].send(Say(1, 1, "", name))
            began = [(await brick["assistant"].expect(SoundBegan)).index for _ in range(2)]
            assert began == [0, 1]
            assert not (await brick["assistant"].expect(Said)).hushed

    asyncio.run(scenario())
    played = read_wav(tmp_path / "a.wav")[-2 * RATE_Hz :]
    assert loudness_LUFS(played, RATE_Hz) == pytest.approx(SPEECH_LUFS, abs=1.5)
    spectrum = np.abs(np.fft.rfft(played))
    assert np.argmax(spectrum) * RATE_Hz / len(played) == pytest.approx(440.0, abs=1.0)


def test_playing_is_hushed_like_speech(folder: Path, tmp_path: Path) -> None:
    name = note_files.write(folder, flac(tone(440.0, 15.0)), 1.0)

    async def scenario() -> None:
        async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav", fast=False)) as brick:
            brick["assistant"].send(Say(1, 0, "", name))
            await brick["assistant"].expect(SoundBegan)
            brick["assistant"].send(Hush())
            assert (await brick["assistant"].expect(Said)).hushed

    asyncio.run(scenario())
    assert len(read_wav(tmp_path / "a.wav")) < 10 * RATE_Hz


@pytest.mark.parametrize("content", [None, b"", b"no sound at all"])
def test_a_recording_that_cannot_be_played_is_told(
    folder: Path, tmp_path: Path, content: bytes | None
) -> None:
    """Missing, empty or damaged: the assistant hears of it before that part is over, and the next is said."""
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "x.flac").write_bytes(content)

    async def scenario() -> None:
        async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
            brick["assistant"].send(Say(1, 0, "", "x.flac"))
            brick["assistant"].send(Say(1, 1, "Yes."))
            failure = await brick["assistant"].expect(Failure)
            assert (failure.code, failure.turn) == ("note-unreadable", 1)
            told = [await brick["assistant"].expect(Said) for _ in range(2)]
            assert [(said.index, said.hushed) for said in told] == [(0, True), (1, False)]

    asyncio.run(scenario())
