"""Drafts by a second, smaller model of the same vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry, PictureToken
from mortar.bricks.language.sampling import Distribution, Sampler
from mortar.bricks.language.speculation.drafter import Draft
from mortar.errors import MortarError
from mortar.runtimes.interfaces import LanguageModel


class DraftModel:
    """`reads_pictures`: it is shown the rows that the large model reads, else the prompt without them.

    The bundled *small* was trained from *base*, and takes base's rows: of the tokens that base writes it
    then has 0.938 in mind, with the rows of its own encoder 0.930, with none 0.750 (docs/speculation.md).
    """

    def __init__(
        self, model: LanguageModel, memory: Memory, sampler: Sampler, *, reads_pictures: bool
    ) -> None:
        self.name = "draft"
        self._model = model
        self._memory = memory
        self._sampler = sampler
        self._reads_pictures = reads_pictures
        self._address: int | None = None

    def begin(self, prompt: Sequence[Entry], address: int | None) -> None:
        self._address = address

    def draft(self, context: Sequence[Entry], most_tok: int) -> Draft:
        if not self._reads_pictures:
            context = [entry for entry in context if not isinstance(entry, PictureToken)]
        most_tok = min(most_tok, self._model.n_ctx - len(context))
        if most_tok < 1:
            return Draft()
        # Forgets what was drafted before and refused.
        self._memory.bring(context, self._address, predict=True)
        tokens: list[int] = []
        distributions: list[Distribution] = []
        while True:
            distribution = self._sampler.distribution(self._model.logits())
            token = self._sampler.draw(distribution)
            tokens.append(token)
            distributions.append(distribution)
            # An end is drafted like any other token: left out, it would come more often than it should.
            if len(tokens) == most_tok or self._model.is_end(token):
                break
            self._memory.add(token)
        return Draft(tokens, distributions)

    def close(self) -> None:
        self._model.close()


def require_same_vocabulary(draft: LanguageModel, model: LanguageModel) -> None:
    """Raises MortarError unless every token means the same to both."""
    differs = draft.n_vocab != model.n_vocab or any(
        draft.piece(token) != model.piece(token) or draft.is_end(token) != model.is_end(token)
        for token in range(model.n_vocab)
    )
    if differs:
        raise MortarError(
            "draft-model-differs",
            "the draft model has another vocabulary than the language model",
            "set draft_model in [language] to a smaller model of the same family, or speculate to lookup",
        )
