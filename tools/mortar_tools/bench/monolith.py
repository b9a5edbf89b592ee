"""A vision-language model run as one block, by libmtmd: encode the picture, read everything, write.

In a process of its own, that its memory is told apart from everything else's. Nothing is left of one
question for the next, as with llama-mtmd-cli.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from mortar.bricks.picture import squash
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.runtimes import choose
from mortar.runtimes.interfaces import most_probable
from mortar.runtimes.manifest import MMPROJ, Prompt, VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language
from mortar_tools.cards.answerers.mtmd import MultimodalModel

PATIENCE_S = 600
"""Longest time that loading, or one question, may take."""


@dataclass(frozen=True)
class Question:
    picture: Path
    text: str


class Monolith:
    """The process, from loading to its end."""

    def __init__(
        self, model: Path, settings: Language, started: Callable[[int], object] = lambda pid: None
    ) -> None:
        """`started` is told the process's number as soon as there is one, before anything is loaded."""
        context = multiprocessing.get_context("spawn")
        self._link, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(model, settings, theirs), daemon=True)
        self._process.start()
        theirs.close()
        assert self._process.pid is not None
        started(self._process.pid)
        self._answer()

    def first_token_ms(self, question: Question) -> float:
        """From the question, with its picture, to the first token of the answer."""
        self._link.send(question)
        return self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.close()
        self._process.join(PATIENCE_S)

    def _answer(self) -> float:
        answer = None
        with suppress(EOFError):  # it died
            if self._link.poll(PATIENCE_S):
                answer = self._link.recv()
        if isinstance(answer, float):
            return answer
        raise MortarError("monolith-failed", f"libmtmd failed: {answer or 'no answer'}", "see the log")


def _serve(path: Path, settings: Language, link: Connection) -> None:
    with suppress(EOFError):  # nobody wants to know any more
        try:
            began_ms = now_ms()
            folder = ModelFolder(path)
            prompt = _prompt(settings, folder)
            with closing(_model(folder, settings)) as model:
                link.send(now_ms() - began_ms)
                while True:
                    question: Question = link.recv()
                    began_ms = now_ms()
                    _answer_begins(model, prompt, question, folder.vision)
                    link.send(now_ms() - began_ms)
        except MortarError as error:
            link.send(error.what)


def _prompt(settings: Language, folder: ModelFolder) -> Prompt:
    """As Mortar has it, so that both read the same."""
    with closing(choose.language_model(settings, folder, lambda: False)) as model:
        return choose.prompt(settings, folder, model)


def _model(folder: ModelFolder, settings: Language) -> MultimodalModel:
    mmproj = folder.manifest.extra.get(MMPROJ) or folder.vision
    return MultimodalModel(
        folder.verified(folder.manifest.language),
        folder.verified(mmproj),
        n_tok=folder.vision.n_tok,
        n_ctx=settings.context_tok,
        threads=settings.threads,
    )


def _answer_begins(model: MultimodalModel, prompt: Prompt, question: Question, part: VisionPart) -> None:
    """Up to the first token of the answer."""
    picture = squash(Image.open(question.picture), part.width_px, part.height_px)
    # libmtmd puts the picture's own marks around it.
    pos = model.look(prompt.begin, picture)
    after = f"{prompt.question_lead(is_seen=True)}{question.text}{prompt.before_answer}"
    model.decode(model.tokenize(after, special=True), pos)
    most_probable(model.logits())
