"""The real eye and language processes, asked one question after the other."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from mortar import channel
from mortar.channel import ChannelClosed
from mortar.errors import MortarError
from mortar.messages import AllReady, Answered, Ask, Failure, Look, Message
from mortar_tools.cards.answerers.answer import Answer

PATIENCE_S = 90.0
"""How long the processes may take to start, to answer and to end: generous, it only ends a hang."""


class Bricks:
    """What sits behind the examiner's door: shows a picture, asks, and takes the answer."""

    def __init__(self, link: socket.socket, picture: Path) -> None:
        self._link = link
        self._picture = picture
        self._turn = 0

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        """An answer to each question about a picture: the eye looks anew for each, as it does in use."""
        image.save(self._picture)
        return [self._ask(question) for question in questions]

    def _ask(self, question: str) -> Answer:
        self._turn += 1
        channel.send(self._link, Look(self._turn))
        channel.send(self._link, Ask(self._turn, question, look=True))
        message = receive(self._link)
        assert isinstance(message, Answered) and message.turn == self._turn, message
        return Answer(message.text, message.confidence, message.n_tok)


def receive(link: socket.socket) -> Message:
    """The next message from the examiner. Raises MortarError for a failure, and where none comes."""
    try:
        message, _ = channel.receive(link)
    except (ChannelClosed, TimeoutError):
        raise ended() from None
    if isinstance(message, Failure):
        raise MortarError(message.code, message.what, message.do)
    return message


def ended() -> MortarError:
    """Nothing more will come, and nobody said why."""
    return MortarError("bricks-ended", "the eye and language processes ended or hang", "see the log above")


@contextmanager
def started(model: Path) -> Iterator[Bricks]:
    """Eye and language of a model folder under a supervisor of their own; they end with the block."""
    with TemporaryDirectory(prefix="mortar-eval-") as name:
        # Bitmaps are written and read without compression, and lose nothing.
        picture, door = Path(name) / "camera.bmp", Path(name) / "door"
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(door))
            listener.listen()
            command = [sys.executable, "-m", "mortar_tools.cards.answerers.examiner"]
            arguments = [str(picture), str(door), str(model)]
            process = subprocess.Popen([*command, *arguments], stdin=subprocess.DEVNULL)
            try:
                with first_caller(listener, process) as link:
                    assert isinstance(receive(link), AllReady)
                    yield Bricks(link, picture)
            finally:
                process.terminate()
                process.wait(PATIENCE_S)


def first_caller(listener: socket.socket, process: subprocess.Popen[bytes]) -> socket.socket:
    """The examiner's connection. Raises MortarError where the process ends before it calls."""
    pidfd = os.pidfd_open(process.pid)
    try:
        ready, _, _ = select.select([listener.fileno(), pidfd], [], [], PATIENCE_S)
    finally:
        os.close(pidfd)
    if listener.fileno() not in ready:
        process.kill()
        raise ended()
    link, _ = listener.accept()
    link.settimeout(PATIENCE_S)
    return link
