"""Speakers without a brick: files are whole or absent, and every refusal is one clear line."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mortar.clock import now_ms
from mortar.drivers.conversion import Converter
from mortar.drivers.speaker import Speaker, open_speaker
from mortar.errors import MortarError, UsageError
from mortar.settings import RunOptions
from mortar.settings import Speaker as SpeakerSettings
from voice.sounds import RATE_Hz, chunked, read_wav, tone

TESTS = Path(__file__).parents[1]


def opened(path: Path | str, fast: bool = True) -> Speaker:
    return open_speaker(SpeakerSettings(), RunOptions(speaker=str(path), fast=fast), RATE_Hz)


def play(speaker: Speaker, *sounds: np.ndarray) -> list[float]:
    """Plays one after another; gives when each was first heard."""
    began: list[float] = []

    async def all_of_them() -> None:
        for sound in sounds:
            await speaker.play(chunked(sound), began.append)

    asyncio.run(all_of_them())
    return began


def test_a_wav_file_holds_what_was_played(tmp_path: Path) -> None:
    """Sample for sample, one sound after another; it appears when it is whole and leaves nothing else."""
    target = tmp_path / "answer.wav"
    speaker = opened(target)
    play(speaker, tone(300), tone(150, 880))
    assert not target.exists()
    speaker.close()
    np.testing.assert_array_equal(read_wav(target), np.concatenate([tone(300), tone(150, 880)]))
    assert list(tmp_path.iterdir()) == [target]


def test_silence_is_a_whole_file_too(tmp_path: Path) -> None:
    """Nothing was said: a WAV file of no samples, not an absent or broken one."""
    speaker = opened(tmp_path / "answer.wav")
    speaker.close()
    assert len(read_wav(tmp_path / "answer.wav")) == 0


def test_a_folder_gets_one_file_a_turn(tmp_path: Path) -> None:
    """A turn that said nothing leaves no file; the folder is made."""
    speaker = opened(tmp_path / "new" / "answers")
    for turn, length_ms in ((1, 100), (2, 200), (4, 300)):
        speaker.begin_turn(turn)
        play(speaker, tone(length_ms))
    speaker.begin_turn(5)
    speaker.close()
    written = {path.name: len(read_wav(path)) for path in (tmp_path / "new" / "answers").iterdir()}
    assert written == {f"{turn}.wav": len(tone(ms)) for turn, ms in ((1, 100), (2, 200), (4, 300))}


def test_raw_samples_are_there_at_once(tmp_path: Path) -> None:
    """A .raw file can be read while it is written."""
    speaker = opened(tmp_path / "answer.raw")
    play(speaker, tone(100))
    np.testing.assert_array_equal(np.fromfile(tmp_path / "answer.raw", np.int16), tone(100))
    speaker.close()


def test_sound_takes_as_long_as_it_lasts() -> None:
    """Without --fast nothing is played sooner than it can be heard: so an interruption means something."""
    speaker = open_speaker(SpeakerSettings(device="none"), RunOptions(), RATE_Hz)
    before_ms = now_ms()
    first_ms, second_ms = play(speaker, tone(200), tone(100))
    assert before_ms <= first_ms
    assert second_ms >= first_ms + 200
    assert now_ms() >= first_ms + 300


def test_cancelling_silences_within_a_block(tmp_path: Path) -> None:
    """What was heard until then is in the file, the rest is not, and the next sound follows."""
    speaker = opened(tmp_path / "answer.wav", fast=False)

    async def interrupted() -> float:
        heard = asyncio.Event()
        task = asyncio.create_task(speaker.play(chunked(tone(60_000)), lambda _: heard.set()))
        await heard.wait()
        began_ms = now_ms()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return now_ms() - began_ms

    took_ms = asyncio.run(interrupted())
    play(speaker, tone(100, 880))
    speaker.close()
    sound = read_wav(tmp_path / "answer.wav")
    assert len(sound) <= len(tone(100)) + RATE_Hz * (took_ms + 2 * 20) / 1_000
    np.testing.assert_array_equal(sound[-len(tone(100)) :], tone(100, 880))


def test_what_is_held_is_played_later(tmp_path: Path) -> None:
    """Nothing sounds meanwhile, and nothing is lost."""
    speaker = opened(tmp_path / "answer.raw")

    async def held() -> None:
        heard = asyncio.Event()
        speaker.is_held = True
        playing = asyncio.create_task(speaker.play(chunked(tone(300)), lambda _: heard.set()))
        done, _ = await asyncio.wait([playing], timeout=0.2)
        assert not done and not heard.is_set()
        speaker.is_held = False
        await playing
        assert heard.is_set()

    asyncio.run(held())
    np.testing.assert_array_equal(np.fromfile(tmp_path / "answer.raw", np.int16), tone(300))
    speaker.close()


@pytest.mark.parametrize(
    "name", ["absent/answer.wav", "file/answer.wav", "folder.wav", "absent/answer.raw", "file/answers"]
)
def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str) -> None:
    """The error names the file; nothing is left behind."""
    (tmp_path / "file").touch()
    (tmp_path / "folder.wav").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(MortarError, match=name) as caught:
        opened(tmp_path / name)
    assert caught.value.code == "speaker-unwritable"
    assert sorted(tmp_path.rglob("*")) == before


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    """A wrong ending is wrong use, and the error says which endings there are."""
    with pytest.raises(UsageError, match=r"\.wav, \.raw or \.pcm"):
        opened(tmp_path / "answer.mp3")


def test_a_pipe_that_nobody_reads_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    """Opening it must not hang."""
    os.mkfifo(tmp_path / "pipe.pcm")
    with pytest.raises(MortarError, match=r"pipe\.pcm"):
        opened(tmp_path / "pipe.pcm")


def test_a_full_disk_is_one_error_for_a_raw_file(tmp_path: Path) -> None:
    """The kernel's own full disk, /dev/full."""
    (tmp_path / "full.raw").symlink_to("/dev/full")
    speaker = opened(tmp_path / "full.raw")
    with pytest.raises(MortarError, match="No space left"):
        play(speaker, tone(100))
    speaker.close()


FILL = """
import asyncio, resource, signal, sys
from pathlib import Path
from voice.test_speaker import opened, play
from voice.sounds import tone
from mortar.errors import MortarError

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
speaker = opened(Path(sys.argv[1]))
speaker.begin_turn(1)
try:
    play(speaker, tone(10_000))
except MortarError as error:
    print(error.code)
speaker.close()
"""


@pytest.mark.parametrize("name", ["answer.wav", "answers"])
def test_a_wav_file_that_has_no_room_is_not_left_half_written(tmp_path: Path, name: str) -> None:
    """The disk ends (a limit on file size) in the middle of a sentence: one error, and no file."""
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert done.stdout.split() == ["speaker-unwritable"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# What ALSA takes for a card writes to a file, through the real PortAudio. It has no clock and takes
# silence at once while there is nothing else, so the sound comes as one chunk.
CARD = """
pcm.!default {{ type plug slave.pcm "filed" }}
pcm.filed {{ type file slave.pcm "nothing" file "{file}" format "raw" }}
pcm.nothing {{ type null }}
"""

PLAY_ON_CARD = """
import asyncio, sys
from mortar.drivers.conversion import Converter
from mortar.drivers.speaker import open_speaker
from mortar.settings import RunOptions, Speaker
from voice.sounds import RATE_Hz, chunked, tone

async def go():
    speaker = open_speaker(Speaker(device=sys.argv[1]), RunOptions(), RATE_Hz)
    for _ in range(2):
        began = []
        await speaker.play(chunked(tone(500), 11_025), began.append)
        print(len(began))
    print(speaker.name)
    speaker.close()

asyncio.run(go())
"""


@pytest.mark.parametrize("device", ["auto", "defau"])
def test_a_sound_card_gets_the_sound(tmp_path: Path, device: str) -> None:
    """The system's default, or part of a name: all samples arrive, in order, twice."""
    (tmp_path / "asound.conf").write_text(CARD.format(file=tmp_path / "card.raw"))
    done = subprocess.run(
        [sys.executable, "-c", PLAY_ON_CARD, device],
        env={**os.environ, "PYTHONPATH": str(TESTS), "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")},
        capture_output=True,
        text=True,
        check=True,
    )
    once, twice, name = done.stdout.splitlines()
    assert once == twice == "1"
    card_Hz = re.search(r"\((\d+) Hz\)", name)
    assert card_Hz is not None, name
    played = at_rate(tone(500), int(card_Hz[1]))
    heard = (tmp_path / "card.raw").read_bytes()
    first = heard.find(played)
    assert first >= 0
    assert heard.find(played, first + 1) > first


def at_rate(samples: np.ndarray, rate_Hz: int) -> bytes:
    """What a card of that rate is given."""
    converter = Converter(RATE_Hz, rate_Hz)
    parts = (
        converter.convert(samples[:, np.newaxis]),
        converter.convert(np.empty((0, 1), np.int16), last=True),
    )
    return np.concatenate(parts).tobytes()


def test_a_missing_sound_card_says_what_to_do() -> None:
    """The error names the card that was asked for."""

    async def open_it() -> None:
        open_speaker(SpeakerSettings(device="no such card"), RunOptions(), RATE_Hz)

    with pytest.raises(MortarError, match="no such card") as caught:
        asyncio.run(open_it())
    assert caught.value.code == "speaker-missing"
