"""`mortar tools bench speculation`: answers with and without drafts, by the bundled model.

Every question of the gallery, with the turns before it, is answered in each way, one way after the other
and in another order each time, in one process and from one KV cache. A time is that of an answer's tokens,
from the first to the last; reading the question belongs to none of them. What a drafter does beside,
reading the prompt included, is in its time. Drafts begin with nothing known: what it costs to find out
whether they pay is in the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.bricks.language.sampling import GREEDY, Sampler
from mortar.bricks.language.speculation.draft_model import DraftModel
from mortar.bricks.language.speculation.drafter import Drafter
from mortar.bricks.language.speculation.lookup import Lookup
from mortar.bricks.language.speculation.pace import Pace, Round
from mortar.bricks.language.speculation.prepare import SMALL
from mortar.bricks.language.speculation.rounding import near_tie
from mortar.bricks.language.speculation.speculative import Speculative
from mortar.bricks.language.stepping import Plain, Stepper
from mortar.bricks.views import views
from mortar.clock import now_ms
from mortar.messages import Exchange
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Floats, LanguageModel, VisionEncoder
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings
from mortar_tools.bench.figures import Figure, bench, figure, repeated
from mortar_tools.cards.things import CARDS, REPOSITORY
from mortar_tools.gallery.page import scenes

GALLERY = REPOSITORY / "docs" / "gallery"
AGAINST = "plain decoding, same answers"
WARM_UP = 1
"""Passes through all questions with steppers of their own, so that no way meets cold memory."""
PLAIN = "plain"


class Fixed(Pace):
    """Drafts of one length, whatever they bring: what turning them off is good for."""

    is_resting = False

    def length_tok(self) -> int:
        return self._most_tok

    def observe(self, held: Round) -> None:
        self.drafted_tok += held.drafted_tok
        self.accepted_tok += held.accepted_tok


@dataclass(frozen=True)
class Question:
    prompt: list[Entry]
    rows: Floats
    """Of its picture, [n_tok, n_embd]."""
    small_rows: Floats
    """Of the same picture by the small model's own encoder."""


@dataclass
class Way:
    """One way of writing, and what it took so far."""

    stepper: Stepper
    pass_ms: list[float] = field(default_factory=list)
    """Of all answers, for each time that all were written."""
    answers: list[list[int]] = field(default_factory=list)


class Bundled:
    """The bundled model, the small one beside it, and what they are asked."""

    def __init__(self) -> None:
        settings = Settings()
        folder = ModelFolder(CARDS)
        self.model = choose.language_model(settings.language, folder, lambda: False)
        self.near_tie = near_tie(self.model)
        self.memory = Memory(self.model, settings.language.chunk_tok)
        self.small = choose.language_model(settings.language, ModelFolder(CARDS / SMALL), lambda: False)
        self._small_memory = Memory(self.small, settings.language.chunk_tok)
        self.questions = list(_questions(settings, folder, self.model))
        self._most_tok = settings.language.draft_tok

    def ways(self) -> dict[str, Way]:
        """Each begins with nothing known."""
        sampler = Sampler(GREEDY)
        draft = DraftModel(self.small, self._small_memory, sampler, reads_pictures=True)

        def drafting(drafter: Drafter, pace: Callable[[int], Pace], most_tok: int) -> Way:
            return Way(Speculative(self.model, self.memory, sampler, drafter, pace(most_tok), self.near_tie))

        return {
            PLAIN: Way(Plain(self.model, self.memory, sampler)),
            "lookup": drafting(Lookup(), Pace, self._most_tok),
            "draft": drafting(draft, Pace, self._most_tok),
            "lookup_always": drafting(Lookup(), Fixed, self._most_tok),
            "draft_always": drafting(draft, Fixed, self._most_tok),
        }

    def agreement(self, answers: Sequence[Sequence[int]]) -> dict[str, list[float]]:
        """Whether the small model has each token of an answer behind its first in mind, by what it is shown:
        1 or 0."""
        found: dict[str, list[float]] = {"base_rows": [], "own_rows": [], "no_rows": []}
        for question, answer in zip(self.questions, answers, strict=True):
            blind = [entry for entry in question.prompt if not isinstance(entry, PictureToken)]
            shown = {
                "base_rows": (question.prompt, question.rows),
                "own_rows": (question.prompt, question.small_rows),
                "no_rows": (blind, question.rows),
            }
            for name, (prompt, rows) in shown.items():
                self._small_memory.keep(0)
                self._small_memory.bring(prompt, rows.ctypes.data)
                likeliest = self._small_memory.add_each(answer[:-1]).argmax(axis=1)
                found[name] += [float(one == other) for one, other in zip(likeliest, answer[1:], strict=True)]
        return found

    def write(self, question: Question, way: Way) -> float:
        """An answer; gives the time of its tokens in ms."""
        address = question.rows.ctypes.data
        self.memory.bring(question.prompt, address, predict=True)
        tokens = []
        began_ms = now_ms()
        steps = way.stepper.steps(question.prompt, address)
        for token, _ in steps:
            tokens.append(token)
            if self.model.is_end(token):
                break
        took_ms = now_ms() - began_ms
        steps.close()
        way.answers.append(tokens)
        return took_ms


def measure(_: Path, n: int) -> Iterator[Figure]:
    """Write all answers `n` times each way."""
    bundled = Bundled()
    for _ in repeated("warming up", WARM_UP):
        _pass(bundled, bundled.ways(), 0)
    ways = bundled.ways()
    for turn in repeated("writing", n):
        _pass(bundled, ways, turn)
    plain = ways.pop(PLAIN)
    yield figure("speculation_plain_tok_per_s", _tok_per_s(plain, n), "tok/s")
    yield figure("speculation_near_tie_logits", [bundled.near_tie], "logits")
    for name, way in ways.items():
        ratios = [alone / took for alone, took in zip(plain.pass_ms, way.pass_ms, strict=True)]
        is_same = [float(one == other) for one, other in zip(way.answers, plain.answers, strict=True)]
        figures = way.stepper.figures()
        drafted = float(figures["drafted_tok"]) / sum(map(len, way.answers))
        yield figure(f"speculation_{name}_speed", ratios, "ratio", AGAINST)
        yield figure(f"speculation_{name}_acceptance", [float(figures["acceptance"])], "share")
        yield figure(f"speculation_{name}_drafted", [drafted], "drafted tok/tok")
        yield figure(f"speculation_{name}_identical", is_same, "share", AGAINST)
    for name, agrees in bundled.agreement(plain.answers[: len(bundled.questions)]).items():
        yield figure(f"speculation_small_agrees_{name}", agrees, "share")


def _pass(bundled: Bundled, ways: dict[str, Way], turn: int) -> None:
    """All answers in each way; which one comes first changes from question to question."""
    took_ms = dict.fromkeys(ways, 0.0)
    names = list(ways)
    for number, question in enumerate(bundled.questions, start=turn):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            took_ms[name] += bundled.write(question, ways[name])
    for name, way in ways.items():
        way.pass_ms.append(took_ms[name])


def _tok_per_s(way: Way, n: int) -> Sequence[float]:
    n_tok = sum(map(len, way.answers)) / n
    return [1e3 * n_tok / ms for ms in way.pass_ms]


def _questions(settings: Settings, folder: ModelFolder, model: LanguageModel) -> Iterator[Question]:
    """The gallery's, each with the ones about the same picture before it."""
    small = ModelFolder(folder.path / SMALL)
    encoder, small_encoder = (choose.vision_encoder(settings.eye, one) for one in (folder, small))
    composer = Composer(model, folder.manifest.prompt, settings.language.answer_tok)
    for number, scene in enumerate(scenes(GALLERY), start=1):
        image = Image.open(GALLERY / scene.picture).convert("RGB")
        rows = _encoded(encoder, folder, image)
        small_rows = _encoded(small_encoder, small, image)
        earlier: list[Exchange] = []
        for asked in scene.asked:
            prompt = composer.compose(earlier, PictureRows(number, len(rows)), asked.question)
            yield Question(prompt, rows, small_rows)
            earlier.append(Exchange(asked.question, asked.answer))
    encoder.close()
    small_encoder.close()


def _encoded(encoder: VisionEncoder, folder: ModelFolder, image: Image.Image) -> Floats:
    """[n_tok, n_embd]."""
    seen = views(image, folder.vision)
    rows = np.empty((len(seen), encoder.n_tok, encoder.n_embd), np.float32)
    encoder.encode(seen, rows)
    return rows.reshape(-1, encoder.n_embd)


def main(argv: list[str] | None = None) -> int:
    """Command line of the bench."""
    return bench(argv, "speculation", __doc__, 15, measure)


if __name__ == "__main__":
    raise SystemExit(main())
