"""Between people and a model that was taught the questions of the templates in another language.

A question is asked in the model's own words for what it means, and each sentence of the answer is told in
the words of people.
"""

from __future__ import annotations

from collections.abc import Callable

from mortar import languages, resources
from mortar.assistant.intents import Understanding
from mortar.bricks.language.teller import Teller
from mortar.errors import MortarError
from mortar.languages import Language
from mortar.runtimes.model_folder import Manifest

NOT_TAUGHT = MortarError(
    "question-not-taught",
    "the language model was taught no question like this one",
    "ask about the cards as in docs/sentences.md, or install a larger model",
)


class Interpreter:
    """`model_speaks` the language that `language` knows to tell."""

    def __init__(self, language: Language, teller: Teller, model_speaks: Language) -> None:
        self._heard = Understanding(language)
        self._asked = Understanding(model_speaks)
        self._teller = teller
        self.question(
            language.say("questions.describe")
        )  # the first one reads the templates: before it counts

    def question(self, text: str) -> str:
        """In the model's words. Raises MortarError where no template has it."""
        intent = self._heard.understand(text)
        wording = None if intent is None else self._asked.wording(intent)
        if wording is None:
            raise NOT_TAUGHT
        return wording

    def told(self, sentence: str) -> str:
        """A sentence of the answer. Raises MortarError where it is none that the model was taught."""
        return self._teller.told(sentence)


class Told:
    """Called with each sentence of one answer; passes on what is told of it."""

    def __init__(self, interpreter: Interpreter, say: Callable[[str], None]) -> None:
        self._interpreter = interpreter
        self._say = say
        self._sentences: list[str] = []

    def __call__(self, sentence: str) -> None:
        told = self._interpreter.told(sentence)
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
    teller = Teller(language, things, told, resources.bundled_model() / "things.toml")
    return Interpreter(language, teller, languages.of(told.model_speaks))
