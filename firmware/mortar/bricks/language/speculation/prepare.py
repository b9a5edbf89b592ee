"""What the settings ask for, made ready: who drafts, and how close two tokens may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mortar import resources
from mortar.bricks.language.memory import Memory
from mortar.bricks.language.sampling import Sampler, Sampling
from mortar.bricks.language.speculation.draft_model import DraftModel, require_same_vocabulary
from mortar.bricks.language.speculation.drafter import Drafter
from mortar.bricks.language.speculation.lookup import Lookup
from mortar.bricks.language.speculation.pace import Pace
from mortar.bricks.language.speculation.rounding import near_tie
from mortar.bricks.language.speculation.speculative import Speculative
from mortar.bricks.language.stepping import Plain, Stepper
from mortar.errors import MortarError
from mortar.installing.folders import model_path
from mortar.runtimes import choose
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language, Speculate

SMALL = "small"
"""Folder of the smaller bundled model, beside the larger one's files."""


@dataclass(frozen=True)
class Speculation:
    """For one model; without a drafter it writes plainly."""

    sampler: Sampler
    most_tok: int
    drafter: Drafter | None = None
    near_tie: float = 0.0
    trouble: MortarError | None = None
    """Why it is not what was asked for."""

    def stepper(self, model: LanguageModel, memory: Memory) -> Stepper:
        if self.drafter is None:
            return Plain(model, memory, self.sampler)
        return Speculative(model, memory, self.sampler, self.drafter, Pace(self.most_tok), self.near_tie)

    def close(self) -> None:
        """Give back what the drafter holds."""
        if self.drafter is not None:
            self.drafter.close()


def prepare(
    settings: Language, model: LanguageModel, folder: ModelFolder, should_stop: Callable[[], bool]
) -> Speculation:
    """For `model`, which is `folder`'s and has read nothing yet; belongs into the worker's thread.

    A draft model that cannot be had is not needed: answers are written without. Raises what
    LanguageModel.decode raises.
    """
    sampler = Sampler(Sampling.of(settings))
    most_tok = settings.draft_tok
    if settings.speculate is Speculate.OFF or not model.abilities.forgets:
        return Speculation(sampler, most_tok)  # what was guessed wrongly has to be forgotten
    tie = near_tie(model)
    path = _draft_model_folder(settings)
    if path is None or path.resolve() == folder.path.resolve():
        return Speculation(sampler, most_tok, Lookup(), tie)
    try:
        draft = _draft_model(settings, path, model, sampler, should_stop)
    except MortarError as error:
        return Speculation(sampler, most_tok, Lookup(), tie, error)
    return Speculation(sampler, most_tok, draft, tie)


def _draft_model_folder(settings: Language) -> Path | None:
    match settings.speculate, settings.draft_model:
        case Speculate.DRAFT, "":
            return resources.bundled_model() / SMALL
        case ((Speculate.DRAFT | Speculate.AUTO), str(name)) if name:
            return model_path(name)
        case _:
            return None


def _draft_model(
    settings: Language,
    path: Path,
    model: LanguageModel,
    sampler: Sampler,
    should_stop: Callable[[], bool],
) -> DraftModel:
    draft = choose.language_model(settings, ModelFolder(path), should_stop)
    try:
        require_same_vocabulary(draft, model)
    except MortarError:
        draft.close()
        raise
    return DraftModel(
        draft, Memory(draft, settings.chunk_tok), sampler, reads_pictures=draft.n_embd == model.n_embd
    )
