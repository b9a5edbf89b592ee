"""A chat template taken apart: its pieces make up what the template writes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from mortar.errors import MortarError
from mortar.runtimes.chat import Chat, Marks
from mortar.runtimes.chat_template import ANSWERS, PICTURE, QUESTIONS, composed, taken_apart
from mortar.runtimes.manifest import Prompt
from mortar_tools.fake_model.shapes import SHAPES
from real_models.templates import GEMMA, LLAMA_2, NO_PICTURES, PLAIN, SYSTEM_MOVES, THINKING

SYSTEM = "Be brief."
BOS, EOS = "<s>", "</s>"
TOKENS = [BOS, EOS, "<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "<image>"]
TOKENS += [token for shape in SHAPES.values() for token in shape.tokenizer.numbered.values()]
MARKS = Marks("<picture>", "</picture>")

WRITTEN = {
    "llama-2": LLAMA_2,
    "gemma": GEMMA,
    "system-moves": SYSTEM_MOVES,
    "no-pictures": NO_PICTURES,
    "thinking": THINKING,
    "plain": PLAIN,
}
TEMPLATES = WRITTEN | {name: shape.chat_template for name, shape in SHAPES.items()}


def control(text: str) -> set[str]:
    return {token for token in TOKENS if token in text}


def chat(template: str, *, adds_bos: bool = False) -> Chat:
    return Chat("a model", template, BOS, EOS, adds_bos)


def pieces(
    template: str, *, system: str = SYSTEM, marks: Marks | None = MARKS, adds_bos: bool = False
) -> Prompt:
    return taken_apart(chat(template, adds_bos=adds_bos), system, marks, control)


def messages(turns: int, system: str, say: Callable[[str], object]) -> list[dict[str, object]]:
    found = [{"role": "system", "content": say(system)}] if system else []
    for number in range(turns):
        found.append({"role": "user", "content": say(QUESTIONS[number])})
        if number < turns - 1:
            found.append({"role": "assistant", "content": say(ANSWERS[number])})
    return found


def as_text(text: str) -> object:
    return text


def as_parts(text: str) -> object:
    return [{"type": "text", "text": text}]


RENDERED_ELSEWHERE = [
    ("llama-2", SYSTEM, as_text),
    ("gemma", "", as_text),
    ("system-moves", "", as_text),
    ("no-pictures", SYSTEM, as_parts),
    ("plain", SYSTEM, as_text),
    ("qwen2-0.5b", SYSTEM, as_text),
    ("smolvlm-256m", SYSTEM, as_parts),
    ("qwen2-vl-2b", SYSTEM, as_parts),
]
"""llama-cpp-python renders these too: it has no {% generation %} and passes nothing of thinking."""


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "system", "say"), RENDERED_ELSEWHERE, ids=lambda one: getattr(one, "__name__", one)
)
def test_the_pieces_make_up_what_another_program_renders(
    name: str, system: str, say: Callable[[str], object], turns: int
) -> None:
    formatter = Jinja2ChatFormatter(TEMPLATES[name], EOS, BOS)
    expected = formatter(messages=messages(turns, system, say)).prompt
    assert composed(pieces(TEMPLATES[name]), turns, picture=False) == expected


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_picture_stands_between_its_marks_before_its_question(name: str) -> None:
    """Once, in the last turn; the model's own name for a picture is gone."""
    text = composed(pieces(TEMPLATES[name]), 2, picture=True)
    assert text.count(PICTURE) == 1 and f"<picture>{PICTURE}</picture>" in text
    assert text.index(ANSWERS[0]) < text.index(PICTURE) < text.index(QUESTIONS[1])
    assert "<image>" not in text and "<|image_pad|>" not in text and "<|vision_start|>" not in text


def test_smolvlm_is_spoken_to_as_it_was_trained() -> None:
    """The colon before a picture has no space behind it, the one before words has."""
    found = pieces(TEMPLATES["smolvlm-256m"], system="")
    assert composed(found, 1, picture=True) == (
        f"<|im_start|>User:<picture>{PICTURE}</picture>{QUESTIONS[0]}<end_of_utterance>\nAssistant:"
    )
    assert composed(found, 1, picture=False) == (
        f"<|im_start|>User: {QUESTIONS[0]}<end_of_utterance>\nAssistant:"
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_control_token_is_cut_in_two(name: str) -> None:
    found = pieces(TEMPLATES[name])
    texts = (found.begin, found.before_image, found.after_image, found.before_question, found.before_answer)
    for text in (*texts, found.end, found.answer_lead(is_told=True)):
        for token in control(text):
            text = text.replace(token, "")
        assert "<|" not in text and "|>" not in text
    assert set(found.control) <= set(TOKENS)


def test_where_no_place_is_for_a_system_there_is_none() -> None:
    """Nor where its place would move with each question."""
    assert SYSTEM not in pieces(GEMMA).begin
    assert SYSTEM not in pieces(SYSTEM_MOVES).begin
    assert SYSTEM in pieces(LLAMA_2).begin


def test_a_model_that_can_think_is_told_not_to() -> None:
    """Of its next answer; of earlier turns there is what it said."""
    found = pieces(THINKING)
    assert found.before_answer.endswith("<think>\n\n</think>\n\n")
    assert "<think>" not in found.answer_lead(is_told=True)


def test_the_start_mark_is_there_once() -> None:
    """Whether the template writes it or the tokenizer would."""
    for template in (LLAMA_2, GEMMA):
        assert pieces(template, adds_bos=True).begin.count(BOS) == 1
    assert pieces(PLAIN, adds_bos=True).begin.startswith(BOS)
    assert BOS not in pieces(PLAIN).begin


def test_an_answer_ends_at_a_control_token_or_at_the_next_question() -> None:
    assert pieces(TEMPLATES["qwen2-0.5b"]).stop == []
    assert pieces(PLAIN).stop == ["user:"]


WRONG = {
    "no template": "{% for",
    "a constant": "hello",
    "it leaves answers out": "{% for m in messages if m.role == 'user' %}{{ m.content }}\n{% endfor %}",
    "it shouts": "{% for m in messages %}{{ m.content | upper }}\n{% endfor %}",
    "it says everything twice": "{% for m in messages %}{{ m.content }}{{ m.content }}\n{% endfor %}",
    "it counts": "{% for m in messages %}{{ loop.index }} {{ m.content }}\n{% endfor %}",
    "it refuses": "{{ raise_exception('only\\ntools') }}",
    "it reaches out": "{{ messages.__class__.__mro__ }}",
    "it never ends": "{% for i in range(10 ** 9) %}{{ i }}{% endfor %}",
}


@pytest.mark.parametrize("why", WRONG)
def test_a_template_that_can_not_be_taken_apart_is_said_in_one_line(why: str) -> None:
    with pytest.raises(MortarError) as caught:
        pieces(WRONG[why])
    assert caught.value.code == "chat-template-unusable"
    assert "a model" in caught.value.what and "[prompt]" in caught.value.do
    assert "\n" not in str(caught.value)
