"""Questions are ones that the firmware knows, and their words alone do not give the answers away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from mortar.assistant.intents import Understanding
from mortar.assistant.meaning import Kind as Meaning
from mortar_tools.cards.language import KINDS, Turn, answers, interview, small_talk
from mortar_tools.cards.language.interview import Interviewer
from mortar_tools.cards.language.nouns import by_class, unknown_words
from mortar_tools.cards.language.questions import INTENTS, Kind, unanswerable
from mortar_tools.cards.things import UNKNOWN
from mortar_tools.cards.world.layout import arrange
from mortar_tools.cards.world.pool import Truth
from mortar_tools.cards.world.scene import MOST_THINGS, Seen, pick_kinds

SCENES = 400


def random_truths(seed: int, fewest: int = 1) -> Iterator[Truth]:
    """Ground truth of scenes as they are drawn."""
    rng = np.random.default_rng(seed)
    for _ in range(SCENES):
        n = int(rng.integers(fewest, MOST_THINGS + 1))
        places = zip(pick_kinds(rng, n), arrange(rng, n), strict=True)
        yield Truth(tuple(Seen(kind, place.x, place.y) for kind, place in places), dark=False)


def asked(kind: Kind, seed: int, kept: bool = False) -> list[Turn]:
    rng = np.random.default_rng(seed)
    turns = [Interviewer(rng, truth, [], kept).ask(kind) for truth in random_truths(seed) for _ in range(4)]
    return [turn for turn in turns if turn is not None]


def bare(question: str) -> str:
    return question.lower().removesuffix("?")


def test_a_dark_picture_has_one_answer() -> None:
    """Whatever is asked, be it unanswerable by daylight too."""
    turns = interview(np.random.default_rng(0), Truth((), dark=True), 60)
    assert {(turn.kind, turn.answer) for turn in turns} == {("dark", answers.TOO_DARK)}


def test_every_kind_is_asked() -> None:
    """Describing first, and each of the others often enough to be learnt."""
    rng = np.random.default_rng(1)
    turns = [interview(rng, truth, 6) for truth in random_truths(1)]
    kinds = Counter(turn.kind for asked_of_one in turns for turn in asked_of_one)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 0.02 * kinds.total()
    assert sum(first.kind == Kind.DESCRIBE for first, *_ in turns) > 0.8 * SCENES


def test_an_empty_table_is_told_as_such() -> None:
    turns = interview(np.random.default_rng(2), Truth((), dark=False), 200)
    kinds = {turn.kind for turn in turns}
    assert {"empty", "yes_no", "unknown", "unanswerable"} <= kinds
    assert not kinds & {"describe", "count", "count_all", "where", "side", "between"}


@pytest.mark.parametrize("kind", [Kind.YES_NO, Kind.COMPARE])
def test_yes_is_as_common_as_no(kind: Kind) -> None:
    marks = [turn.answer[:3] for turn in asked(kind, seed=3)]
    yes, no = marks.count("Yes"), marks.count("No,")
    assert yes + no > 600
    assert 0.46 < yes / (yes + no) < 0.54


def test_naming_a_thing_does_not_tell_that_it_is_there() -> None:
    """Things, coloured shapes and shapes alone: each is absent about as often as present."""
    turns = asked(Kind.YES_NO, seed=4)
    for words in (("circle", "square", "triangle", "cross"), ("cat", "dog", "key", "bear", "moon", "door")):
        marks = [turn.answer.startswith("Yes") for turn in turns if any(w in turn.question for w in words)]
        assert len(marks) > 50
        assert 0.3 < sum(marks) / len(marks) < 0.7, words


@pytest.mark.parametrize("kind", list(INTENTS))
def test_the_firmware_understands_every_question(kind: Kind) -> None:
    understanding = Understanding()
    turns = asked(kind, seed=5)
    assert len(turns) > 40
    for turn in turns[:100]:
        found = understanding.understand(turn.question)
        assert found is not None, turn.question
        assert (found.name, found.kind) == (INTENTS[kind], Meaning.LOOK), turn.question


@pytest.mark.parametrize("kept", [False, True])
def test_a_word_that_nothing_is_called_by_is_not_known(kept: bool) -> None:
    """In training also made-up ones; never a word of the other list, never the name of a thing."""
    turns = asked(Kind.UNKNOWN, seed=6, kept=kept)
    assert {turn.answer for turn in turns} == {answers.UNKNOWN_WORD}
    listed = {form for noun in unknown_words(kept) for form in (noun.name, noun.plural)}
    foreign = {form for noun in unknown_words(not kept) for form in (noun.name, noun.plural)} - listed
    known = {form for noun in by_class() for form in (noun.name, noun.plural)}
    words = [set(bare(turn.question).split()) for turn in turns]
    named = sum(bool(its & listed) for its in words)
    assert named == len(turns) if kept else 0.4 * len(turns) < named < 0.8 * len(turns)
    if not kept:
        assert not any(its & foreign for its in words)
    assert not listed & known


def test_unanswerable_questions_come_from_the_half_that_they_should() -> None:
    """What is kept for evaluation shares no wording with what is taught."""
    patterns = {kept: {wording.text for wording in unanswerable(kept)} for kept in (False, True)}
    assert not patterns[False] & patterns[True]
    for kept in (False, True):
        turns = asked(Kind.UNANSWERABLE, seed=7, kept=kept)
        assert {turn.answer for turn in turns} == {answers.UNANSWERABLE}
        ends = tuple(wording.texts[0] for wording in unanswerable(kept))
        assert all(bare(turn.question).startswith(tuple(end.lower() for end in ends)) for turn in turns)


def test_no_template_means_what_a_picture_cannot_tell() -> None:
    """None is mistaken for a question about the picture. A skill answers before the model is asked."""
    understanding = Understanding()
    cat = by_class()[0]
    for kept in (False, True):
        for wording in unanswerable(kept):
            understood = understanding.understand(wording.asking([cat] * len(wording.forms)))
            assert understood is None or understood.kind is Meaning.SKILL, wording.text


def test_an_unknown_card_is_counted_but_never_asked_after() -> None:
    rng = np.random.default_rng(8)
    truth = Truth((Seen(UNKNOWN, 0.2, 0.5), Seen(UNKNOWN, 0.8, 0.5), Seen(0, 0.5, 0.5)), dark=False)
    turns = interview(rng, truth, 300)
    assert not any("not know" in turn.question for turn in turns)
    assert {turn.answer for turn in turns if turn.kind == Kind.COUNT_ALL} <= {
        f"There are three {noun}." for noun in ("cards", "things", "pictures")
    }
    assert "On the left I see a card I do not know." in {turn.answer for turn in turns}


def test_small_talk_is_of_one_or_two_turns() -> None:
    rng = np.random.default_rng(9)
    lengths = {len(small_talk(rng, truth)) for truth in random_truths(9)}
    assert lengths == {1, 2}


def test_the_same_seed_asks_the_same() -> None:
    truth = next(random_truths(10))
    first, second = (interview(np.random.default_rng(11), truth, 20) for _ in range(2))
    assert first == second
