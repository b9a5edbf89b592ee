"""The bundled model with drafts, on the gallery's pictures and questions: the answers it gives without."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from mortar import resources
from mortar.bricks.language.answer import Answer, write
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.bricks.language.sampling import GREEDY, Sampler
from mortar.bricks.language.speculation.draft_model import DraftModel
from mortar.bricks.language.speculation.drafter import Drafter
from mortar.bricks.language.speculation.lookup import Lookup
from mortar.bricks.language.speculation.prepare import SMALL, prepare
from mortar.bricks.language.speculation.rounding import near_tie
from mortar.bricks.language.speculation.speculative import Speculative
from mortar.bricks.language.stepping import Plain, Step, Stepper
from mortar.bricks.views import views
from mortar.messages import Exchange, Scalar
from mortar.runtimes import choose
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Eye, Language, Speculate
from speculation.toys import Always, CHUNK_tok

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"
MOST_tok = 64


class Asked(NamedTuple):
    prompt: list[Entry]
    rows: np.ndarray
    """Of its picture, float32 [n_tok, n_embd]."""


def loaded(folder: ModelFolder) -> LanguageModel:
    return choose.language_model(Language(), folder, lambda: False)


@pytest.fixture(scope="module")
def base() -> ModelFolder:
    return ModelFolder(resources.bundled_model())


@pytest.fixture(scope="module")
def model(base: ModelFolder) -> LanguageModel:
    return loaded(base)


@pytest.fixture(scope="module")
def small(base: ModelFolder) -> Iterator[LanguageModel]:
    held = loaded(ModelFolder(base.path / SMALL))
    yield held
    held.close()


@pytest.fixture(scope="module")
def asked(base: ModelFolder, model: LanguageModel) -> list[Asked]:
    """Three questions about each of 24 pictures, the second and third with the turns before them."""
    scenes = tomllib.loads((GALLERY / "scenes.toml").read_text(encoding="utf-8"))["scene"]
    encoder = choose.vision_encoder(Eye(), base)
    composer = Composer(model, base.manifest.prompt, MOST_tok)
    found = []
    for number, scene in enumerate(scenes, start=1):
        seen = views(Image.open(GALLERY / scene["picture"]).convert("RGB"), base.manifest.vision)
        rows = np.empty((len(seen), encoder.n_tok, encoder.n_embd), np.float32)
        encoder.encode(seen, rows)
        earlier: list[Exchange] = []
        for one in scene["asked"]:
            picture = PictureRows(number, encoder.n_tok * len(seen))
            prompt = composer.compose(earlier, picture, one["question"])
            found.append(Asked(prompt, rows.reshape(-1, encoder.n_embd)))
            earlier.append(Exchange(one["question"], one["answer"]))
    encoder.close()
    assert len(found) == 72
    return found


class Noting:
    """A Stepper that keeps the tokens of another."""

    def __init__(self, held: Stepper) -> None:
        self._held = held
        self.tokens: list[int] = []

    def steps(self, prompt: Sequence[Entry], address: int | None) -> Generator[Step, None, None]:
        for step in self._held.steps(prompt, address):
            self.tokens.append(step.token)
            yield step

    def figures(self) -> dict[str, Scalar]:
        return self._held.figures()


def answers(
    model: LanguageModel, asked: list[Asked], stepper: Callable[[Memory], Stepper]
) -> tuple[list[tuple[Answer, list[int]]], Stepper]:
    """Each with its tokens."""
    model.keep(0)
    memory = Memory(model, CHUNK_tok)
    held = stepper(memory)
    found = []
    for one in asked:
        noting = Noting(held)
        answer = write(
            model, memory, one.prompt, one.rows.ctypes.data, MOST_tok, lambda _: None, stepper=noting
        )
        found.append((answer, noting.tokens))
    return found, held


@pytest.fixture(scope="module")
def plainly(model: LanguageModel, asked: list[Asked]) -> list[tuple[Answer, list[int]]]:
    return answers(model, asked, lambda memory: Plain(model, memory, Sampler(GREEDY)))[0]


def by_lookup(small: LanguageModel) -> Drafter:
    return Lookup()


def by_small(small: LanguageModel) -> Drafter:
    small.keep(0)
    return DraftModel(small, Memory(small, CHUNK_tok), Sampler(GREEDY), reads_pictures=True)


def by_blind_small(small: LanguageModel) -> Drafter:
    small.keep(0)
    return DraftModel(small, Memory(small, CHUNK_tok), Sampler(GREEDY), reads_pictures=False)


@pytest.mark.parametrize(
    ("drafter", "most_tok", "tie"),
    [
        (by_lookup, 4, None),
        (by_small, 1, None),
        (by_small, 5, None),
        (by_small, 4, 1.5),
        (by_blind_small, 4, None),
    ],
)
def test_every_answer_is_the_plain_one_token_by_token(
    model: LanguageModel,
    small: LanguageModel,
    asked: list[Asked],
    plainly: list[tuple[Answer, list[int]]],
    drafter: Callable[[LanguageModel], Drafter],
    most_tok: int,
    tie: float | None,
) -> None:
    """With near ties as they are measured, and with so many that answers are decoded anew again and again."""
    model.keep(0)
    closeness = near_tie(model) if tie is None else tie

    def stepper(memory: Memory) -> Stepper:
        return Speculative(model, memory, Sampler(GREEDY), drafter(small), Always(most_tok), closeness)

    found, held = answers(model, asked, stepper)
    assert [tokens for _, tokens in found] == [tokens for _, tokens in plainly]
    for (answer, _), (alone, _) in zip(found, plainly, strict=True):
        assert answer.text == alone.text
        assert answer.confidence == pytest.approx(alone.confidence, rel=0.02)
    assert held.figures()["accepted_tok"] > 0


def test_a_model_whose_batches_round_differently_keeps_its_answers_too(
    model: LanguageModel, small: LanguageModel, asked: list[Asked]
) -> None:
    """Where the processor multiplies a batch of Q4_K otherwise than a token, by as much as 0.26 of a logit
    on an x86: *small* with what *base* drafts, which is wrong often enough."""
    alone, _ = answers(small, asked[:24], lambda memory: Plain(small, memory, Sampler(GREEDY)))
    small.keep(0)
    closeness = near_tie(small)
    model.keep(0)
    drafter = DraftModel(model, Memory(model, CHUNK_tok), Sampler(GREEDY), reads_pictures=True)

    def stepper(memory: Memory) -> Stepper:
        return Speculative(small, memory, Sampler(GREEDY), drafter, Always(4), closeness)

    found, _ = answers(small, asked[:24], stepper)
    assert [tokens for _, tokens in found] == [tokens for _, tokens in alone]


def test_decoding_anew_gives_the_very_logits_of_plain_decoding(
    model: LanguageModel, asked: list[Asked]
) -> None:
    """Bit by bit: what near ties rest on."""
    memory = Memory(model, CHUNK_tok)
    for one, other in pairwise(asked[:12]):
        memory.bring(one.prompt, one.rows.ctypes.data, predict=True)
        plain = Plain(model, memory, Sampler(GREEDY)).steps(one.prompt, None)
        singly = [(token, logits.copy()) for token, (token, logits) in zip(range(5), plain, strict=False)]
        tokens = [token for token, _ in singly]
        memory.keep(len(one.prompt))
        memory.add_each(tokens[:4])
        memory.keep(len(one.prompt))
        for token, (_, expected) in zip(tokens, singly[1:], strict=False):
            memory.add(token)
            np.testing.assert_array_equal(model.logits(), expected)
        memory.bring(other.prompt, other.rows.ctypes.data)


def test_small_sees_what_base_sees_through_bases_rows(
    model: LanguageModel, small: LanguageModel, asked: list[Asked]
) -> None:
    """It takes them as its own, and drafts better with them than blind."""

    def acceptance(drafter: Drafter) -> float:
        def stepper(memory: Memory) -> Stepper:
            return Speculative(model, memory, Sampler(GREEDY), drafter, Always(2), 0.0)

        return float(answers(model, asked, stepper)[1].figures()["acceptance"])

    assert acceptance(by_small(small)) > acceptance(by_blind_small(small)) + 0.05


@pytest.mark.parametrize(
    ("settings", "drafter"),
    [
        (Language(speculate=Speculate.OFF), None),
        (Language(), "lookup"),
        (Language(speculate=Speculate.LOOKUP, draft_model="/nowhere"), "lookup"),
        (Language(speculate=Speculate.DRAFT), "draft"),
        (Language(draft_model=str(resources.bundled_model() / SMALL)), "draft"),
    ],
)
def test_the_settings_say_who_drafts(
    model: LanguageModel, base: ModelFolder, settings: Language, drafter: str | None
) -> None:
    model.keep(0)
    speculation = prepare(settings, model, base, lambda: False)
    assert (speculation.drafter.name if speculation.drafter else None) == drafter
    assert speculation.trouble is None
    speculation.close()


def test_a_model_is_not_its_own_draft_model(model: LanguageModel, base: ModelFolder) -> None:
    """As where *small* answers in the cascade."""
    model.keep(0)
    speculation = prepare(Language(draft_model=str(base.path)), model, base, lambda: False)
    assert isinstance(speculation.drafter, Lookup)


def test_a_draft_model_that_is_missing_costs_nothing_but_drafts(
    model: LanguageModel, base: ModelFolder, tmp_path: Path
) -> None:
    """What was asked for and why it is not so is told."""
    model.keep(0)
    speculation = prepare(Language(draft_model=str(tmp_path)), model, base, lambda: False)
    assert isinstance(speculation.drafter, Lookup)
    assert speculation.trouble is not None and str(tmp_path) in speculation.trouble.what
