"""Shares of what was understood and of what was taken for a command, and what was confused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mortar_tools.cards.evaluate.figures import Figure, share_figure
from mortar_tools.ears.corpus import Kind
from mortar_tools.ears.hearing import Heard


@dataclass(frozen=True)
class Confusion:
    """`n` times under a condition something else was heard than was asked; None is nothing."""

    asked: str
    heard: str | None
    condition: str
    n: int


def figures(heard: Sequence[Heard], seed: int) -> Iterator[Figure]:
    """By condition, in the order in which they were heard; a share of nothing is none."""
    for condition in conditions(heard):
        here = [one for one in heard if one.utterance.condition == condition]
        questions, others, rows = (_of_kind(here, kind) for kind in Kind)
        shares = {
            "understood": [one.is_understood for one in questions],
            "heard_exactly": [one.text == one.utterance.asked for one in questions],
            "other_speech_taken": [one.is_command for one in others],
            "word_rows_taken": [one.is_command for one in rows],
        }
        for name, marks in shares.items():
            if marks:
                yield share_figure(figure_name(name, condition), marks, seed)


def by_voice(heard: Sequence[Heard], condition: str, seed: int) -> dict[str, Figure]:
    """Voice → share of its questions that was understood; none of recordings, each a voice of its own."""
    marks: dict[str, list[bool]] = {}
    for one in _of_kind(heard, Kind.QUESTION):
        if one.utterance.condition == condition and one.utterance.file is None:
            marks.setdefault(one.utterance.voice, []).append(one.is_understood)
    return {
        voice: share_figure(f"{figure_name('understood', condition)}_{voice}", own, seed)
        for voice, own in marks.items()
    }


def confusions(heard: Sequence[Heard]) -> list[Confusion]:
    """Questions not understood and other speech taken for a command: the pairs most frequent in all first."""
    found = Counter(
        (one.utterance.asked, one.text, one.utterance.condition) for one in heard if _is_confused(one)
    )
    in_all: Counter[tuple[str, str | None]] = Counter()
    for (asked, text, _), n in found.items():
        in_all[asked, text] += n
    ranked = sorted(found, key=lambda key: (-in_all[key[:2]], key[0], key[1] or ""))
    return [Confusion(*key, found[key]) for key in ranked]


def conditions(heard: Sequence[Heard]) -> list[str]:
    return list(dict.fromkeys(one.utterance.condition for one in heard))


def figure_name(share: str, condition: str) -> str:
    return f"{share}_{condition.replace(' ', '_')}"


def _is_confused(heard: Heard) -> bool:
    return not heard.is_understood if heard.utterance.kind is Kind.QUESTION else heard.is_command


def _of_kind(heard: Sequence[Heard], kind: Kind) -> list[Heard]:
    return [one for one in heard if one.utterance.kind is kind]
