"""Sound and pictures of runs: where they are wanted, of what may be kept, and never longer than the run."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness import started
from listen.test_listen import PEERS, Ears, question
from mortar.bricks import eye, listen
from mortar.commands import main
from mortar.drivers.pictures import jpeg
from mortar.drivers.recordings import flac, load
from mortar.messages import Event, Heard, KeepPicture, KeepSound, Look, Looked, Message, Privacy, Typed
from mortar.privacy import NONE, Closed
from mortar.settings import RunOptions, Settings, Tracing
from mortar.traces.folder import Beside, TraceFolder, beside
from mortar.traces.recorder import NOTHING, Witnessed
from mortar.traces.writer import Writer
from notes.note_boards import tone
from notes.test_note_traces import SECRET, asked, hear_out, noted
from photos.test_traces import photographed
from reminders.boards import never
from traces.recordings import Recorded, looked_and_answered

TRACE = looked_and_answered().traces[0]
BOTH = Settings(trace=Tracing(sound=True, pictures=True))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TraceFolder:
    """That of this program."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return TraceFolder()


# --- what of a turn may be kept ---


def test_a_question_about_the_picture_has_both_and_another_its_sound() -> None:
    """A picture that was taken early and not needed is none that the run was about."""
    recorded = looked_and_answered()
    recorded.ask("what time is it", utterance=2)
    hear_out(recorded)
    recorded.tell("supervisor", Typed("what time is it"))
    hear_out(recorded)
    assert recorded.witnessed == [Witnessed(1, 1), Witnessed(2), NOTHING]


def test_of_notes_there_is_nothing() -> None:
    """Neither what is dictated, nor what is said by voice, nor what tells it."""
    recorded = Recorded()
    asked(recorded, "remember this")
    noted(recorded, None)
    asked(recorded, "remember this")
    noted(recorded, SECRET)
    asked(recorded, f"remember that {SECRET}")
    asked(recorded, "what did i ask you to remember")
    question, *taken = recorded.witnessed
    assert question == Witnessed(1)
    assert taken == [NOTHING, Witnessed(1), NOTHING, NOTHING, NOTHING]


def test_a_photo_is_not_kept_a_second_time() -> None:
    """Whoever deletes it relies on that."""
    assert photographed().witnessed == [Witnessed(1)]


def test_nothing_is_kept_while_muted_and_no_picture_while_the_camera_is_off() -> None:
    """As it is when the turn ends."""
    recorded = Recorded()
    for closed, kept in (
        (Closed(microphone=True, camera=False), NOTHING),
        (Closed(microphone=False, camera=True), Witnessed(1)),
        (NONE, Witnessed(1, 3)),
    ):
        recorded.tell("supervisor", Privacy(NONE, 1))
        recorded.wake()
        recorded.ask("what do you see")
        recorded.answer("I see a cat.")
        recorded.tell("supervisor", Privacy(closed, 2))
        hear_out(recorded)
        assert recorded.witnessed[-1] == kept


# --- who is asked for it ---


def asked_for(settings: Tracing, folder: TraceFolder) -> list[tuple[str, Message]]:
    sent: list[tuple[str, Message]] = []

    def send(peer: str, message: Message) -> bool:
        sent.append((peer, message))
        return True

    async def scenario() -> None:
        writer = Writer(settings, never, folder, send)
        writer.keep(TRACE, Witnessed(7, 4))
        await writer.close()

    asyncio.run(scenario())
    return sent


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (Tracing(), []),
        (Tracing(sound=True), [("listen", KeepSound(7, 1))]),
        (Tracing(pictures=True), [("eye", KeepPicture(4, 1))]),
        (Tracing(sound=True, pictures=True, text=False), []),
        (Tracing(sound=True, pictures=True, runs=0), []),
    ],
)
def test_only_what_is_switched_on_is_asked_for(
    folder: TraceFolder, settings: Tracing, wanted: list[tuple[str, Message]]
) -> None:
    """And nothing where no words are kept."""
    assert asked_for(settings, folder) == wanted


# --- who has it ---


def test_listen_keeps_the_sound_of_one_of_the_last_questions(folder: TraceFolder) -> None:
    """To the sample, for nobody else; one that is too old, or of a run that has gone, is not kept."""
    sounds = [question("what do you see"), question("stop"), question("who are you")]
    for _ in range(2):
        folder.keep(TRACE, most=50)

    async def scenario() -> None:
        async with started(listen.main, PEERS, settings=BOTH) as brick:
            ears = Ears(brick)
            for utterance, sound in enumerate(sounds, 1):
                ears.say(utterance, sound)
                await brick["assistant"].expect(Heard)
            brick["assistant"].send(KeepSound(1, 1))
            brick["assistant"].send(KeepSound(3, 99))
            brick["assistant"].send(KeepSound(2, 2))
            while (told := await brick["supervisor"].expect(Event)).data["run"] != 2:
                assert told.data["run"] == 99
            assert told.event == "kept" and told.data["what"] == "sound"

    asyncio.run(scenario())
    assert beside(folder.find("1")) == []
    (file,) = beside(folder.find("2"))
    np.testing.assert_array_equal(load(file), sounds[1])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == [
        "000001.json",
        "000002.flac",
        "000002.json",
    ]


def test_listen_has_nothing_to_keep_where_that_is_off(folder: TraceFolder) -> None:
    """Which is so unless somebody switches it on."""
    folder.keep(TRACE, most=50)

    async def scenario() -> None:
        async with started(listen.main, PEERS) as brick:
            Ears(brick).say(1, question("stop"))
            await brick["assistant"].expect(Heard)
            brick["assistant"].send(KeepSound(1, 1))
        assert not [said for said in brick["supervisor"].seen if isinstance(said, Event)]

    asyncio.run(scenario())
    assert beside(folder.find("1")) == []


def test_the_eye_keeps_a_picture_that_it_has_seen(folder: TraceFolder, tmp_path: Path) -> None:
    """And none from before the camera was switched off."""
    seen = tmp_path / "seen.png"
    Image.effect_noise((64, 48), 90).convert("RGB").save(seen)
    for _ in range(3):
        folder.keep(TRACE, most=50)

    async def scenario() -> None:
        peers = ["assistant", "language"]
        async with started(eye.main, peers, settings=BOTH, run=RunOptions(camera=str(seen))) as brick:
            await brick.ready()
            for turn in (1, 2):
                brick["assistant"].send(Look(turn))
                await brick["assistant"].expect(Looked)
                brick["assistant"].send(KeepPicture(turn, turn))
                assert (await brick["supervisor"].expect(Event)).data == {"run": turn, "what": "picture"}
            brick.switch(Closed(microphone=False, camera=True))
            await brick.obeyed()
            brick["assistant"].send(KeepPicture(2, 3))

    asyncio.run(scenario())
    (file,) = beside(folder.find("2"))
    with Image.open(file, formats=["JPEG"]) as picture:
        assert picture.size == (64, 48)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert beside(folder.find("3")) == []


# --- how long it is kept ---


def test_it_goes_with_its_trace(folder: TraceFolder) -> None:
    """Also where somebody has removed the trace by hand: the next one is not taken for it."""
    for _ in range(3):
        number = folder.keep(TRACE, most=50)
        folder.attach(number, Beside.SOUND, flac(tone()))
        folder.attach(number, Beside.PICTURE, b"a picture")
    place = folder.find("3").parent
    folder.find("3").unlink()
    assert folder.keep(TRACE, most=2) == 4
    assert sorted(os.listdir(place)) == ["000002.flac", "000002.jpg", "000002.json", "000004.json"]
    folder.attach(1, Beside.SOUND, flac(tone()))
    assert len(os.listdir(place)) == 4, "its trace had gone"
    folder.prune(most=0)
    assert os.listdir(place) == []


def test_it_is_shown_with_its_run(folder: TraceFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is, how long and how large; and a damaged one spares the rest."""
    folder.keep(TRACE, most=50)
    folder.attach(1, Beside.SOUND, flac(tone(length_s=1.5)))
    folder.attach(1, Beside.PICTURE, jpeg(Image.new("RGB", (64, 48))))
    place = folder.find("1")
    assert main(["status", "--run", "1"]) == 0
    shown = capsys.readouterr().out
    assert f"{place.with_suffix('.flac')} (1.5 s)" in shown
    assert f"{place.with_suffix('.jpg')} (64×48)" in shown
    place.with_suffix(".flac").write_bytes(b"no sound")
    assert main(["status", "--run", "1"]) == 0
    assert "is not sound" in capsys.readouterr().out
