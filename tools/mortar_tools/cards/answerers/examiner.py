"""The examiner takes the assistant's seat, under the real supervisor, and passes questions on.

python -m mortar_tools.cards.answerers.examiner PICTURE DOOR MODEL

Eye and language are the real processes, joined by the real token ring. Who asks sits behind the
socket DOOR, speaks the bricks' own messages, and plays the camera with the file PICTURE.
"""

from __future__ import annotations

import asyncio
import socket
import sys

from mortar import channel
from mortar.channel import Channel
from mortar.errors import MortarError
from mortar.messages import AllReady, Answered, Ask, Failure, Finished, LinkLost, Look, Message
from mortar.settings import RunOptions, Settings
from mortar.supervisor.supervisor import Supervisor
from mortar.supervisor.table import ASSISTANT, TABLE, Row, Stage, Table, always
from mortar.worker import Worker

EYE, LANGUAGE = "eye", "language"
SEATS = (ASSISTANT, EYE, LANGUAGE)

EXAM = Table(
    rows=(
        *(row for row in TABLE.rows if row.name in (EYE, LANGUAGE)),
        Row(ASSISTANT, "mortar_tools.cards.answerers.examiner:main", always, Stage.PROCESSING),
    ),
    links=tuple(link for link in TABLE.links if set(link) <= set(SEATS)),
)
"""The program's process table with its two bricks for pictures, and the examiner for all others."""


def knock(door: str) -> socket.socket:
    """A connection to whoever asks."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.connect(door)
    return sock


async def main(worker: Worker) -> None:
    """Entry point of the examiner's process; `run.ask` is the door that the questions come through."""
    worker.ready()
    assert worker.run.ask is not None
    outside: Channel | None = None

    def over() -> None:
        worker.tell_supervisor(Finished({}))

    def relay(message: Message, _: list[int]) -> None:
        match message:
            case Look():
                worker.send(EYE, message)
            case Ask():
                worker.send(LANGUAGE, message)

    while True:
        match (await worker.next()).message:
            case AllReady() as ready:
                outside = Channel(knock(worker.run.ask), relay, over)
                outside.send(ready)
            case (Answered() | Failure()) as message if outside is not None:
                outside.send(message)
            case LinkLost(peer) if outside is not None:
                outside.send(Failure("brick-lost", f"the {peer} process ended", "see the log above"))
            case _:
                pass  # what else the bricks say is for the conversation


def supervise(picture: str, door: str, model: str) -> None:
    """Run the exam's processes until whoever asks has gone; says at the door why it could not."""
    options = RunOptions(camera=picture, model=model, ask=door)
    supervisor = Supervisor(Settings(), options, lambda event: None, table=EXAM)

    async def live() -> Finished:
        return await supervisor.run()

    try:
        asyncio.run(live())
    except MortarError as error:
        with knock(door) as outside:
            channel.send(outside, Failure(error.code, error.what, error.do))


if __name__ == "__main__":
    supervise(*sys.argv[1:])
