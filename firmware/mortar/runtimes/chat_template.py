"""A model's own chat template, taken apart into the pieces of a Prompt.

A template writes a whole conversation anew. Mortar's model keeps in memory what it has read and is given only
what is new, so it needs the texts between question, answer and picture. The template is shown conversations
of sentinels, and what stands between them is cut out; then the pieces are put together for one, two and three
turns, with and without a picture, and must give what the template gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from mortar.errors import MortarError
from mortar.runtimes.chat import Chat, Marks
from mortar.runtimes.jinja import Message, Template, TemplateFailed
from mortar.runtimes.manifest import Prompt

QUESTIONS = ("firstquestion", "secondquestion", "thirdquestion")
ANSWERS = ("firstanswer", "secondanswer", "thirdanswer")
PICTURE = "thepicture"
"""Sentinels: words that templates leave as they are."""

MOST_EARLIER_TURNS = 16
"""As many as `assistant.earlier_turns` may be: a chat model was trained on conversations."""

Control = Callable[[str], Iterable[str]]
"""A text → the control tokens in it."""


WRITE_IT = "write a manifest with [prompt] for the model, see docs/real-models.md"


def taken_apart(chat: Chat, system: str, marks: Marks | None, control: Control) -> Prompt:
    """The pieces of a template. `system` stands before everything, where the template has a place for it;
    `marks` is None for a model of text alone.

    Raises MortarError where the template can't be taken apart.
    """
    try:
        return _of_first_that_fits(_talks(chat, system), marks, control)
    except TemplateFailed as error:
        raise MortarError(
            "chat-template-unusable",
            f"the chat template of {chat.name} is none that Mortar can take apart: {error}",
            WRITE_IT,
        ) from None


def composed(pieces: Prompt, turns: int, *, picture: bool) -> str:
    """The conversation of sentinels that the pieces give, of so many questions, the last one unanswered."""
    text = pieces.begin
    for question, answer in zip(QUESTIONS[: turns - 1], ANSWERS, strict=False):
        text += pieces.before_question + question + pieces.answer_lead(is_told=True) + answer + pieces.end
    if picture:
        text += pieces.before_image + PICTURE + pieces.after_image
    return text + pieces.question_lead(is_seen=picture) + QUESTIONS[turns - 1] + pieces.before_answer


@dataclass(frozen=True)
class _Talk:
    """Renders conversations of sentinels in the form that a template takes."""

    template: Template
    bos: str
    """What is put before everything where the template leaves it out; may be empty."""
    system: str
    in_parts: bool
    """Contents are lists of typed parts, else texts."""

    def text(self, turns: int, *, pictures: int = 0, picture: str = "", is_answered: bool = False) -> str:
        """Of so many questions; before the last one so many pictures of the template's own, or a text in
        place of one."""
        messages = [self._message("system", self.system)] if self.system else []
        for number in range(turns):
            is_last = number == turns - 1
            asked = (picture if is_last else "") + QUESTIONS[number]
            messages.append(self._message("user", asked, pictures if is_last else 0))
            if is_answered or not is_last:
                messages.append(self._message("assistant", ANSWERS[number]))
        text = self.template.render(messages, add_generation_prompt=not is_answered)
        return text if text.startswith(self.bos) else self.bos + text

    def _message(self, role: str, text: str, pictures: int = 0) -> Message:
        if not self.in_parts:
            return {"role": role, "content": text}
        return {"role": role, "content": [{"type": "image"}] * pictures + [{"type": "text", "text": text}]}


def _talks(chat: Chat, system: str) -> Iterator[_Talk]:
    """The forms that a template may take, the best first. Raises TemplateFailed where it is no template.

    Some have no place for a system, or move it along with the last question.
    """
    template, bos = Template(chat.template, chat.bos, chat.eos), chat.bos if chat.adds_bos else ""
    for held in dict.fromkeys((system, "")):
        for in_parts in (True, False):
            yield _Talk(template, bos, held, in_parts)


def _of_first_that_fits(talks: Iterable[_Talk], marks: Marks | None, control: Control) -> Prompt:
    """Raises TemplateFailed, as the last one does, where none fits."""
    why = TemplateFailed("it has no form")
    for talk in talks:
        try:
            return _pieces(talk, marks, control)
        except TemplateFailed as error:
            why = error
    raise why


def _pieces(talk: _Talk, marks: Marks | None, control: Control) -> Prompt:
    """Raises TemplateFailed where this form is not the template's, or it can't be taken apart."""
    first, *between, before_answer = _cut(
        talk.text(3), QUESTIONS[0], ANSWERS[0], QUESTIONS[1], ANSWERS[1], QUESTIONS[2]
    )
    # A template that takes texts may write a list as Python does.
    if talk.system not in first or "'type'" in first:
        raise TemplateFailed("it leaves out what is said, or changes it")
    before_told, behind = between[:2]
    if between != [before_told, behind] * 2:
        raise TemplateFailed("it writes a second turn in another way than the first")
    # What ends an answer belongs to it; what is left before the next question is what begins a question.
    ended = _cut(talk.text(1, is_answered=True), QUESTIONS[0], ANSWERS[0])[-1]
    before_question = _shared_end(first, behind.removeprefix(ended), control)
    begin, end = first.removesuffix(before_question), behind.removesuffix(before_question)
    before_image, after_image = _around_picture(talk, marks, begin, control) if marks else ("", "")
    texts = (first, behind, before_told, before_answer, before_image, after_image)
    pieces = Prompt(
        begin=begin,
        before_image=before_image,
        after_image=after_image,
        before_question=before_question,
        before_seen_question="",
        before_answer=before_answer,
        before_told_answer=before_told,
        end=end,
        most_earlier_turns=MOST_EARLIER_TURNS,
        control=sorted({one for text in texts for one in control(text)}),
        stop=_stop(end, before_question, control),
    )
    _check(talk, marks, pieces, control)
    return pieces


def _around_picture(talk: _Talk, marks: Marks, begin: str, control: Control) -> tuple[str, str]:
    """The texts before and behind a picture's tokens, up to the question."""
    before, behind, _ = _cut(_marked(talk, marks, 1, control), PICTURE, QUESTIONS[0])
    if not before.startswith(begin):
        raise TemplateFailed("it begins otherwise where there is a picture")
    return before.removeprefix(begin), behind


def _marked(talk: _Talk, marks: Marks, turns: int, control: Control) -> str:
    """A conversation with a picture in its last turn, as the sentinel between its marks."""
    shown = marks.begin + PICTURE + marks.end
    name = _picture_name(talk, control)
    if not name:
        # It knows no pictures, so one stands in the text, as in llama.cpp's own tools.
        return talk.text(turns, picture=shown)
    text = talk.text(turns, pictures=1)
    at = text.rfind(name, 0, text.index(QUESTIONS[turns - 1]))
    if at < 0:
        raise TemplateFailed("a picture does not stand before its question")
    return text[:at] + shown + text[at + len(name) :]


def _picture_name(talk: _Talk, control: Control) -> str:
    """What a template that knows pictures writes for one: "<image>"; "" where it knows none.

    It is what there is twice where there are two of them.
    """
    if not talk.in_parts:
        return ""
    try:
        none, one, two = (_atoms(talk.text(1, pictures=count), control) for count in range(3))
    except TemplateFailed:
        return ""
    more = len(two) - len(one)
    if one == none or more <= 0:
        return ""
    for at in range(len(one) - more + 1):
        if one[:at] + two[at : at + more] + one[at:] == two:
            return "".join(two[at : at + more])
    return ""


def _stop(end: str, before_question: str, control: Control) -> list[str]:
    """Texts that end an answer: none where a control token does, which the engine knows by itself."""
    if any(end.startswith(one) for one in control(end)):
        return []
    return [text for held in (end, before_question) if (text := held.strip())]


def _check(talk: _Talk, marks: Marks | None, pieces: Prompt, control: Control) -> None:
    for turns in range(1, len(QUESTIONS) + 1):
        is_same = composed(pieces, turns, picture=False) == talk.text(turns)
        if marks:
            is_same &= composed(pieces, turns, picture=True) == _marked(talk, marks, turns, control)
        if not is_same:
            raise TemplateFailed(f"its pieces do not make up a conversation of {turns} turns")


def _cut(text: str, *sentinels: str) -> list[str]:
    """What stands around the sentinels, which follow each other."""
    found = []
    for sentinel in sentinels:
        before, is_there, text = text.partition(sentinel)
        if not is_there or sentinel in text:
            raise TemplateFailed("it changes what is said, or says it twice")
        found.append(before)
    return [*found, text]


def _shared_end(one: str, other: str, control: Control) -> str:
    """The longest end that both texts have; no control token is cut in two."""
    backwards = zip(*(reversed(_atoms(text, control)) for text in (one, other)), strict=False)
    same = [mine for mine, _ in takewhile(lambda pair: pair[0] == pair[1], backwards)]
    return "".join(reversed(same))


def _atoms(text: str, control: Control) -> list[str]:
    """The text as control tokens and single characters."""
    names = sorted(control(text), key=len, reverse=True)
    return re.findall("|".join([*map(re.escape, names), "."]), text, re.DOTALL)
