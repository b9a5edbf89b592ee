"""The assistant process: its links, the conversation's deadline, and how a run ends."""

from __future__ import annotations

import asyncio
from collections import Counter

from mortar import clock, resources
from mortar.assistant.conversation import Conversation
from mortar.assistant.hearing import Hearing
from mortar.assistant.intents import Understanding
from mortar.assistant.keeper import Keeper
from mortar.assistant.stages import Press
from mortar.assistant.troubles import Trouble
from mortar.assistant.turn import Dropped, Sight, Turn
from mortar.clock import now_ms
from mortar.messages import (
    AllReady,
    Answered,
    Event,
    Failure,
    Finished,
    Heard,
    LinkLost,
    Looked,
    Message,
    MicrophoneOpened,
    NoSpeech,
    Partial,
    Said,
    Scalar,
    Sentence,
    SoundBegan,
    SoundEnded,
    SpeechBegan,
    SpeechEnded,
    StopHeard,
    VolumeSet,
    WakeHeard,
    Wire,
)
from mortar.messages import Press as PressMessage
from mortar.runtimes.wake_words import spoken
from mortar.store.database import FILE
from mortar.worker import Mail, Worker

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
            self._worker.tell_supervisor(Event("rang", at_ms))
            if self._sound_is_over:
                self.finish()
            return
        self._turns += 1
        self._last = {"heard": turn.heard, "intent": turn.intent, "answer": turn.answer}
        if turn.answered is not None:
            self._last["confidence"] = round(turn.answered.confidence, 3)
            self._last["first_token_ms"] = round(turn.answered.first_token_ms, 1)
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
        return self._worker.send(peer, message)

    def emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self._worker.tell_supervisor(Event(event, at_ms, data))

    def turn_ended(self, turn: Turn, at_ms: float) -> None:
        self._ending.turn_ended(turn, at_ms)


async def main(worker: Worker) -> None:
    """Entry point of the process."""
    understanding = Understanding()
    worker.ready()
    if worker.run.hear:
        await Hearing(worker, understanding).serve()
        return
    ending = Ending(worker)
    keeper = Keeper(resources.data_folder() / FILE, worker.failed)
    if worker.run.ask is None:  # a typed question leaves alone what another Mortar may be keeping
        keeper.open()
    conversation = Conversation(
        WorkerPort(worker, ending),
        worker.settings,
        understanding,
        moment=clock.moment,
        keeper=keeper,
        first_turn=worker.restarts * TURNS_PER_LIFE + 1,
        speaks=worker.run.ask is None,
    )
    await _Assistant(worker, conversation, ending).serve()


class _Assistant:
    """Gives each message to the conversation."""

    def __init__(self, worker: Worker, conversation: Conversation, ending: Ending) -> None:
        self._worker = worker
        self._conversation = conversation
        self._ending = ending
        self._wired: set[str] = set()
        self._apology_due = worker.restarts > 0 and worker.run.ask is None

    async def serve(self) -> None:
        while True:
            mail = await self._next_or_deadline()
            if mail is None:
                self._conversation.overdue(now_ms())
            else:
                self._take(mail)

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
        at_ms = now_ms()
        talk = self._conversation
        match mail.message:
            case Wire(peer):
                self._wire(peer, at_ms)
            case AllReady():
                if self._worker.run.ask is not None:
                    talk.asked(self._worker.run.ask, at_ms)
            case LinkLost(peer):
                self._wired.discard(peer)
                talk.peer_lost(peer, at_ms)
            case PressMessage(kind):
                talk.pressed(Press(kind), at_ms)
            case MicrophoneOpened(t_ms):
                self._emit("microphone_open", t_ms)
            case WakeHeard(word, score):
                self._emit("wake", mail.message.t_ms, word=word, score=round(score, 3))
                talk.woken(at_ms)
            case StopHeard(phrase, end_sample, t_ms):
                self._emit("stop", t_ms, phrase=phrase, end_sample=end_sample)
                talk.stopped(at_ms)
            case SpeechBegan(from_sample, t_ms):
                self._emit("speech_start", t_ms, from_sample=from_sample)
                talk.speech_began(at_ms)
            case SpeechEnded(utterance, _, to_sample, t_ms, in_own_speech):
                self._emit("speech_end", t_ms, to_sample=to_sample)
                talk.speech_ended(utterance, at_ms, in_own_speech)
            case NoSpeech():
                talk.no_speech(at_ms)
            case SoundEnded():
                self._ending.sound_ended(in_turn=talk.turn is not None)
            case Partial():
                talk.partly_heard(mail.message)
            case Heard():
                talk.heard(mail.message, at_ms)
            case Looked():
                talk.looked(mail.message, at_ms)
            case Sentence():
                talk.sentence(mail.message, at_ms)
            case Answered():
                talk.answered(mail.message, at_ms)
            case SoundBegan():
                talk.sound_began(mail.message, at_ms)
            case Said():
                talk.said(mail.message, at_ms)
            case VolumeSet():
                talk.volume_set(mail.message, at_ms)
            case Failure():
                talk.failed(mail.sender, mail.message, at_ms)
            case _:
                pass  # PeerGone: the assistant holds nothing that a peer left behind

    def _wire(self, peer: str, at_ms: float) -> None:
        self._wired.add(peer)
        self._conversation.peer_back(peer, at_ms)
        if self._apology_due and self._wired >= {"ears", "voice"}:
            self._apology_due = False
            self._conversation.lost_thread(at_ms)

    def _emit(self, event: str, at_ms: float, **data: Scalar) -> None:
        self._worker.tell_supervisor(Event(event, at_ms, data))
