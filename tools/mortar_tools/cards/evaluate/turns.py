"""`mortar tools eval turns`: what answers change where an old turn is cut out of the memory, and not all is
read again.

Each scene is asked about after a conversation about others, of which the oldest turn has left: once with the
turns that stay read anew, once with the turn cut out and the others moved up, as the language brick does.
What the others say of scenes that were seen before is true, as a good answer would be.
"""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from mortar.bricks.language.answer import Answer, write
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import shared
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.messages import Exchange
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.evaluate.command import check, numbers
from mortar_tools.cards.evaluate.exam import Sheet, sheets
from mortar_tools.cards.evaluate.figures import Figure, as_json, as_table, bootstrap_figure, share_figure
from mortar_tools.cards.things import CARDS, WORK


@dataclass(frozen=True)
class Reply:
    """The answer to one question in both ways, and what would have been right."""

    cut: Answer
    anew: Answer
    right: str


class Speaker:
    """The language model of a folder, in the middle of a conversation."""

    def __init__(self, folder: ModelFolder) -> None:
        settings = Settings().language
        self.turns = folder.manifest.prompt.most_earlier_turns
        self._model = choose.language_model(settings, folder, lambda: False)
        self._memory = Memory(self._model, settings.chunk_tok)
        self._composer = Composer(self._model, folder.manifest.prompt, settings.answer_tok)
        self._answer_tok = settings.answer_tok

    def begin(self, earlier: Sequence[Exchange], *, cut: bool) -> None:
        """Read the newest of `earlier`; with `cut` as they stay when the oldest leaves."""
        self._memory.bring([], None)
        # In this order: what has left a composer's prompts does not come back.
        before = self._composer.compose(earlier[:-1], None, None)
        stay = self._composer.compose(earlier, None, None)
        if cut:
            self._memory.bring(before, None)
            moved = self._memory.bring_nearer(stay, None)
            assert shared(before, stay, splits=True) < moved.reused_tok, "what stays has moved up"
        self._memory.bring(stay, None)

    def ask(self, earlier: Sequence[Exchange], tokens: Floats, rows: PictureRows, question: str) -> Answer:
        prompt = self._composer.compose(earlier, rows, question)
        address = tokens.ctypes.data
        return write(self._model, self._memory, prompt, address, self._answer_tok, lambda said: None)


def replies(options: argparse.Namespace) -> Iterator[Reply]:
    """Of each scene but the first ones, which have no conversation before them."""
    folder = ModelFolder(options.model)
    eye, speaker = Shipped(options.model), Speaker(folder)
    before: deque[Exchange] = deque(maxlen=speaker.turns + 1)
    pictures = count(1)
    paper = sheets(numbers("test", options, options.n), None, options.seed, options.work)
    for sheet in track(paper, "conversations", total=options.n, console=Console(stderr=True)):
        if len(before) == before.maxlen:
            yield from _asked_twice(speaker, list(before), sheet, eye.encode(sheet.picture), next(pictures))
        turn = sheet.turns[0]
        before.append(Exchange(turn.question, turn.answer))


def _asked_twice(
    speaker: Speaker, earlier: Sequence[Exchange], sheet: Sheet, tokens: Floats, number: int
) -> Iterator[Reply]:
    said: dict[bool, list[Answer]] = {}
    for cut in (True, False):
        rows = PictureRows(2 * number + cut, len(tokens))
        speaker.begin(earlier, cut=cut)
        said[cut] = [speaker.ask(earlier, tokens, rows, turn.question) for turn in sheet.turns]
    for turn, after_cut, anew in zip(sheet.turns, said[True], said[False], strict=True):
        yield Reply(after_cut, anew, turn.answer)


def figures(found: Sequence[Reply], seed: int) -> list[Figure]:
    shifts = np.array([abs(one.cut.confidence - one.anew.confidence) for one in found])
    return [
        share_figure("same_answer_after_cut", [one.cut.text == one.anew.text for one in found], seed),
        share_figure("exact_after_cut", [one.cut.text == one.right for one in found], seed),
        share_figure("exact_read_anew", [one.anew.text == one.right for one in found], seed),
        bootstrap_figure("confidence_change", lambda picks: float(shifts[picks].mean()), len(shifts), seed),
    ]


def main(argv: list[str] | None = None) -> int:
    """Ask in both ways, and print the figures."""
    parser = argparse.ArgumentParser(prog="mortar tools eval turns", description=__doc__)
    parser.add_argument("--n", type=int, default=100, help="scenes, with 6 questions each (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="another number, other scenes (default: 0)")
    parser.add_argument("--model", type=Path, metavar="DIR", default=CARDS, help="default: the bundled one")
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--work", type=Path, default=WORK, help="where the art is")
    parser.set_defaults(out=None)
    options = parser.parse_args(argv)
    check(options)
    found = figures(list(replies(options)), options.seed)
    (as_json if options.json else as_table)(found)
    return 0
