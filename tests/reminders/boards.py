"""A board with two clocks that a test moves, on which the whole conversation runs over a real store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from mortar.assistant.keeper import Keeper
from mortar.assistant.stages import Press
from mortar.assistant.turn import Turn
from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.messages import Chime, Heard, Listen, Message, Rest, Said, Say, SoundBegan
from mortar.reminders import Reminder
from mortar.store import reminders
from mortar.store.database import Database
from talks import ListPort, conversation

SPOKEN_ms = 2_000.0
"""How long a sentence sounds here."""


def never(error: MortarError) -> None:
    raise error


class Board:
    """Its voice says a sentence in two seconds, but the answer to `ask` at once, so that no time goes by. Its
    ears tell that nobody spoke once they have waited."""

    def __init__(
        self,
        path: Path,
        local: datetime,
        complain: Callable[[MortarError], None] = never,
        boot: str = "boot",
        up_s: float = 100.0,
    ) -> None:
        self.path = path
        self.wall_s = local.timestamp()
        self.up_s = up_s
        self.boot = boot
        self.port = ListPort()
        self.on_say: Callable[[str], None] = lambda text: None
        self.voice_is_there = True
        self._spoken_ms = SPOKEN_ms
        keeper = Keeper(path, complain)
        keeper.open()
        self.talk = conversation(self.port, moment=lambda: self.moment, keeper=keeper)
        self._keeper = keeper
        self._done = 0
        """Messages that were acted on."""
        self._will: list[tuple[float, Callable[[], None]]] = []
        """What the bricks are going to say, and when."""

    @property
    def moment(self) -> Moment:
        return Moment(self.wall_s, self.up_s, self.boot)

    @property
    def now_ms(self) -> float:
        return self.up_s * 1_000

    @property
    def said(self) -> list[str]:
        return self.port.said

    @property
    def ended(self) -> list[Turn]:
        return self.port.ended

    @property
    def stored(self) -> list[Reminder]:
        """As somebody else reads it in the file."""
        return reminders.load(Database(self.path))

    def chimes(self, name: str) -> list[Message]:
        return [
            chime for chime in self.port.to("voice", Chime) if isinstance(chime, Chime) and chime.name == name
        ]

    # --- what people do ---

    def ask(self, text: str) -> str:
        """With the wake word; gives the answer, once it was said."""
        self.talk.woken(self.now_ms)
        self.talk.speech_ended(1, self.now_ms)
        self._spoken_ms = 0.0
        self.talk.heard(Heard(1, text, 0.9, self.now_ms), self.now_ms)
        answer = self.said[-1] if self.said else ""
        self.passes(0)
        self._spoken_ms = SPOKEN_ms
        return answer

    def follow_up(self, text: str) -> None:
        """With no wake word, as soon as somebody listens."""
        while not self.talk._turns.may_follow_up:
            self.passes(0.5)
        self.talk.speech_began(self.now_ms)
        self.talk.speech_ended(7, self.now_ms)
        self.talk.heard(Heard(7, text, 0.9, self.now_ms), self.now_ms)

    def does(self, what: str) -> None:
        match what:
            case "wake word":
                self.talk.woken(self.now_ms)
                self.talk.no_speech(self.now_ms)
            case "snooze after the wake word":
                self.ask("snooze")
            case "stop into it":
                while self.talk.turn is None:
                    self.passes(0.5)
                self.talk.stopped(self.now_ms)
            case "short" | "double":
                self.talk.pressed(Press(what), self.now_ms)
            case "long":
                self.talk.pressed(Press.LONG, self.now_ms)
                self.talk.no_speech(self.now_ms)
            case _:
                self.follow_up(what)

    def holds_the_floor(self) -> None:
        """Somebody asks what takes the language model very long."""
        self.ask("what do you see")

    # --- what happens ---

    def passes(self, seconds: float) -> None:
        """Time, in which the bricks and the conversation do what is due."""
        end_ms = self.now_ms + seconds * 1_000
        while True:
            self._take()
            times = [at for at, _ in self._will]
            deadline_ms = self.talk.deadline_ms
            next_ms = min([*times, *([] if deadline_ms is None else [deadline_ms])], default=end_ms + 1)
            if next_ms > end_ms:
                break
            self._go_to(max(next_ms, self.now_ms))
            happening = [what for at, what in self._will if at <= self.now_ms]
            self._will = [(at, what) for at, what in self._will if at > self.now_ms]
            for what in happening:
                what()
            if deadline_ms is not None and deadline_ms <= self.now_ms:
                self.talk.overdue(self.now_ms)
        self._go_to(end_ms)

    def lose_voice(self) -> None:
        self.voice_is_there = False
        self.port.down.add("voice")
        self.talk.peer_lost("voice", self.now_ms)

    def find_voice(self) -> None:
        self.voice_is_there = True
        self.port.down.discard("voice")
        self.talk.peer_back("voice", self.now_ms)
        self.passes(0)

    def fill_disk(self) -> None:
        """Not one page more, in no file: what SQLite says then is what is said of a full disk."""
        database = self._keeper._opened()
        with database.transaction() as rows:
            rows.execute(
                "CREATE TEMP TRIGGER full_1 BEFORE INSERT ON reminders BEGIN SELECT raise(ABORT, 'full'); END"
            )
            rows.execute(
                "CREATE TEMP TRIGGER full_2 BEFORE DELETE ON reminders BEGIN SELECT raise(ABORT, 'full'); END"
            )

    def after_restart(self) -> Board:
        """The assistant was killed, and is there again at once."""
        return Board(self.path, datetime.fromtimestamp(self.wall_s), boot=self.boot, up_s=self.up_s)

    def after_power_cut(self, seconds: float) -> Board:
        local = datetime.fromtimestamp(self.wall_s + seconds)
        return Board(self.path, local, boot=f"{self.boot}, and again", up_s=5.0)

    def _go_to(self, at_ms: float) -> None:
        seconds = at_ms / 1_000 - self.up_s
        self.up_s += seconds
        self.wall_s += seconds

    def _take(self) -> None:
        """What the bricks make of the messages that they got."""
        while self._done < len(self.port.sent):
            peer, message = self.port.sent[self._done]
            self._done += 1
            match message:
                case Say(turn, index, text) if self.voice_is_there:
                    self.on_say(text)
                    began = SoundBegan(turn, index, self.now_ms)
                    self._will.append(
                        (self.now_ms, lambda began=began: self.talk.sound_began(began, self.now_ms))
                    )  # type: ignore[misc]
                    said = Said(turn, index, False, self.now_ms + self._spoken_ms)
                    self._will.append(
                        (said.t_ms, lambda said=said: self.talk.said(said, self.now_ms))  # type: ignore[misc]
                    )
                case Listen(_, patience_ms) if patience_ms is not None and peer not in self.port.down:
                    self._will.append((self.now_ms + patience_ms, lambda: self.talk.no_speech(self.now_ms)))
                case Rest():
                    self._will = [
                        (at, what) for at, what in self._will if "no_speech" not in what.__code__.co_names
                    ]
