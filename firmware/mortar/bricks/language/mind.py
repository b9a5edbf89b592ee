"""One language model with all that it needs to answer: its memory, its prompt, the picture it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from mortar.bricks.language.answer import Answer, write
from mortar.bricks.language.interpreter import Interpreter
from mortar.bricks.language.limits import most_tok
from mortar.bricks.language.memory import Memory, ReadIn
from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.pictures import Picture, Pictures
from mortar.bricks.language.prefix import LEAST_TOK, Prefix
from mortar.bricks.language.prompt import Composer, PictureRows
from mortar.bricks.language.speculation.prepare import Speculation
from mortar.bricks.language.state_files import StateFiles
from mortar.errors import MortarError
from mortar.messages import Ask, Exchange, Scalar
from mortar.power import Power
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.manifest import Prompt
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language


class Mind:
    """`restore`, `read_chunk` and `answer` belong into the worker's thread, all else to the event loop."""

    def __init__(
        self,
        name: str,
        model: LanguageModel,
        folder: ModelFolder,
        prompt: Prompt,
        settings: Language,
        speculation: Speculation,
        pictures: Pictures,
        between: Interpreter | MortarError | None = None,
        files: StateFiles | None = None,
    ) -> None:
        """`files` is where the state after the prompts' begin is kept; None: nowhere."""
        self.name = name
        self.unit = model.unit
        self.manifest = folder.manifest
        self.held = model.held
        self.taught = folder.manifest.taught
        self.between = between
        """What stands between people and a model that speaks another language: who interprets, or why nobody
        can."""
        self.pictures = pictures
        self._model = model
        vision = folder.manifest.vision
        self._composer = Composer(
            model, prompt, settings.answer_tok, picture_tok=vision.n_tok if vision else 0
        )
        self._answer_tok = settings.answer_tok
        begin = self._composer.begin()
        self.prefix: Prefix | None = None
        """What all prompts begin with, where that is long enough to be kept."""
        if files is not None and len(begin) >= LEAST_TOK:
            self.prefix = Prefix(begin, folder.identity(folder.manifest.language), model, files)
        self._memory = Memory(model, settings.chunk_tok, self.prefix)
        self._stops = prompt.stop
        self._speculation = speculation
        self._stepper = speculation.stepper(model, self._memory)

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
        self._speculation.close()
        self._model.close()

    def __len__(self) -> int:
        """Tokens that the memory holds."""
        return len(self._memory)

    def restore(self) -> None:
        """Hold what prompts begin with, where that was kept."""
        self._memory.restore_prefix()

    @property
    def prefix_figures(self) -> dict[str, Scalar]:
        """For the status."""
        if (prefix := self.prefix) is None:
            return {}
        return {
            "prefix_tok": len(prefix),
            "prefix_restored": prefix.is_restored,
            "prefix_ms": round(prefix.ms, 1),
        }

    def prompt(
        self, earlier: Sequence[Exchange], picture: Picture | None, question: str | None
    ) -> list[Entry]:
        """What is to be read; without a question, as much of it as is known before, and of a picture as much
        as is encoded. A model that is spoken to through an interpreter has no words for what was said
        earlier. Raises MortarError where it is too long."""
        earlier = earlier if self.between is None else []
        rows: PictureRows | None = picture.rows if picture else None
        prompt = self._composer.compose(earlier, rows, question)
        if picture is None or picture.is_whole:
            return prompt
        there_tok = picture.slot.there_tok if self._model.abilities.splits_pictures else 0
        return prompt[: prompt.index(PictureToken(picture.rows.number, there_tok))]

    def holds(self, prompt: Sequence[Entry]) -> bool:
        """Exactly this, and nothing after it."""
        return self._memory.holds(prompt)

    def read_chunk(self, prompt: Sequence[Entry], picture: Picture | None) -> ReadIn:
        """Read one chunk of what is not read yet. Raises Interrupted, or MortarError where the engine
        fails."""
        return self._memory.bring_nearer(prompt, _address(picture))

    def answer(
        self, prompt: Sequence[Entry], picture: Picture | None, power: Power, say: Callable[[str], None]
    ) -> Answer:
        """Read what is not read yet, and write, the less the lower the battery; `say` gets each whole
        sentence. Raises MortarError where the engine fails."""
        return write(
            self._model,
            self._memory,
            prompt,
            _address(picture),
            most_tok(self._answer_tok, power),
            say,
            stepper=self._stepper,
            stops=self._stops,
        )

    @property
    def writing_figures(self) -> dict[str, Scalar]:
        """For the status."""
        return self._stepper.figures()


def _address(picture: Picture | None) -> int | None:
    return picture.slot.address if picture else None
