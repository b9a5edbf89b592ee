"""How an answer's tokens come about: one by one here, several at a time in `speculation`.

Whoever writes an answer doesn't know which.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple, Protocol

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.sampling import Sampler
from mortar.messages import Scalar
from mortar.runtimes.interfaces import Floats, LanguageModel


class Step(NamedTuple):
    token: int
    logits: Floats
    """Of what could have come, [n_vocab]: the engine's own memory, until the next step."""


class Stepper(Protocol):
    def steps(self, prompt: Sequence[Entry], address: int | None) -> Generator[Step, None, None]:
        """The tokens that follow `prompt`, whose picture lies at `address`, without end: close it to leave
        off.

        The memory holds the prompt, and the model has just read its last entry. Afterwards it holds some of
        the tokens that were given, and perhaps some that would have followed; its mirror knows which.
        Raises what LanguageModel.decode raises.
        """

    def figures(self) -> dict[str, Scalar]:
        """For the status."""


class Plain:
    """One token, one decode."""

    def __init__(self, model: LanguageModel, memory: Memory, sampler: Sampler) -> None:
        self._model = model
        self._memory = memory
        self._sampler = sampler

    def steps(self, prompt: Sequence[Entry], address: int | None) -> Generator[Step, None, None]:
        while True:
            logits = self._model.logits()
            token = self._sampler.pick(logits)
            yield Step(token, logits)
            self._memory.add(token)

    def figures(self) -> dict[str, Scalar]:
        return {}
