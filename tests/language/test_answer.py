"""One answer by the bundled model: what ends it, what cuts it, and that nothing goes on behind an
interruption."""

from __future__ import annotations

from itertools import pairwise

import pytest

from language.conftest import Stop
from mortar.bricks.language.answer import Answer, write
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prompt import Composer
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.model_folder import ModelFolder

CHUNK_tok = 128
QUESTION = "what do you see"


@pytest.fixture
def composer(model: LlamaLanguageModel, folder: ModelFolder) -> Composer:
    return Composer(model, folder.manifest.prompt, answer_tok=64)


def answer(
    model: LlamaLanguageModel, composer: Composer, *, most_tok: int = 64, stops: tuple[str, ...] = ()
) -> tuple[Answer, list[str]]:
    said: list[str] = []
    prompt = composer.compose([], None, QUESTION)
    return write(model, Memory(model, CHUNK_tok), prompt, None, most_tok, said.append, stops=stops), said


def test_an_answer_ends_by_itself(model: LlamaLanguageModel, composer: Composer) -> None:
    whole, said = answer(model, composer)
    assert whole.is_whole and not whole.interrupted
    assert said == [whole.text] and whole.text.endswith(".")
    assert len(whole.evidence.entropies) == whole.n_tok


def test_a_stop_sequence_ends_it_before_it_is_said(model: LlamaLanguageModel, composer: Composer) -> None:
    """Wherever it stands, split over tokens or within one, and the words before it are the same."""
    whole, _ = answer(model, composer)
    for begin, end in pairwise(range(1, len(whole.text), 3)):
        stop = whole.text[begin : end + 2]
        cut, said = answer(model, composer, stops=(stop,))
        assert cut.text == whole.text[: whole.text.find(stop)].strip()
        assert cut.is_whole
        assert "".join(said) == cut.text


def test_a_limit_cuts_it(model: LlamaLanguageModel, composer: Composer) -> None:
    """It has one sentence, which is said as far as it goes, and is not taken for a whole answer."""
    whole, _ = answer(model, composer)
    for most_tok in range(1, whole.n_tok):
        cut, said = answer(model, composer, most_tok=most_tok)
        assert cut.n_tok == most_tok and not cut.is_whole and not cut.interrupted
        assert whole.text.startswith(cut.text) and cut.text
        assert said == [cut.text]


def operations(model: LlamaLanguageModel, composer: Composer, stop: Stop) -> int:
    """How often llama.cpp asks whether to go on, for a whole answer."""
    stop.after = asked = 10**9
    answer(model, composer)
    return asked - stop.after


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.3, 0.6, 0.99])
def test_no_operation_follows_an_interruption(
    model: LlamaLanguageModel, composer: Composer, stop: Stop, share: float
) -> None:
    """In the middle of reading the prompt, and of writing: once told to end, llama.cpp does not even ask
    again, and no further decode begins. So it takes less than one operation, of which a token has some
    hundred."""
    after = int(operations(model, composer, stop) * share)
    model.keep(0)
    stop.after = after
    ended, said = answer(model, composer)
    assert ended.interrupted and not ended.is_whole
    assert stop.after == -1  # it was asked once more than `after`, said "end", and was not asked again
    assert said == []
    stop.after = None
    whole, _ = answer(model, composer)
    assert whole.is_whole
