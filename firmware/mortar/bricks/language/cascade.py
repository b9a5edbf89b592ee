"""Asks one model after the other, the small ones first, until one is sure of its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from mortar.bricks.language.answer import NO_ANSWER, Answer
from mortar.bricks.language.asking import Asked, Given
from mortar.bricks.language.figures import memory_figures
from mortar.bricks.language.interpreter import NOT_TAUGHT, Interpreter, Telling
from mortar.bricks.language.jobs import Jobs
from mortar.bricks.language.judging import verdict
from mortar.bricks.language.limits import most_tok
from mortar.bricks.language.mind import Mind
from mortar.bricks.language.minds import Minds
from mortar.bricks.language.pictures import Picture
from mortar.bricks.language.remote import NAME, Remote, sentences
from mortar.bricks.language.replies import Replies
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import NO_TURN, Ask, EncodeFor, Exchange, Message, ShowPicture
from mortar.power import MAINS
from mortar.runtimes.interfaces import Interrupted

PICTURE_GONE = MortarError(
    "picture-gone", "the picture that a larger model was to see is not there any more", "ask again"
)


class Cascade:
    """One question at a time. Belongs to the event loop.

    `to_eye` gives False where there is no eye at present.
    """

    def __init__(
        self,
        minds: Minds,
        remote: Remote | None,
        replies: Replies,
        jobs: Jobs,
        to_eye: Callable[[Message], bool],
        answer_tok: int,
    ) -> None:
        self._minds = minds
        self._remote = remote
        self._replies = replies
        self._jobs = jobs
        self._to_eye = to_eye
        self._answer_tok = answer_tok
        self._escalations = 0
        self.power = MAINS
        """The less there is, the shorter the answers."""
        self.asked: Asked | None = None
        """What waits for a model, or for its picture."""

    # --- what happens to the question ---

    def ask(self, ask: Ask) -> None:
        self.asked = Asked(ask, now_ms())

    def take_back(self, turn: int) -> None:
        if (asked := self.asked) is not None and asked.ask.turn == turn:
            self.asked = None
            if self._remote is not None:
                self._remote.drop()
            self._replies.answered(asked, NO_ANSWER)

    def not_shown(self, turn: int, error: MortarError) -> None:
        """A larger model waits for the picture in vain."""
        if (asked := self.asked) is not None and asked.ask.turn == turn and asked.tier > 0:
            self._pass_on(asked, None, error)

    # --- work ---

    async def step(self, asked: Asked, earlier: list[Exchange]) -> bool:
        """Go on with what was asked; False while its picture is not there."""
        if asked.own_words is None:
            await self._begin(asked)
            return True
        ask = asked.own_words
        if self._is_remote(asked):
            assert self._remote is not None
            shown = self._remote.picture(ask.turn)
            if ask.look and shown is None:
                return False
            self.asked = None
            await self._answer_remotely(self._remote, asked, shown, earlier)
            return True
        mind = await self._minds.load(asked.tier)  # it is
        picture = mind.pictures.take(ask.turn)
        if ask.look and (picture is None or not picture.is_whole):
            return False
        self.asked = None
        await self._answer(mind, asked, ask, picture if ask.look else None, earlier)
        return True

    async def _begin(self, asked: Asked) -> None:
        """Turn to the model that is to be asked, and have it shown the picture."""
        ask = asked.ask
        try:
            own_words = ask if self._is_remote(asked) else await self._in_own_words(asked)
        except MortarError as error:
            if self.asked is asked:
                self._pass_on(asked, None, error)
            return
        if self.asked is not asked:
            return  # taken back, or a newer one came
        self.asked = asked.begun(own_words)
        if asked.tier == 0 or not ask.look:
            return
        wanted = ShowPicture(ask.turn) if self._is_remote(asked) else EncodeFor(ask.turn, asked.tier)
        if not self._to_eye(wanted):
            self._pass_on(asked, None, PICTURE_GONE)

    async def _in_own_words(self, asked: Asked) -> Ask:
        mind = await self._minds.load(asked.tier)
        self._replies.report(**memory_figures(self._minds.held))
        return mind.in_own_words(asked.ask)

    async def _answer(
        self, mind: Mind, asked: Asked, ask: Ask, picture: Picture | None, earlier: list[Exchange]
    ) -> None:
        """Sentence by sentence, where nothing is left to be judged. The picture leaves with its turn; what
        was said of it comes back as text, in a Context."""
        held: list[str] = []
        """Sentences that wait for how sure the whole answer is."""
        waits = self._has_larger(asked) or (ask.is_free and mind.taught is not None)
        say = held.append if waits else self._replies.sayer(ask.turn)
        told = Telling(mind.between, say) if isinstance(mind.between, Interpreter) else None
        try:
            prompt = mind.prompt(earlier, picture, ask.question)
            answer = await self._jobs.run(
                "answer", ask.turn, mind.answer, prompt, picture, self.power, told or say
            )
            if answer.interrupted and self._jobs.is_late:
                raise late("answering")
            again = await self._again(mind, asked, answer, picture, earlier)
        except Interrupted:
            self._replies.answered(asked, NO_ANSWER)
        except MortarError as error:
            self._pass_on(asked, None, error)
        else:
            said = replace(answer, text=told.text) if told else answer
            self._judge(mind, asked, ask, answer, Given(mind.name, held, said), again)
            self._replies.report(**mind.writing_figures)
        mind.pictures.drop()

    async def _again(
        self, mind: Mind, asked: Asked, first: Answer, picture: Picture | None, earlier: list[Exchange]
    ) -> str | None:
        """What the model answers to the same question in other words, where that is to be compared."""
        if not asked.ask.again or first.interrupted:
            return None
        ask = mind.in_own_words(msgspec.structs.replace(asked.ask, question=asked.ask.again))
        prompt = mind.prompt(earlier, picture, ask.question)
        answer = await self._jobs.run("compare", ask.turn, mind.answer, prompt, picture, self.power, _unheard)
        if answer.interrupted:
            raise Interrupted
        return answer.text

    async def _answer_remotely(
        self, remote: Remote, asked: Asked, picture: bytes | None, earlier: list[Exchange]
    ) -> None:
        """Nothing is said before the whole answer is there: a server may break off in the middle."""
        ask = asked.ask
        try:
            work = remote.answer(ask.question, picture, earlier, most_tok(self._answer_tok, self.power))
            answer = await self._jobs.wait(ask.turn, work)
        except Interrupted:
            self._replies.answered(asked, NO_ANSWER)
        except MortarError as error:
            self._pass_on(asked, None, error)
        else:
            self._judge(None, asked, ask, answer, Given(NAME, sentences(answer.text), answer))
        remote.drop()

    def _judge(
        self,
        mind: Mind | None,
        asked: Asked,
        ask: Ask,
        own: Answer,
        given: Given,
        again: str | None = None,
    ) -> None:
        """`ask` and `own` are question and answer in the model's words."""
        if own.interrupted:
            self._replies.answered(asked, given.answer, model=given.model)
            return
        before = [self._name(tier) for tier in range(asked.tier)]
        manifest = mind.manifest if mind else None
        found = verdict(manifest, own, is_free=ask.is_free, again=again, before=before)
        if found.is_refused:
            self._pass_on(asked, None, NOT_TAUGHT)
        elif found.doubt and self._has_larger(asked):
            self._pass_on(asked, given, None, found.doubt)
        else:
            self._give(asked, given, is_sure=not found.doubt)

    def _give(self, asked: Asked, given: Given, *, is_sure: bool) -> None:
        self._replies.said(asked.ask.turn, given.sentences)
        self._replies.answered(asked, given.answer, model=given.model, is_sure=is_sure)

    def _pass_on(
        self, asked: Asked, unsure: Given | None, failure: MortarError | None, doubt: str = ""
    ) -> None:
        """To the next larger model; where there is none, people hear what there is."""
        turn, best = asked.ask.turn, unsure or asked.unsure
        has_larger = self._has_larger(asked)
        if failure is not None and failure is not NOT_TAUGHT and (has_larger or best is not None):
            self._replies.overcome(failure, turn)
        if has_larger:
            self._escalations += 1
            self._replies.report(escalations=self._escalations)
            self._replies.passed_on(asked, self._name(asked.tier), failure.code if failure else doubt)
            self.asked = asked.passed_on(unsure)
            return
        self.asked = None
        if best is not None:
            self._give(asked, best, is_sure=False)
        else:
            assert failure is not None, "an answer or none"
            self._replies.failed(failure, turn)

    def _has_larger(self, asked: Asked) -> bool:
        """A watched picture is a matter of the first model alone: it is asked again and again."""
        n_models = len(self._minds) + (self._remote is not None)
        return asked.ask.turn != NO_TURN and asked.tier + 1 < n_models

    def _is_remote(self, asked: Asked) -> bool:
        return asked.tier == len(self._minds)

    def _name(self, tier: int) -> str:
        return self._minds.name(tier) if tier < len(self._minds) else NAME


def _unheard(_: str) -> None:
    """Nobody hears the answer that is only compared."""


def late(doing: str) -> MortarError:
    return MortarError(
        "language-too-slow",
        f"{doing} took longer than the language model may take",
        "raise deadline_ms or lower answer_tok in [language], or use a smaller model",
    )
