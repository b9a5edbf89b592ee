"""Between people and a model that was taught the questions of the templates in another language.

A question is asked in the model's own words for what it means, and each sentence of the answer is told in
the words of people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mortar import languages, resources
from mortar.assistant.meaning import Kind
from mortar.errors import MortarError
from mortar.languages import Language
from mortar.runtimes.manifest import Manifest

if TYPE_CHECKING:
    from mortar.assistant.intents import Understanding
    from mortar.bricks.language.teller import Teller

NOT_TAUGHT = MortarError(
    "question-not-taught",
    "the language model was taught no question like this one",
    "ask about the cards as in docs/sentences.md, or install a larger model",
)


class Interpreter:
    """`heard` understands people, `asked` words what they mean for the model, `teller` tells its answers."""

    def __init__(self, heard: Understanding, asked: Understanding, teller: Teller) -> None:
        self._heard = heard
        self._asked = asked
        self._teller = teller
        # The first question reads the templates: while the model loads, and not while somebody waits.
        self.question(heard.language.say("questions.describe"))

    def question(self, text: str) -> str:
        """In the model's words. Raises MortarError where no template has it."""
        intent = self._heard.understand(text)
        if intent is None or intent.kind is not Kind.LOOK or (wording := self._asked.wording(intent)) is None:
            raise NOT_TAUGHT
        return wording

    def told(self, sentence: str) -> str:
        """A sentence of the answer. Raises MortarError where it is none that the model was taught."""
        return self._teller.told(sentence)


class Telling:
    """Called with each sentence of one answer; passes on what is told of it."""

    def __init__(self, between: Interpreter, say: Callable[[str], None]) -> None:
        self._between = between
        self._say = say
        self._sentences: list[str] = []

    def __call__(self, sentence: str) -> None:
        told = self._between.told(sentence)
        self._sentences.append(told)
        self._say(told)

    @property
    def text(self) -> str:
        """All of it so far."""
        return " ".join(self._sentences)


def interpreter(language: Language, manifest: Manifest) -> Interpreter | None:
    """For a model that was taught the templates; None where the language does not tell what it says."""
    things, told = language.things, language.told
    if manifest.taught is None or things is None or told is None:
        return None
    if told.model_speaks not in manifest.languages:
        return None
    # Imported here: where the model speaks what people do, its process needs no hassil.
    from mortar.assistant.intents import Understanding
    from mortar.bricks.language.teller import Teller

    teller = Teller(language, things, told, resources.bundled_model() / "things.toml")
    return Interpreter(Understanding(language), Understanding(languages.of(told.model_speaks)), teller)
