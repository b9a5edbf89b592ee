"""The language brick's process: what it is told, and which work that leads to.

Messages only change what is known (earlier turns, picture, question). One task beside them looks
at what is known, does the most urgent work in the worker's thread, and looks again.
"""

from __future__ import annotations

import asyncio
import os

from mortar.bricks.language.cascade import PICTURE_GONE, Cascade, late
from mortar.bricks.language.figures import memory_figures
from mortar.bricks.language.jobs import Jobs
from mortar.bricks.language.mind import Mind
from mortar.bricks.language.minds import Minds
from mortar.bricks.language.pictures import Picture
from mortar.bricks.language.remote import Remote
from mortar.bricks.language.replies import ASSISTANT, Replies
from mortar.errors import MortarError
from mortar.messages import (
    NO_TURN,
    Ask,
    Cancel,
    Context,
    Exchange,
    LinkLost,
    Message,
    NotSeen,
    PictureShown,
    PowerChanged,
    RingOffer,
    SlotGrown,
    SlotReady,
    SlotRecall,
    SlotWithdrawn,
)
from mortar.power import PowerState
from mortar.runtimes.interfaces import Interrupted
from mortar.tiers import tiers
from mortar.worker import Mail, Worker

EYE = "eye"


async def main(worker: Worker) -> None:
    jobs = Jobs(worker)
    minds = Minds(worker, tiers(worker.run, worker.settings), jobs.should_stop)
    first = await minds.load(0)
    language = Language(worker, jobs, minds, first, _remote(worker))
    worker.ready({"language": first.unit})
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(language.follow())
            tasks.create_task(language.work())
    finally:
        jobs.stop()


class Language:
    """What the brick knows. Everything here belongs to the event loop; only jobs run elsewhere."""

    def __init__(self, worker: Worker, jobs: Jobs, minds: Minds, first: Mind, remote: Remote | None) -> None:
        self._worker = worker
        self._jobs = jobs
        self._minds = minds
        self._first = first
        """Reads ahead, and is asked before the others."""
        self._remote = remote
        self._replies = Replies(worker)
        self._replies.report(**memory_figures(minds.held))
        answer_tok = worker.settings.language.answer_tok
        self._cascade = Cascade(minds, remote, self._replies, jobs, self._to_eye, answer_tok)
        self._earlier: list[Exchange] = []
        self._changed = asyncio.Event()

    # --- messages ---

    async def follow(self) -> None:
        """Take in what the peers say, for as long as the process lives."""
        while True:
            mail = await self._worker.next()
            try:
                self._take(mail)
            except MortarError as error:
                self._replies.failed(error, None)
            self._changed.set()

    def _take(self, mail: Mail) -> None:
        match mail.message:
            case RingOffer(tier=tier) as offer:
                if (mind := self._minds.at(tier)) is not None:
                    mind.pictures.attach(offer, mail.descriptors, self._to_eye)
                else:
                    os.close(mail.descriptors[0])
            case (
                SlotReady(tier=tier) | SlotGrown(tier=tier) | SlotWithdrawn(tier=tier) | SlotRecall(tier=tier)
            ) as message:
                if (mind := self._minds.at(tier)) is not None:
                    mind.pictures.handle(message)
                if tier == 0 and isinstance(message, SlotReady) and message.turn != NO_TURN:
                    # Somebody is about to ask: what was asked of watched pictures is over.
                    self._cancel(NO_TURN)
            case PictureShown() as shown if self._remote is not None:
                self._remote.take(shown, mail.descriptors[0])
            case NotSeen(turn, code, what, do):
                self._cascade.not_shown(turn, MortarError(code, what, do))
            case Context(earlier):
                self._earlier = earlier
            case Ask() as ask:
                # One question at a time: a newer one ends what came before.
                self._give_up(other_than=ask.turn)
                self._cascade.ask(ask)
            case Cancel(turn):
                self._cancel(turn)
            case PowerChanged(power):
                self._cascade.power = power
            case LinkLost(peer) if peer == ASSISTANT:
                self._give_up(other_than=None)
            case LinkLost(peer) if peer == EYE and (asked := self._cascade.asked) is not None:
                self._cascade.not_shown(asked.ask.turn, PICTURE_GONE)  # its memory stays mapped
            case _:
                pass  # Wire: the peers say what there is

    def _to_eye(self, message: Message) -> bool:
        return self._worker.send(EYE, message)

    def _give_up(self, *, other_than: int | None) -> None:
        asked = self._cascade.asked
        turns = {self._jobs.turn, asked.ask.turn if asked else None}
        for turn in turns - {None, other_than}:
            assert turn is not None
            self._cancel(turn)

    def _cancel(self, turn: int) -> None:
        if self._jobs.turn == turn:
            self._jobs.stop()  # the job ends within a token, and what it worked on is let go then
        else:
            for mind in self._minds.loaded:
                if (held := mind.pictures.held) and held.turn == turn:
                    mind.pictures.drop()
        self._cascade.take_back(turn)

    # --- work ---

    async def work(self) -> None:
        """Do what there is to do, the most urgent first; wait while that is nothing."""
        if figures := self._first.prefix_figures:
            self._replies.report(context_tok=len(self._first), **figures)
        while True:
            await self._changed.wait()
            self._changed.clear()
            while await self._step():
                pass

    async def _step(self) -> bool:
        """One piece of work. False where there is none, or it failed and would again."""
        asked = self._cascade.asked
        if asked is not None and await self._cascade.step(asked, self._earlier):
            return True
        if asked is None:
            if self._cascade.power.state is PowerState.CRITICAL:
                self._minds.unload_larger()
            self._first.pictures.take(None)
        elif asked.tier > 0:
            return False  # a larger model waits for its picture
        return await self._read_ahead(self._first.pictures.held)

    async def _read_ahead(self, picture: Picture | None) -> bool:
        """Read the next chunk of what the next prompt will begin with, and forget what it will not have.

        Whatever was asked or shown meanwhile is looked at after it: nothing waits for longer than one chunk.
        """
        turn = picture.turn if picture else None
        try:
            wanted = self._first.prompt(self._earlier, picture, None)
            if self._first.holds(wanted):
                return await self._keep_prefix()
            read = await self._jobs.run("read", turn, self._first.read_chunk, wanted, picture)
        except Interrupted:
            if self._jobs.is_late:
                self._replies.failed(late("reading"), turn)
                return False
        except MortarError as error:
            self._replies.failed(error, turn)
            return False
        else:
            self._replies.report(
                context_tok=len(self._first), read_ahead_tok=read.read_tok, **self._first.prefix_figures
            )
        if self._jobs.is_stopped:
            self._first.pictures.drop()  # its turn was cancelled meanwhile
        return True

    async def _keep_prefix(self) -> bool:
        """Whether it was to be kept. Once for each model and build, when there is nothing else to do: whoever
        asks just then waits for the disk."""
        for mind in self._minds.loaded:
            if mind.prefix is not None and mind.prefix.is_unwritten:
                await self._jobs.run("keep the prefix", None, mind.prefix.write)
                return True
        return False


def _remote(worker: Worker) -> Remote | None:
    """The server, where one is configured and can be asked at all: else the cascade does without it."""
    server = worker.settings.cascade.server
    try:
        return Remote(server) if server.url else None
    except MortarError as error:
        worker.failed(error)
        return None
