"""The voice brick as the assistant meets it: its real main, the real espeak-ng, real files."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from harness import Brick, started
from mortar import channel
from mortar.bricks import voice
from mortar.bricks.earcons import EARCONS, earcon
from mortar.bricks.spoken import GAP_ms, audible
from mortar.clock import now_ms
from mortar.messages import Chime, GoOn, Hold, Hush, Message, Said, Say, SoundBegan, Start, Wire
from mortar.runtimes import choose
from mortar.settings import RunOptions, Settings, Speaker, Voice, VoiceEngine
from voice.loops import in_loop
from voice.piper_voices import make_voice
from voice.sounds import AUDIBLE, RATE_Hz, loudness, read_wav

LONG = "I see a cat on the left, a dog in the middle, and two cups and an umbrella on the right."

TESTS = Path(__file__).parents[1]


GAP = np.zeros(RATE_Hz * GAP_ms // 1_000, np.int16)


def spoken(text: str) -> np.ndarray:
    """What the voice makes of `text`: its audible part, and the gap after it."""
    return np.concatenate([*audible(choose.speech_synthesiser(Voice()).synthesise(text)), GAP])


def into(target: Path, fast: bool = True) -> RunOptions:
    return RunOptions(speaker=str(target), fast=fast)


async def said(brick: Brick, n: int) -> list[Said]:
    return [await brick["assistant"].expect(Said) for _ in range(n)]


def events(messages: list[Message]) -> list[tuple[str, int | None]]:
    """("began" or "said", index) in the order in which the assistant heard of it."""
    names = {SoundBegan: "began", Said: "said"}
    return [(names[type(message)], message.index) for message in messages]


@in_loop
async def test_sentences_are_spoken_whole_and_in_order(tmp_path: Path) -> None:
    """However long the first takes to make: first to last, each announced before the next begins."""
    texts = [LONG, "Yes.", "There are two cats."]
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        assert (await brick.ready()).placement == {"voice": "espeak-ng/cpu"}
        for index, text in enumerate(texts):
            brick["assistant"].send(Say(1, index, text))
        assert [message.hushed for message in await said(brick, 3)] == [False] * 3
        heard = events(brick["assistant"].seen)
        assert heard == [(what, index) for index in range(3) for what in ("began", "said")]
    np.testing.assert_array_equal(
        read_wav(tmp_path / "a.wav"), np.concatenate([spoken(text) for text in texts])
    )


@in_loop
async def test_what_began_could_be_heard(tmp_path: Path) -> None:
    """The first sample of a sentence is audible, with no silence before it, and it is loud enough."""
    asked_ms = now_ms()
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        brick["assistant"].send(Say(1, 0, "Yes, there is a cat."))
        began = await brick["assistant"].expect(SoundBegan)
        assert (began.turn, began.index) == (1, 0)
        assert asked_ms < began.t_ms <= (await said(brick, 1))[0].t_ms
    sound = read_wav(tmp_path / "a.wav")
    assert abs(int(sound[0])) > AUDIBLE
    assert loudness(sound) > 1_000


@in_loop
async def test_sound_begins_before_the_sentence_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that stops in the middle of a sentence is heard until there; then it may go on."""
    whole = spoken(LONG)
    go_on = tmp_path / "go-on"
    os.mkfifo(go_on)
    slow_espeak(tmp_path / "bin", f"head -c 40000 $made; cat {go_on} > /dev/null; tail -c +40001 $made")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        brick["assistant"].send(Say(1, 0, LONG))
        await brick["assistant"].expect(SoundBegan)
        with go_on.open("wb"):  # opens because the engine is still waiting in it
            assert not any(isinstance(message, Said) for message in brick["assistant"].seen)
        assert not (await said(brick, 1))[0].hushed
    np.testing.assert_array_equal(read_wav(tmp_path / "a.wav"), whole)


@in_loop
async def test_hush_silences_at_once_and_forgets_the_rest(tmp_path: Path) -> None:
    """In the middle of the first of three sentences: all are answered for, and no process is left."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav", fast=False)) as brick:
        for index in range(3):
            brick["assistant"].send(Say(1, index, LONG))
        await brick["assistant"].expect(SoundBegan)
        brick["assistant"].send(Hush())
        hushed = await said(brick, 3)
        assert [(message.index, message.hushed) for message in hushed] == [(0, True), (1, True), (2, True)]
        brick["assistant"].send(Say(2, 0, "Yes."))
        assert not (await said(brick, 1))[0].hushed
        assert psutil.Process().children() == []
    sound = read_wav(tmp_path / "a.wav")
    answer = spoken("Yes.")
    assert len(sound) < len(spoken(LONG))
    np.testing.assert_array_equal(sound[-len(answer) :], answer)


@in_loop
async def test_hush_reaches_a_sentence_that_has_not_begun(tmp_path: Path) -> None:
    """Both messages lie in the socket together: the sentence is answered for and never heard."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav", fast=False)) as brick:
        await brick.ready()
        brick["assistant"].send(Say(1, 0, LONG))
        brick["assistant"].send(Hush())
        assert [message.hushed for message in await said(brick, 1)] == [True]
    assert len(read_wav(tmp_path / "a.wav")) < RATE_Hz


@in_loop
async def test_what_is_held_goes_on_where_it_was(tmp_path: Path) -> None:
    """In the middle of a word, and for longer than the answer lasts: nothing is lost or said twice."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.raw", fast=False)) as brick:
        for index, text in enumerate(["Yes, there is.", "And a cat."]):
            brick["assistant"].send(Say(1, index, text))
        await brick["assistant"].expect(SoundBegan)
        brick["assistant"].send(Hold())
        await asyncio.sleep(2.5)  # what both would take
        assert [message for message in brick["assistant"].seen if isinstance(message, Said)] == []
        brick["assistant"].send(GoOn())
        assert [message.hushed for message in await said(brick, 2)] == [False, False]
    whole = np.concatenate([spoken("Yes, there is."), spoken("And a cat.")])
    np.testing.assert_array_equal(np.fromfile(tmp_path / "a.raw", np.int16), whole)


@in_loop
async def test_of_what_was_held_no_more_was_heard(tmp_path: Path) -> None:
    """However long it was held; and what comes after a hush is not held any more."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.raw", fast=False)) as brick:
        brick["assistant"].send(Say(1, 0, LONG))
        await brick["assistant"].expect(SoundBegan)
        brick["assistant"].send(Hold())
        await asyncio.sleep(1.0)  # what it takes to judge a remark
        brick["assistant"].send(Hush())
        held = (await said(brick, 1))[0]
        assert held.hushed
        share = os.stat(tmp_path / "a.raw").st_size / 2 / (len(spoken(LONG)) - len(GAP))
        assert held.played == pytest.approx(share, abs=0.1)
        brick["assistant"].send(Say(2, 0, "Yes."))
        assert not (await said(brick, 1))[0].hushed


@in_loop
async def test_an_empty_sentence_is_over_at_once(tmp_path: Path) -> None:
    """Nothing sounds, nothing fails, and the turn is not kept waiting."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        brick["assistant"].send(Say(1, 0, " "))
        assert not (await said(brick, 1))[0].hushed
        assert events(brick["assistant"].seen) == [("said", 0)]


@in_loop
async def test_what_was_heard_before_a_hush_is_told(tmp_path: Path) -> None:
    """Of the first sentence all, of the second as much as went to the speaker, of the third nothing."""
    texts = ["Yes.", LONG, "There are two cats."]
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav", fast=False)) as brick:
        for index, text in enumerate(texts):
            brick["assistant"].send(Say(1, index, text))
        whole = (await said(brick, 1))[0]
        assert (whole.hushed, whole.played) == (False, 1.0)
        await brick["assistant"].expect(SoundBegan)
        await asyncio.sleep(1.5)  # what a person hears before saying stop
        brick["assistant"].send(Hush())
        second, third = await said(brick, 2)
    in_the_file_s = (len(read_wav(tmp_path / "a.wav")) - len(spoken("Yes."))) / RATE_Hz
    whole_s = (len(spoken(LONG)) - len(GAP)) / RATE_Hz
    assert second.played == pytest.approx(in_the_file_s / whole_s, abs=0.1)
    assert third.played == 0


@in_loop
async def test_signs_are_read_as_words(tmp_path: Path) -> None:
    """ "21 °C" is spoken as people say it; asterisks and emoji are not."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        brick["assistant"].send(Say(1, 0, "**It is 21 °C** at 12:05 🐱."))
        assert not (await said(brick, 1))[0].hushed
    read = spoken("It is twenty-one degrees Celsius at twelve oh five.")
    np.testing.assert_array_equal(read_wav(tmp_path / "a.wav"), read)


@in_loop
async def test_an_installed_voice_speaks_through_the_same_brick(tmp_path: Path) -> None:
    """Piper's engine, its own rate in the file, and no process left when the voice is told to stop."""
    model = make_voice(tmp_path / "voices", rate_Hz=RATE_Hz)
    settings = Settings(voice=Voice(engine=VoiceEngine.PIPER, model=str(model)))
    run = into(tmp_path / "a.wav")
    async with started(voice.main, ["assistant"], settings=settings, run=run) as brick:
        assert (await brick.ready()).placement == {"voice": "piper/cpu"}
        brick["assistant"].send(Say(1, 0, LONG))
        assert not (await said(brick, 1))[0].hushed
    sound = read_wav(tmp_path / "a.wav")
    assert loudness(sound) > 1_000
    assert not sound[-len(GAP) :].any()
    assert psutil.Process().children() == []


@pytest.mark.parametrize("name", list(EARCONS))
@in_loop
async def test_earcons_sound(tmp_path: Path, name: str) -> None:
    """Short, but for what must wake people; quieter than speech, with no click, and told apart from
    sentences."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        brick["assistant"].send(Chime(name, 7))
        began = await brick["assistant"].expect(SoundBegan)
        assert (began.turn, began.index) == (7, None)
        assert (await said(brick, 1))[0].index is None
    sound = read_wav(tmp_path / "a.wav")
    assert 0.05 < len(sound) / RATE_Hz < (1.5 if name == "alarm" else 0.4)
    assert 500 < loudness(sound) < 6_000
    steps = np.abs(np.diff(sound.astype(int), prepend=0, append=0))
    assert steps.max() < 0.6 * np.abs(sound).max(), (
        "a note of 1 kHz has steps of half its height, a click more"
    )


@pytest.mark.parametrize("rate_Hz", [8_000, 16_000, 22_050, 48_000])
def test_earcons_last_the_same_at_any_rate(rate_Hz: int) -> None:
    """Notes are given in ms and Hz."""
    for name, notes in EARCONS.items():
        length_ms = len(earcon(name, rate_Hz)) * 1_000 / rate_Hz
        assert length_ms == pytest.approx(sum(note.length_ms for note in notes), abs=1)


@in_loop
async def test_stop_in_the_middle_of_a_sentence_leaves_a_whole_file(tmp_path: Path) -> None:
    """What was heard until then, under a header that agrees."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav", fast=False)) as brick:
        brick["assistant"].send(Say(1, 0, LONG))
        await brick["assistant"].expect(SoundBegan)
    assert 0 < len(read_wav(tmp_path / "a.wav")) < len(spoken(LONG))
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


WORKER = """
import socket, sys
from mortar import channel, worker
from mortar.bricks import voice

control = socket.socket(fileno=int(sys.argv[1]))
start, _ = channel.receive(control)
sys.exit(worker.run(voice.main, start, control))
"""


def killed_while_speaking(target: Path) -> None:
    """Run the brick as a process of its own, and kill it in the middle of a sentence."""
    ours, theirs = channel.pair()
    with (
        ours,
        theirs,
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(theirs.fileno())], pass_fds=[theirs.fileno()]
        ) as process,
    ):
        theirs.close()
        channel.send(ours, Start("voice", Settings(), into(target, fast=False), 0, now_ms()))
        link, its = channel.pair()
        with link, its:
            channel.send(ours, Wire("assistant", 1), [its.fileno()])
            its.close()
            channel.send(link, Say(1, 0, LONG))
            began, _ = channel.receive(link)
            assert isinstance(began, SoundBegan)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL


@in_loop
async def test_a_killed_voice_leaves_no_half_file(tmp_path: Path) -> None:
    """The file is absent, or what it was before; the next voice writes it whole and clears up."""
    target = tmp_path / "a.wav"
    killed_while_speaking(target)
    assert not target.exists()
    async with started(voice.main, ["assistant"], run=into(target), restarts=1) as brick:
        brick["assistant"].send(Say(1, 0, "Yes."))
        await said(brick, 1)
    before = target.read_bytes()
    killed_while_speaking(target)
    assert target.read_bytes() == before
    async with started(voice.main, ["assistant"], run=into(target), restarts=2) as brick:
        await brick.ready()
    assert len(read_wav(target)) == 0
    assert list(tmp_path.iterdir()) == [target]


@in_loop
async def test_a_file_that_cannot_be_written_ends_the_voice_with_one_line(tmp_path: Path) -> None:
    """Trying again would not help: the error names the file."""
    async with started(voice.main, ["assistant"], run=into(tmp_path / "absent" / "a.wav")) as brick:
        failure = await brick.failure()
    assert failure.code == "speaker-unwritable"
    assert "absent/a.wav" in failure.what


@in_loop
async def test_a_missing_sound_card_is_told_once_and_holds_up_nothing() -> None:
    """The voice serves all the same: every sentence is answered for, and the card may yet turn up."""
    settings = Settings(speaker=Speaker(device="no such card"))
    async with started(voice.main, ["assistant"], settings=settings) as brick:
        await brick.ready()
        for index in range(3):
            brick["assistant"].send(Say(1, index, "Yes."))
        assert [message.hushed for message in await said(brick, 3)] == [True] * 3
        failure = await brick.failure()
        assert (failure.code, failure.turn) == ("speaker-missing", 1)
    assert [message for message in brick["supervisor"].seen if message == failure] == [failure]


@in_loop
async def test_a_speaker_that_fails_is_opened_again(tmp_path: Path) -> None:
    """The folder of answers is taken away and comes back: one turn is lost, the next is heard."""
    folder = tmp_path / "answers"
    async with started(voice.main, ["assistant"], run=into(folder)) as brick:
        await brick.ready()
        folder.rmdir()
        folder.touch()
        brick["assistant"].send(Say(1, 0, "Yes."))
        assert (await said(brick, 1))[0].hushed
        assert (await brick.failure()).code == "speaker-unwritable"
        folder.unlink()
        brick["assistant"].send(Say(2, 0, "Yes."))
        assert not (await said(brick, 1))[0].hushed
    assert loudness(read_wav(folder / "2.wav")) > 1_000


@in_loop
async def test_an_engine_that_fails_once_is_told_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence is lost, but not in silence; what was heard before it stays, the next is spoken."""
    flag = tmp_path / "broken"
    slow_espeak(tmp_path / "bin", f"[ -e {flag} ] && exit 1; cat $made")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        brick["assistant"].send(Say(1, 0, LONG))
        assert not (await said(brick, 1))[0].hushed
        flag.touch()
        brick["assistant"].send(Say(1, 1, LONG))
        assert (await said(brick, 1))[0].hushed
        assert (await brick.failure()).code == "speech-failed"
        flag.unlink()
        brick["assistant"].send(Say(2, 0, LONG))
        assert not (await said(brick, 1))[0].hushed
    heard = [spoken(LONG), earcon("error", RATE_Hz), spoken(LONG)]
    np.testing.assert_array_equal(read_wav(tmp_path / "a.wav"), np.concatenate(heard))


@in_loop
async def test_without_espeak_the_voice_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends with the one line that helps."""
    monkeypatch.setenv("PATH", str(tmp_path))
    async with started(voice.main, ["assistant"], run=into(tmp_path / "a.wav")) as brick:
        failure = await brick.failure()
    assert failure.code == "espeak-missing"
    assert "apt install espeak-ng" in failure.do


def slow_espeak(folder: Path, speak_long: str) -> None:
    """An espeak-ng in `folder` that hands long sentences, in the file $made, to a shell command."""
    real = shutil.which("espeak-ng")
    folder.mkdir()
    program = folder / "espeak-ng"
    program.write_text(
        f'#!/bin/sh\nmade=$(mktemp {folder}/XXXXXX)\n{real} "$@" > $made || exit\n'
        f"[ $(stat -c %s $made) -lt 160000 ] && exec cat $made\n{speak_long}\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
