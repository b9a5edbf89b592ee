"""The assistant process: its links, the conversation's deadline, and how a run ends."""

from __future__ import annotations

import asyncio
from collections import Counter

from mortar import clock, languages, resources
from mortar.assistant import troubles
from mortar.assistant.conversation import Conversation
from mortar.assistant.hearing import Hearing
from mortar.assistant.intents import Understanding
from mortar.assistant.keeper import Keeper
from mortar.assistant.reception import receive
from mortar.assistant.troubles import Trouble
from mortar.assistant.turn import Dropped, Sight, Turn
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import (
    AllReady,
    Event,
    Failure,
    Finished,
    LinkLost,
    Message,
    MicrophoneOpened,
    Notice,
    Overdue,
    Placed,
    Scalar,
    SoundEnded,
    ThreadLost,
    TurnOver,
    Wire,
)
from mortar.runtimes.wake_words import spoken
from mortar.store.database import FILE
from mortar.traces.folder import TraceFolder
from mortar.traces.recorder import Recorder
from mortar.traces.writer import Writer
from mortar.worker import SUPERVISOR, Mail, Worker

ASSISTANT = "assistant"
"""Who the conversation has it from where nobody sent it."""

TURNS_PER_LIFE = 1_000_000
"""Turn numbers of a restarted assistant begin here times its restarts: none is used twice."""


class Ending:
    """Collects what happened, and says `Finished` when the run is over."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._turns = 0
        self._unused_looks = 0
        self._dropped: Counter[Dropped] = Counter()
        self._last: dict[str, Scalar | dict[str, str]] = {}
        self._trouble: Trouble | None = None
        self._sound_is_over = False

    def turn_ended(self, turn: Turn, at_ms: float) -> None:
        if turn.sight is not Sight.NONE and turn.answered is None:
            self._unused_looks += 1
        if turn.dropped is not None:
            self._dropped[turn.dropped] += 1
            self._worker.tell_supervisor(Event("dropped", at_ms, {"why": turn.dropped.value}))
            self._report()
            if self._sound_is_over:
                self.finish()
            return
        if turn.rings:
            self._worker.tell_supervisor(Event("rang", at_ms, {"answer": turn.answer}))
            if self._sound_is_over:
                self.finish()
            return
        self._turns += 1
        self._last = {"heard": turn.heard, "intent": turn.intent, "answer": turn.answer}
        if turn.answered is not None:
            self._last["confidence"] = round(turn.answered.confidence, 3)
            self._last["first_token_ms"] = round(turn.answered.first_token_ms, 1)
            self._last["model"] = turn.answered.model
            self._last["is_sure"] = turn.answered.is_sure
        self._trouble = turn.trouble
        exchange = {key: value for key, value in self._last.items() if not isinstance(value, dict)}
        self._worker.tell_supervisor(
            Event("exchange", at_ms, {**exchange, "trouble": turn.trouble.code if turn.trouble else None})
        )
        self._report()
        if self._worker.run.once or self._worker.run.ask is not None or self._sound_is_over:
            self.finish()

    def _report(self) -> None:
        self._worker.report(
            turns=self._turns,
            unused_looks=self._unused_looks,
            own_words=self._dropped[Dropped.OWN_WORDS],
            follow_ups_not_understood=self._dropped[Dropped.NOT_UNDERSTOOD],
        )

    def sound_ended(self, in_turn: bool) -> None:
        """The recording is over; a turn that is going on is still finished."""
        self._sound_is_over = True
        if not in_turn:
            self.finish()

    def finish(self) -> None:
        failure = self._trouble.failure if self._trouble else None
        if self._turns == 0:
            words = self._worker.settings.ears.wake_words
            failure = Failure(
                "no-wake-word",
                f"no wake word was heard in {self._worker.run.mic}",
                f"say {' or '.join(repr(spoken(word)) for word in words)} first, clearly and not too fast",
            )
        self._worker.tell_supervisor(Finished(self._last, failure))


class WorkerPort:
    """The conversation's `Port` over real links."""

    def __init__(self, worker: Worker, ending: Ending) -> None:
        self._worker = worker
        self._ending = ending

    def send(self, peer: str, message: Message) -> bool:
        if peer == SUPERVISOR:
            self._worker.tell_supervisor(message)
            return True
        return self._worker.send(peer, message)

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self._worker.tell_supervisor(Event(event, at_ms, data))

    def turn_ended(self, turn: Turn, at_ms: float) -> None:
        self._worker.send("eye", TurnOver(turn.number))
        self._ending.turn_ended(turn, at_ms)


async def main(worker: Worker) -> None:
    """Entry point of the process."""
    understanding = Understanding(languages.of(worker.settings.assistant.language))
    worker.ready()
    if worker.run.hear:
        await Hearing(worker, understanding).serve()
        return
    ending = Ending(worker)
    unasked: list[Failure] = []

    def complain(error: MortarError) -> None:
        worker.failed(error)
        if error.code in troubles.TOLD_UNASKED:
            unasked.append(Failure(error.code, error.what, error.do))

    keeper = Keeper(resources.data_folder() / FILE, complain, worker.settings.photos)
    if worker.run.ask is None:  # a typed question leaves alone what another Mortar may be keeping
        keeper.open()
    port = WorkerPort(worker, ending)
    writer, recorder = None, None
    if worker.run.ask is None:  # a typed question is a command's: who asked has seen its answer
        writer = Writer(worker.settings.trace, worker.failed, TraceFolder(), worker.send)
        recorder = Recorder(port, worker.settings, worker.run, writer.keep)
    conversation = Conversation(
        recorder or port,
        worker.settings,
        understanding,
        moment=recorder.moment if recorder else clock.moment,
        keeper=keeper,
        first_turn=worker.restarts * TURNS_PER_LIFE + 1,
        speaks=worker.run.ask is None,
    )
    try:
        await _Assistant(worker, conversation, port, recorder, ending, unasked).serve()
    finally:
        if writer is not None:
            await writer.close()


class _Assistant:
    """Gives each message to the conversation, past the recorder where there is one. `unasked` is what people
    are to hear of; it may grow."""

    def __init__(
        self,
        worker: Worker,
        conversation: Conversation,
        port: WorkerPort,
        recorder: Recorder | None,
        ending: Ending,
        unasked: list[Failure],
    ) -> None:
        self._worker = worker
        self._conversation = conversation
        self._port = port
        self._recorder = recorder
        self._ending = ending
        self._unasked = unasked
        self._wired: set[str] = set()
        self._all_ready = False
        self._apology_due = worker.restarts > 0 and worker.run.ask is None

    async def serve(self) -> None:
        while True:
            mail = await self._next_or_deadline()
            if mail is None:
                self._receive(ASSISTANT, Overdue())
            else:
                self._take(mail)
            self._tell_unasked()

    async def _next_or_deadline(self) -> Mail | None:
        deadline_ms = self._conversation.deadline_ms
        if deadline_ms is None:
            return await self._worker.next()
        try:
            async with asyncio.timeout((deadline_ms - now_ms()) / 1e3):
                return await self._worker.next()
        except TimeoutError:
            return None

    def _take(self, mail: Mail) -> None:
        """What is about the run is dealt with here; the conversation gets the rest."""
        match mail.message:
            case AllReady():
                self._all_ready = True
                if self._worker.run.ask is not None:
                    self._conversation.asked(self._worker.run.ask, now_ms())
            case Placed(units):
                if self._recorder is not None:
                    self._recorder.placement = units
            case MicrophoneOpened(t_ms):
                self._port.emit("microphone_open", t_ms)
            case SoundEnded():
                self._ending.sound_ended(in_turn=self._conversation.turn is not None)
            case Failure(code) if code in troubles.TOLD_UNASKED:
                self._unasked.append(mail.message)
            case Wire(peer):
                self._receive(mail.sender, mail.message)
                self._wired.add(peer)
                self._apologise()
            case LinkLost(peer):
                self._wired.discard(peer)
                self._receive(mail.sender, mail.message)
            case _:
                self._receive(mail.sender, mail.message)

    def _receive(self, sender: str, message: Message) -> None:
        if self._recorder is not None:
            self._recorder.receive(self._conversation, sender, message, now_ms())
        else:
            receive(self._conversation, self._port, sender, message, now_ms())

    def _tell_unasked(self) -> None:
        """Once it can be heard, and nobody is asking. A run for one exchange is for that one."""
        can_hear = self._all_ready and "voice" in self._wired and not self._worker.run.once
        if self._unasked and can_hear and self._conversation.turn is None:
            self._receive(ASSISTANT, Notice(self._unasked.pop(0)))

    def _apologise(self) -> None:
        """Once, when it can be heard and an answer to it too."""
        if self._apology_due and self._wired >= {"ears", "voice"}:
            self._apology_due = False
            self._receive(ASSISTANT, ThreadLost())
