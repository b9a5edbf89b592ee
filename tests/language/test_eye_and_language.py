"""Eye and language as two real processes with a real link, killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from mortar import channel, privacy, resources
from mortar.bricks.language.answer import write
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.clock import now_ms
from mortar.messages import Answered, Ask, Look, Looked, Message, PeerGone, Privacy, Ready, Start, Wire
from mortar.runtimes import choose
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import RunOptions, Settings
from scenes import table, tokens_of

M = TypeVar("M", bound=Message)

QUESTION = "what do you see"
PATIENCE_S = 60.0
SETTINGS = Settings()

PROCESS = """
import importlib, socket, sys
from mortar import channel, worker
control = socket.socket(fileno=int(sys.argv[1]))
start, _ = channel.receive(control)
sys.exit(worker.run(importlib.import_module(f"mortar.bricks.{start.name}").main, start, control))
"""


class Process:
    """A brick's process, with the test as its supervisor and its assistant."""

    def __init__(self, name: str, run: RunOptions) -> None:
        self.control, theirs = channel.pair()
        argv = [sys.executable, "-c", PROCESS, str(theirs.fileno())]
        self._process = subprocess.Popen(argv, pass_fds=[theirs.fileno()])
        theirs.close()
        channel.send(self.control, Start(name, SETTINGS, run, 0, now_ms()))
        channel.send(self.control, Privacy(privacy.NONE, 0))
        self.assistant, theirs = channel.pair()
        self.wire("assistant", theirs)
        expect(self.control, Ready)

    def wire(self, peer: str, sock: socket.socket) -> None:
        channel.send(self.control, Wire(peer, 1), [sock.fileno()])
        sock.close()

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_S)
        self.control.close()
        self.assistant.close()


def expect(sock: socket.socket, kind: type[M]) -> M:
    """The next message of `kind`."""
    sock.settimeout(PATIENCE_S)
    while True:
        message, _ = channel.receive(sock)
        if isinstance(message, kind):
            return message


class Pair:
    """Both bricks, joined; `folder` plays the camera."""

    def __init__(self, folder: Path) -> None:
        self.run = RunOptions(camera=str(folder))
        self.eye, self.language = Process("eye", self.run), Process("language", self.run)
        self.join()

    def join(self) -> None:
        one, other = channel.pair()
        self.eye.wire("language", one)
        self.language.wire("eye", other)

    def look(self, turn: int) -> None:
        channel.send(self.eye.assistant, Look(turn))
        assert expect(self.eye.assistant, Looked).turn == turn

    def ask(self, turn: int) -> str:
        channel.send(self.language.assistant, Ask(turn, QUESTION, look=True))
        answered = expect(self.language.assistant, Answered)
        assert answered.turn == turn and not answered.cancelled
        return answered.text

    def new_eye(self) -> None:
        channel.send(self.language.control, PeerGone("eye", 1))
        self.eye = Process("eye", self.run)
        self.join()

    def new_language(self) -> None:
        channel.send(self.eye.control, PeerGone("language", 1))
        self.language = Process("language", self.run)
        self.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, which the camera sees in turn."""
    folder = tmp_path_factory.mktemp("camera")
    table(["cat", "car"], folder / "1.png")
    table(["banana"], folder / "2.png")
    return folder


@pytest.fixture(scope="module")
def answers(folder: Path) -> list[str]:
    """What the two engines answer to each picture, one after the other in this process."""
    model_folder = ModelFolder(resources.bundled_model())
    model = choose.language_model(SETTINGS.language, model_folder, lambda: False)
    composer = Composer(model, model_folder.manifest.prompt, SETTINGS.language.answer_tok)
    texts = []
    for path in sorted(folder.iterdir()):
        rows = tokens_of(path)
        memory = Memory(model, SETTINGS.language.chunk_tok)
        # In the bricks' order: the picture first, the question when it comes.
        memory.bring(composer.compose([], PictureRows(1, len(rows)), None), rows.ctypes.data)
        prompt = composer.compose([], PictureRows(1, len(rows)), QUESTION)
        answer = write(model, memory, prompt, None, SETTINGS.language.answer_tok, lambda sentence: None)
        texts.append(answer.text)
    assert texts[0] != texts[1]
    return texts


@pytest.fixture
def pair(folder: Path) -> Iterator[Pair]:
    pair = Pair(folder)
    yield pair
    pair.eye.kill()
    pair.language.kill()


def test_pictures_reach_the_language_model_unchanged(pair: Pair, answers: list[str]) -> None:
    """Through shared memory and two processes: the answers are those of the engines side by side."""
    for turn in range(1, 7):
        pair.look(turn)
        assert pair.ask(turn) == answers[(turn - 1) % 2]


def test_an_eye_that_is_killed_after_looking_is_not_missed(pair: Pair, answers: list[str]) -> None:
    """Its picture is answered; the next eye's ring takes the place of its own."""
    for turn in (1, 3, 5):
        pair.look(turn)
        pair.eye.kill()
        assert pair.ask(turn) == answers[0]
        pair.new_eye()  # which begins with the first picture again
    pair.look(7)
    assert pair.ask(7) == answers[0]


def test_a_picture_waits_for_a_language_brick_that_was_killed(pair: Pair, answers: list[str]) -> None:
    """What the eye sees meanwhile is there when it is back, the newest first."""
    for turn in (1, 3, 5):
        pair.look(turn)
        pair.language.kill()
        pair.look(turn + 1)
        pair.new_language()
        assert pair.ask(turn + 1) == answers[1]
