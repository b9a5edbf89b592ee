"""Small workers that behave in one particular way each; the zygote forks them as it forks bricks.

What happens in them is said with events, {"who": name, ...}, which the supervisor hands on.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess

from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import (
    Event,
    Finished,
    LinkLost,
    PeerGone,
    Press,
    Privacy,
    PrivacyObeyed,
    Rest,
    Scalar,
    Typed,
    Wire,
)
from mortar.worker import Worker

MEMFD_NAME = "mortar-test-ring"


def say(worker: Worker, event: str, **data: Scalar) -> None:
    worker.tell_supervisor(Event(event, now_ms(), {"who": worker.name, **data}))


async def serving(worker: Worker) -> None:
    """Serves, and says what it gets; greets every new peer. Takes a moment to end."""
    worker.ready({worker.name: "test/cpu"})
    say(worker, "began", pid=os.getpid(), restarts=worker.restarts)
    try:
        while True:
            sender, message, _ = await worker.next()
            match message:
                case Wire(peer, generation) | LinkLost(peer, generation) | PeerGone(peer, generation):
                    say(worker, type(message).__name__, peer=peer, generation=generation)
                    worker.send(peer, Rest())
                case Press(kind):
                    say(worker, "pressed", kind=kind)
                case Typed(text):
                    say(worker, "typed", text=text)
                case _:
                    say(worker, "got", sender=sender, message=type(message).__name__)
    finally:
        await asyncio.sleep(0.05)
        say(worker, "ended")


async def dying_once(worker: Worker) -> None:
    """Killed in its first life, fine in its second."""
    if worker.restarts == 0:
        worker.ready()
        os.kill(os.getpid(), signal.SIGKILL)
    await serving(worker)


async def dying(worker: Worker) -> None:
    worker.ready()
    os._exit(3)


async def defective(worker: Worker) -> None:
    raise KeyError("a defect, as it happens")


async def lacking_model(worker: Worker) -> None:
    """Fails before it is ready; its mail is unread then, as in a brick that was loading."""
    say(worker, "tried")
    raise MortarError("model-missing", "there is no model in /nowhere", "install one")


async def failing_late(worker: Worker) -> None:
    worker.ready()
    raise MortarError("microphone-gone", "the microphone has gone", "plug it in")


async def leaving(worker: Worker) -> None:
    """Has nothing more to do."""
    worker.ready()


async def finishing(worker: Worker) -> None:
    """Says that the run is over, and ends at once."""
    worker.ready({"language": "test/cpu"})
    worker.tell_supervisor(Finished({"answer": "a cup"}))


async def obeying_abort(worker: Worker) -> None:
    worker.ready()
    await worker.job("wait", 200, worker.aborted.wait)
    say(worker, "aborted")
    await serving(worker)


async def stuck_outside_python(worker: Worker) -> None:
    """Its job never looks at `aborted`; the interpreter is free meanwhile."""
    worker.ready()
    if worker.restarts == 0:
        reading, _ = os.pipe()
        await worker.job("read", 200, os.read, reading, 1)
    await serving(worker)


async def stuck_in_python(worker: Worker) -> None:
    """Its job never lets go of the interpreter: not even messages get through."""
    worker.ready()
    if worker.restarts == 0:
        await worker.job("hold", 200, hold_the_interpreter)
    await serving(worker)


def hold_the_interpreter() -> None:
    ctypes.PyDLL(None).sleep(1_000)  # PyDLL, unlike CDLL, keeps the interpreter's lock


async def holding(worker: Worker) -> None:
    """Has shared memory, and hangs in a way that even its supervisor's death does not end."""
    descriptor = os.memfd_create(MEMFD_NAME)
    os.ftruncate(descriptor, 4_096)
    worker.ready()
    await worker.job("hold", 600_000, hold_the_interpreter)


async def refusing_to_stop(worker: Worker) -> None:
    worker.ready()
    while True:
        try:
            await worker.next()
        except asyncio.CancelledError:
            say(worker, "refused")


async def holding_a_device(worker: Worker) -> None:
    """Says what it is told of privacy, and obeys."""
    worker.ready()
    while True:
        match (await worker.next()).message:
            case Privacy(closed, number):
                say(worker, "told", microphone=closed.microphone, restarts=worker.restarts)
                worker.tell_supervisor(PrivacyObeyed(number))


async def keeping_its_device(worker: Worker) -> None:
    """In its first life it obeys nobody; in its second it is told before anything else."""
    if worker.restarts > 0:
        first = (await worker.next()).message
        assert isinstance(first, Privacy) and first.closed.microphone, f"told {first} first"
        say(worker, "told first")
    await serving(worker)


async def having_a_child(worker: Worker) -> None:
    """Dies beside a program that it had started."""
    if worker.restarts == 0:
        child = subprocess.Popen(["sleep", "1000"])
        say(worker, "child", pid=child.pid)
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGKILL)
    await serving(worker)
