"""What every worker process is: links to its peers, jobs with deadlines, an end with its parent.

A worker is one asyncio loop for messages and one thread for work. The loop stays free while the
thread computes, so that an abort, a stop and the supervisor's death are noticed at any time.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import traceback
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, ParamSpec, TypeVar

from mortar.channel import Channel
from mortar.errors import MortarError
from mortar.messages import (
    Abort,
    Failure,
    JobBegan,
    JobEnded,
    LinkLost,
    Message,
    PeerGone,
    Ready,
    Report,
    Scalar,
    Start,
    Stop,
    Wire,
)

P = ParamSpec("P")
T = TypeVar("T")

SUPERVISOR = "supervisor"

EXIT_FAILED = 1
"""Exit status after a MortarError: said to the supervisor, worth a restart."""

EXIT_DEFECT = os.EX_SOFTWARE
"""Exit status after any other exception: its traceback is in the log."""

EXIT_ALONE = os.EX_UNAVAILABLE
"""Exit status of a worker whose control socket has closed: it belongs to nobody any more."""


class Mail(NamedTuple):
    """A message, who sent it, and the descriptors that came with it (the receiver's to close)."""

    sender: str
    message: Message
    descriptors: Sequence[int]


class Worker:
    """The process's side of its links. Built by `serve`, handed to the brick's `main`."""

    def __init__(self, start: Start, control: socket.socket) -> None:
        self.name = start.name
        self.settings = start.settings
        self.run = start.run
        self.restarts = start.restarts
        self.started_ms = start.started_ms
        self.aborted = threading.Event()
        """Set while the running job should give up; engines poll it from their callbacks."""
        self._mail: asyncio.Queue[Mail] = asyncio.Queue()
        self._links: dict[str, tuple[int, Channel]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=start.name)
        self._one_job = asyncio.Lock()
        self._job = 0
        """Number of the job that runs, or ran last."""
        self._task = asyncio.current_task() or _no_task()
        self._control = Channel(control, self._on_control, _end_now)

    # --- messages ---

    async def next(self) -> Mail:
        """The next message from any peer. The supervisor's Stop cancels `main` instead."""
        return await self._mail.get()

    def send(self, peer: str, message: Message, descriptors: Sequence[int] = ()) -> bool:
        """Send to a peer; False where there is no link at present (it is down or starting)."""
        held = self._links.get(peer)
        if held is None or not held[1].is_open:
            return False
        held[1].send(message, descriptors)
        return True

    def tell_supervisor(self, message: Message) -> None:
        self._control.send(message)

    def ready(self, placement: dict[str, str] | None = None) -> None:
        """Say that everything is loaded and `main` serves from now on."""
        self.tell_supervisor(Ready(placement or {}))

    def report(self, **figures: Scalar) -> None:
        """Figures for `mortar status`."""
        self.tell_supervisor(Report(figures))

    def failed(self, error: MortarError, turn: int | None = None) -> None:
        """Make an error known while going on."""
        self.tell_supervisor(Failure(error.code, error.what, error.do, turn))

    # --- work ---

    async def job(
        self,
        what: str,
        deadline_ms: float,
        work: Callable[P, T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` in the worker's one thread, watched by the supervisor.

        Past `deadline_ms` the supervisor sets `aborted`, and ends the process if that does
        not help. Jobs queue: one runs at a time. Cancelling sets `aborted` too, and still waits
        for `work` to return, so that nobody takes a model away from under the engine.
        """
        async with self._one_job:
            self._job += 1
            self.aborted.clear()
            # Said before the work begins: work that never lets go of the interpreter is known too.
            self.tell_supervisor(JobBegan(self._job, what, deadline_ms))
            try:
                return await self._in_thread(partial(work, *args, **kwargs))
            finally:
                self.tell_supervisor(JobEnded(self._job))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        result = asyncio.get_running_loop().run_in_executor(self._thread, work)
        cancelled: asyncio.CancelledError | None = None
        while not result.done():
            try:
                await asyncio.wait([result])
            except asyncio.CancelledError as error:
                cancelled = error
                self.aborted.set()
        if cancelled is not None:
            result.exception()  # taken note of: giving up is how an aborted engine ends
            raise cancelled
        return result.result()

    def close(self) -> None:
        """Let go of every link; a job that still runs is left to itself."""
        self._control.close()
        for _, link in self._links.values():
            link.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    # --- links ---

    def _on_control(self, message: Message, descriptors: list[int]) -> None:
        match message:
            case Stop():
                self._task.cancel()
            case Abort(job):
                if job == self._job:
                    self.aborted.set()
            case Wire(peer, generation):
                self._wire(peer, generation, socket.socket(fileno=descriptors[0]))
                self._mail.put_nowait(Mail(SUPERVISOR, message, ()))
            case PeerGone(peer, generation):
                # What the peer still said, and LinkLost, come before the news of its end.
                if (held := self._links.get(peer)) and held[0] == generation:
                    held[1].drain()
                self._mail.put_nowait(Mail(SUPERVISOR, message, ()))
            case _:
                self._mail.put_nowait(Mail(SUPERVISOR, message, descriptors))

    def _wire(self, peer: str, generation: int, sock: socket.socket) -> None:
        if held := self._links.pop(peer, None):
            held[1].close()

        def on_message(message: Message, descriptors: list[int]) -> None:
            self._mail.put_nowait(Mail(peer, message, descriptors))

        def on_closed() -> None:
            self._mail.put_nowait(Mail(SUPERVISOR, LinkLost(peer, generation), ()))

        self._links[peer] = (generation, Channel(sock, on_message, on_closed))


Main = Callable[[Worker], Coroutine[None, None, None]]


async def serve(main: Main, start: Start, control: socket.socket) -> int:
    """Be a worker until `main` ends; gives the exit status.

    A MortarError from `main` is said to the supervisor in one line; any other exception is a
    defect and is raised.
    """
    worker = Worker(start, control)
    try:
        await main(worker)
    except MortarError as error:
        worker.failed(error)
        return EXIT_FAILED
    except asyncio.CancelledError:
        pass  # told to stop: `main` has closed what it holds on the way out
    finally:
        worker.close()
    return 0


def run(main: Main, start: Start, control: socket.socket) -> int:
    """Run a worker in a process of its own until it ends; gives its exit status."""

    async def live() -> int:
        life = asyncio.create_task(serve(main, start, control), name=start.name)
        await asyncio.wait([life])
        if (defect := life.exception()) is not None:
            traceback.print_exception(defect)
            return EXIT_DEFECT
        return life.result()

    return asyncio.run(live())


def _no_task() -> asyncio.Task[object]:
    raise RuntimeError("a Worker is built inside its asyncio task")


def _end_now() -> None:
    # Not sys.exit: the job thread may sit in an engine that nothing can interrupt, and
    # everything that must be kept is in files that are written whole.
    os._exit(EXIT_ALONE)
