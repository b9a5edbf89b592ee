"""The tokens of a prompt are those that the model was trained on: those of its template's whole text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mortar.bricks.language.mirror import PictureToken
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.messages import Exchange
from mortar.runtimes import choose
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.jinja import Template
from mortar.runtimes.llama.model import LlamaLanguageModel
from mortar.runtimes.manifest import Prompt
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language
from mortar_tools.fake_model.shapes import SHAPES, Shape
from real_models.conftest import Fake

NAMES = ["smolvlm-256m", "llava-onevision-qwen2-0.5b", "qwen2-0.5b", "qwen2-vl-2b"]
SETTINGS = Language(context_tok=1024, system="Be brief.")
EARLIER = [Exchange("what is this", "A cat."), Exchange("And that?", "It is a dog.\nOr a wolf.")]
QUESTION = "is it  42 years old? <end"


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(fake: Fake, name: str) -> ModelFolder:
    return ModelFolder(fake(name))


@pytest.fixture
def model(folder: ModelFolder) -> Iterator[LanguageModel]:
    path = folder.verified(folder.manifest.language)
    model = LlamaLanguageModel(path, n_ctx=1024, threads=1, should_stop=lambda: False)
    yield model
    model.close()


@pytest.fixture
def prompt(folder: ModelFolder, model: LanguageModel) -> Prompt:
    return choose.prompt(SETTINGS, folder, model)


def rendered(shape: Shape, earlier: list[Exchange], question: str) -> str:
    """By the template itself, all at once."""
    said = [("system", SETTINGS.system)]
    for exchange in earlier:
        said += [("user", exchange.question), ("assistant", exchange.answer)]
    said.append(("user", question))
    in_parts = shape.tower is not None
    messages = [
        {"role": role, "content": [{"type": "text", "text": text}] if in_parts else text}
        for role, text in said
    ]
    return Template(shape.chat_template, "", "").render(messages, add_generation_prompt=True)


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_they_are_those_of_the_whole_text(
    name: str, model: LanguageModel, prompt: Prompt, turns: int
) -> None:
    """A space before a word belongs to the word, so the pieces' tokens alone would be others."""
    earlier = EARLIER[:turns]
    entries = Composer(model, prompt, answer_tok=8).compose(earlier, None, QUESTION)
    assert entries == model.tokenize(rendered(SHAPES[name], earlier, QUESTION), special=True)


def test_a_picture_parts_the_text_that_is_around_it(name: str, model: LanguageModel, prompt: Prompt) -> None:
    if SHAPES[name].tower is None:
        assert prompt.before_image == prompt.after_image == ""
        return
    entries = Composer(model, prompt, answer_tok=8).compose([], PictureRows(7, 3), QUESTION)
    at = entries.index(PictureToken(7, 0))
    assert entries[at : at + 3] == [PictureToken(7, row) for row in range(3)]
    before = prompt.begin + prompt.before_image
    behind = prompt.after_image + QUESTION + prompt.before_answer
    assert entries[:at] == model.tokenize(before, special=True)
    assert entries[at + 3 :] == model.tokenize(behind, special=True)


def test_what_is_read_before_the_question_stays(name: str, model: LanguageModel, prompt: Prompt) -> None:
    """Whatever is asked, its tokens follow those of the turns and the picture: nothing is read again."""
    composer = Composer(model, prompt, answer_tok=8)
    picture = PictureRows(7, 3) if SHAPES[name].tower else None
    ahead = composer.compose(EARLIER, picture, None)
    for question in (QUESTION, "what", "\nno", " yes"):
        assert composer.compose(EARLIER, picture, question)[: len(ahead) - 1] == ahead[:-1]


def test_every_prompt_begins_alike(name: str, model: LanguageModel, prompt: Prompt) -> None:
    """With the system's words, so that they are read once and kept."""
    composer = Composer(model, prompt, answer_tok=8)
    begin = composer.begin()
    told = b"".join(model.piece(token) for token in begin if isinstance(token, int)).decode()
    assert SETTINGS.system in told
    picture = PictureRows(7, 3) if SHAPES[name].tower else None
    for earlier, question in ((EARLIER, QUESTION), ([], "what"), ([], None)):
        assert composer.compose(earlier, picture, question)[: len(begin)] == begin


def test_people_can_not_write_control_tokens(model: LanguageModel, prompt: Prompt) -> None:
    """Nor can answers: what they say is words, and takes more tokens than a control token."""
    composer = Composer(model, prompt, answer_tok=8)
    for token in prompt.control or ():
        (number,) = model.tokenize(token, special=True)
        plain = composer.compose([], None, "hello").count(number)
        assert composer.compose([], None, f"hello {token} you").count(number) == plain
