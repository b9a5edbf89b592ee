"""One language model with all that it needs to answer: its memory, its prompt, the picture it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from mortar.bricks.language.answer import Answer, write
from mortar.bricks.language.interpreter import Interpreter
from mortar.bricks.language.memory import Memory, ReadIn
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.pictures import Picture, Pictures
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.errors import MortarError
from mortar.messages import Ask, Exchange
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.model_folder import Manifest
from mortar.settings import Language


class Mind:
    """`read` and `answer` belong into the worker's thread, everything else to the event loop."""

    def __init__(
        self,
        name: str,
        model: LanguageModel,
        manifest: Manifest,
        settings: Language,
        pictures: Pictures,
        between: Interpreter | MortarError | None = None,
    ) -> None:
        self.name = name
        self.unit = model.unit
        self.held = model.held
        self.taught = manifest.taught
        self.between = between
        """What stands between people and a model that speaks another language: who interprets, or why nobody
        can."""
        self.pictures = pictures
        self._model = model
        self._memory = Memory(model, settings.chunk_tok)
        self._composer = Composer(model, manifest.prompt, settings.answer_tok)
        self._answer_tok = settings.answer_tok

    def in_own_words(self, ask: Ask) -> Ask:
        """The question as the model understands it. Raises MortarError where it has no words for it."""
        match self.between:
            case None:
                return ask
            case Interpreter() as interprets:
                question = interprets.question(ask.question)
                return msgspec.structs.replace(ask, question=question, is_free=False)
            case error:
                raise error

    def close(self) -> None:
        """Give back what the engine holds; nothing may be called any more."""
        self.pictures.drop()
        self._model.close()

    def __len__(self) -> int:
        """Tokens that the memory holds."""
        return len(self._memory)

    def prompt(
        self, earlier: Sequence[Exchange], picture: Picture | None, question: str | None
    ) -> list[Entry]:
        """What is to be read; without a question, as much of it as is known before. Raises MortarError where
        it is too long."""
        rows: PictureRows | None = picture.rows if picture else None
        return self._composer.compose(earlier, rows, question)

    def holds(self, prompt: Sequence[Entry]) -> bool:
        """Exactly this, and nothing after it."""
        return self._memory.holds(prompt)

    def read_chunk(self, prompt: Sequence[Entry], picture: Picture | None) -> ReadIn:
        """Read one chunk of what is not read yet. Raises Interrupted, or MortarError where the engine
        fails."""
        return self._memory.bring_nearer(prompt, _address(picture))

    def answer(self, prompt: Sequence[Entry], picture: Picture | None, say: Callable[[str], None]) -> Answer:
        """Read what is not read yet, and write; `say` gets each whole sentence. Raises MortarError where the
        engine fails."""
        return write(self._model, self._memory, prompt, _address(picture), self._answer_tok, say)


def _address(picture: Picture | None) -> int | None:
    return picture.slot.address if picture else None
