"""Questions about one scene, picked by chance, with their right answers."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, permutations

import numpy as np

from mortar_tools.cards.language import answers
from mortar_tools.cards.language.chance import Chooser, pick
from mortar_tools.cards.language.nouns import Noun
from mortar_tools.cards.language.places import SIDES, between
from mortar_tools.cards.language.questions import (
    INTENTS,
    Kind,
    Wording,
    spoken,
    unanswerable,
    wordings,
)
from mortar_tools.cards.things import UNKNOWN
from mortar_tools.cards.world.pool import Truth
from mortar_tools.cards.world.scene import Seen

KINDS = (*INTENTS, Kind.UNKNOWN, Kind.UNANSWERABLE)

FIRST = (Kind.DESCRIBE, Kind.YES_NO)
"""Asked about every scene, before the others."""
SHARES = {
    Kind.YES_NO: 4,
    Kind.COUNT: 15,
    Kind.COUNT_ALL: 6,
    Kind.WHERE: 22,
    Kind.SIDE: 10,
    Kind.COLOUR: 40,
    Kind.COMPARE: 10,
    Kind.BETWEEN: 55,
    Kind.UNKNOWN: 8,
    Kind.UNANSWERABLE: 9,
}
"""How often each of the others is tried. Most tries at a colour or at what is between fail, since few
scenes have a shape or three things in a plain order."""
_BOUNDS = tuple(accumulate(SHARES.values()))

UNKNOWN_IN = {
    Kind.YES_NO: 40,
    Kind.COUNT: 20,
    Kind.WHERE: 20,
    Kind.COLOUR: 8,
    Kind.COMPARE: 6,
    Kind.BETWEEN: 6,
}
"""How often a word that the model doesn't know comes in a question of each kind."""
_UNKNOWN_BOUNDS = tuple(accumulate(UNKNOWN_IN.values()))

DECIDED_BY_EMPTINESS = frozenset(
    (Kind.DESCRIBE, Kind.COUNT, Kind.COUNT_ALL, Kind.WHERE, Kind.SIDE, Kind.BETWEEN)
)
"""Kinds that anything but an empty table would answer otherwise."""
CARDS = {plural: Noun(plural[:-1], plural, "a") for plural in ("cards", "things", "pictures")}

TRIES = 8
"""Pairs to try for a comparison that is to be answered with yes."""

Asked = tuple[str, str | None] | None
"""Question and answer: either None where there is no single right one."""


@dataclass(frozen=True)
class Turn:
    """A question and its answer."""

    kind: str
    """One of KINDS, or "dark" or "empty" where that alone decides the answer."""
    question: str
    answer: str


class Interviewer:
    """Asks about one scene. `hinted`: classes that earlier talk was about; `kept`: unknown words and
    unanswerable questions are those that are never trained on."""

    def __init__(self, rng: np.random.Generator, truth: Truth, hinted: Sequence[int], kept: bool) -> None:
        self._rng = rng
        self._dark = truth.dark
        self._seen = truth.seen
        self._kept = kept
        self._choose = Chooser(rng, truth.seen, hinted)

    def ask(self, kind: Kind) -> Turn | None:
        """A question of a kind with its right answer; None where there is no single right one."""
        asked = ASK[kind](self, kind)
        if asked is None:
            return None
        question, answer = asked
        if self._dark:
            kind, answer = Kind.DARK, answers.TOO_DARK
        elif not self._seen and kind in DECIDED_BY_EMPTINESS:
            kind = Kind.EMPTY
        return None if answer is None else Turn(kind, spoken(self._rng, question), answer)

    def _wording(self, kind: Kind) -> Wording:
        return pick(self._rng, wordings()[kind])

    def _describe(self, kind: Kind) -> Asked:
        return self._wording(kind).text, answers.describe(self._seen)

    def _count(self, kind: Kind) -> Asked:
        noun = self._choose.either(present=0.75)
        if noun is None:
            return None
        return self._wording(kind).asking([noun]), answers.count(self._seen, noun)

    def _count_all(self, kind: Kind) -> Asked:
        question = self._wording(kind).text
        noun = next(noun for plural, noun in CARDS.items() if plural in question)
        return question, answers.count_all(self._seen, noun)

    def _where(self, kind: Kind) -> Asked:
        noun = self._choose.either(present=0.8)
        if noun is None:
            return None
        return self._wording(kind).asking([noun]), answers.where(self._seen, noun)

    def _yes_no(self, kind: Kind) -> Asked:
        noun, wording = self._choose.either(present=0.5), self._wording(kind)
        if noun is None:
            return None
        return wording.asking([noun]), answers.yes_no(self._seen, noun, wording.plural)

    def _side(self, kind: Kind) -> Asked:
        question = self._wording(kind).text
        return question, answers.side(self._seen, next(name for name in SIDES if name in question))

    def _colour(self, kind: Kind) -> Asked:
        about_shape = self._rng.random() < 0.93
        noun = self._choose.shape(present=0.9) if about_shape else self._choose.pictogram()
        wording = self._wording(kind)
        if noun is None or (not wording.plural and len(noun.among(self._seen)) > 1):
            return None
        return wording.asking([noun]), answers.colour(self._seen, noun, wording.plural)

    def _compare(self, kind: Kind) -> Asked:
        wording = self._wording(kind)
        if " or " in wording.text:
            pair = self._pair()
            return (wording.asking(pair), answers.which_more(self._seen, *pair)) if pair else None
        yes = self._rng.random() < 0.5
        for _ in range(TRIES):
            pair = self._pair()
            if pair is None:
                return None
            n, m = (len(noun.among(self._seen)) for noun in pair)
            if n != m or not yes:
                more, less = pair if (n > m) == yes else pair[::-1]
                return wording.asking((more, less)), answers.compare(self._seen, more, less)
        return None

    def _pair(self) -> tuple[Noun, Noun] | None:
        """Two nouns to compare, in either order."""
        one = self._choose.either(present=0.95)
        if one is None:
            return None
        other = self._choose.other(one, present=0.6)
        return (one, other) if self._rng.random() < 0.5 else (other, one)

    def _between(self, kind: Kind) -> Asked:
        ends = self._ends()
        if ends is None or ends[0].kinds & ends[1].kinds:
            return None
        return self._wording(kind).asking(ends), answers.between(self._seen, *ends)

    def _ends(self) -> tuple[Noun, Noun] | None:
        """Two nouns that something may stand between."""
        chance = self._rng.random()
        if chance < 0.06:
            one, other = self._choose.either(present=0.8) or self._choose.absent(), self._choose.absent()
            return (one, other) if self._rng.random() < 0.5 else (other, one)
        pairs = with_something_between(self._seen) if chance < 0.65 else known_pairs(self._seen)
        if not pairs:
            return None
        first, second = pick(self._rng, pairs)
        return self._choose.word(first.thing), self._choose.word(second.thing)

    def _unknown(self, kind: Kind) -> Asked:
        asked = tuple(UNKNOWN_IN)[bisect(_UNKNOWN_BOUNDS, self._rng.random() * _UNKNOWN_BOUNDS[-1])]
        wording = self._wording(asked)
        nouns = [self._choose.unknown_word(self._kept)]
        if len(wording.forms) == 2:
            nouns.insert(int(self._rng.random() * 2), self._choose.absent())
        return wording.asking(nouns), answers.UNKNOWN_WORD

    def _unanswerable(self, kind: Kind) -> Asked:
        wording = pick(self._rng, unanswerable(self._kept))
        noun = self._choose.either(present=0.7) or self._choose.absent()
        return wording.asking([noun] * len(wording.forms)), answers.UNANSWERABLE


ASK: dict[Kind, Callable[[Interviewer, Kind], Asked]] = {
    Kind.DESCRIBE: Interviewer._describe,
    Kind.COUNT: Interviewer._count,
    Kind.COUNT_ALL: Interviewer._count_all,
    Kind.WHERE: Interviewer._where,
    Kind.YES_NO: Interviewer._yes_no,
    Kind.SIDE: Interviewer._side,
    Kind.COLOUR: Interviewer._colour,
    Kind.COMPARE: Interviewer._compare,
    Kind.BETWEEN: Interviewer._between,
    Kind.UNKNOWN: Interviewer._unknown,
    Kind.UNANSWERABLE: Interviewer._unanswerable,
}


def known_pairs(seen: Sequence[Seen]) -> list[tuple[Seen, Seen]]:
    """Pairs of known things, in either order."""
    return list(permutations([one for one in seen if one.thing != UNKNOWN], 2))


def with_something_between(seen: Sequence[Seen]) -> list[tuple[Seen, Seen]]:
    """Pairs of known things, in either order, that have a third one plainly between them."""
    return [ends for ends in known_pairs(seen) if any(between(*ends, one) for one in seen if one not in ends)]


def interview(
    rng: np.random.Generator, truth: Truth, n: int, hinted: Sequence[int] = (), kept: bool = False
) -> list[Turn]:
    """n questions about one scene: describe it, a yes or no, then any of the others.

    `hinted`: classes that earlier talk was about, asked after where they are absent. `kept`: unknown
    words and unanswerable questions are those that are never trained on.
    """
    interviewer = Interviewer(rng, truth, hinted, kept)
    kinds, others = list(FIRST), tuple(SHARES)
    turns: list[Turn] = []
    while len(turns) < n:
        kind = kinds.pop(0) if kinds else others[bisect(_BOUNDS, rng.random() * _BOUNDS[-1])]
        turn = interviewer.ask(kind)
        if turn is not None:
            turns.append(turn)
    return turns


def small_talk(rng: np.random.Generator, truth: Truth) -> list[Turn]:
    """One or two earlier turns about another scene."""
    return interview(rng, truth, 1) if rng.random() < 0.6 else interview(rng, truth, 4)[2:]
