"""Small language models whose distribution is known exactly, and what writes with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.sampling import GREEDY, Sampler, Sampling
from mortar.bricks.language.speculation.drafter import Drafter
from mortar.bricks.language.speculation.pace import Pace, Round
from mortar.bricks.language.speculation.speculative import Speculative
from mortar.bricks.language.stepping import Plain, Stepper
from mortar.runtimes.interfaces import Abilities, Floats, Held, Interrupted

PROMPT = (0, 1)
CHUNK_tok = 128


class Toy:
    """A LanguageModel: what follows depends on the last two tokens, by a table of logits.

    It refuses, as llama.cpp does, what does not follow on in its memory. `noise` is added to all logits of a
    token that is decoded in a batch, and to those of whatever follows it: as if a batch rounded differently.
    """

    unit = "toy/cpu"
    held: Sequence[Held] = ()
    state_form = "toy"
    n_embd = 4

    def __init__(
        self,
        table: np.ndarray,
        *,
        n_ctx: int = 4_096,
        end: int | None = None,
        noise: float = 0.0,
        forgets: bool = True,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.table = table.astype(np.float32)
        self.n_vocab = table.shape[-1]
        self.n_ctx = n_ctx
        self.cells: list[int] = []
        self.decodes: list[int] = []
        """Tokens of each decode that there was."""
        self._end = end
        self._noise = noise
        self.abilities = Abilities(forgets=forgets, cuts=False, splits_pictures=True)
        self._should_stop = should_stop
        self._as_alone: list[bool] = []
        self._rows = np.empty((0, self.n_vocab), np.float32)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        return [byte % self.n_vocab for byte in text.encode()]

    def piece(self, token: int) -> bytes:
        return bytes([ord("a") + token])

    def is_end(self, token: int) -> bool:
        return token == self._end

    def decode(self, tokens: Sequence[int], pos: int) -> None:
        assert tokens
        self.decode_each(tokens, pos)

    def decode_each(self, tokens: Sequence[int], pos: int) -> Floats:
        assert pos == len(self.cells), "positions follow on"
        assert pos + len(tokens) <= self.n_ctx, "no room"
        rows = []
        for token in tokens:
            if self._should_stop():
                raise Interrupted
            self.cells.append(token)
            self._as_alone.append(len(tokens) == 1)
            rows.append(self._logits())
        self._rows = np.stack(rows)
        self.decodes.append(len(tokens))
        return self._rows

    def decode_embeddings(self, address: int, n_tok: int, pos: int) -> None:
        raise NotImplementedError("it sees nothing")

    def logits(self) -> Floats:
        return self._rows[-1]

    def keep(self, n_tok: int) -> int:
        if n_tok < len(self.cells):
            left = n_tok if self.abilities.forgets else 0
            del self.cells[left:], self._as_alone[left:]
        return len(self.cells)

    def cut(self, begin: int, end: int) -> None:
        raise NotImplementedError

    def state(self) -> bytes:
        raise NotImplementedError

    def restore(self, state: bytes) -> bool:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def _logits(self) -> np.ndarray:
        first, second = ([0, 0, *self.cells])[-2:]
        logits = self.table[first, second]
        # The prompt is read in one batch in any case.
        batched = [pos for pos, alone in enumerate(self._as_alone) if not alone and pos >= len(PROMPT)]
        if self._noise and batched:
            made_of = np.random.default_rng([*self.cells, len(batched)])
            logits = logits + made_of.uniform(-self._noise, self._noise, self.n_vocab).astype(np.float32)
        return logits


def table(n_vocab: int, seed: int, spread: float = 2.0) -> np.ndarray:
    """Logits by the last two tokens: [n_vocab, n_vocab, n_vocab]."""
    return spread * np.random.default_rng(seed).standard_normal((n_vocab,) * 3)


class Always(Pace):
    """Drafts are of one length, whatever they bring."""

    is_resting = False

    def length_tok(self) -> int:
        return self._most_tok

    def observe(self, held: Round) -> None:
        self.drafted_tok += held.drafted_tok
        self.accepted_tok += held.accepted_tok


def speculative(
    model: Toy,
    drafter: Drafter,
    *,
    sampling: Sampling = GREEDY,
    most_tok: int = 4,
    near_tie: float = 0.0,
) -> tuple[Speculative, Memory]:
    memory = Memory(model, CHUNK_tok)
    return Speculative(model, memory, Sampler(sampling), drafter, Always(most_tok), near_tie), memory


def plain(model: Toy, sampling: Sampling = GREEDY) -> tuple[Plain, Memory]:
    memory = Memory(model, CHUNK_tok)
    return Plain(model, memory, Sampler(sampling)), memory


def written(stepper: Stepper, memory: Memory, n_tok: int, prompt: Sequence[int] = PROMPT) -> list[int]:
    """The first tokens of an answer."""
    memory.bring(prompt, None, predict=True)
    steps = stepper.steps(prompt, None)
    tokens = [step.token for step in islice(steps, n_tok)]
    steps.close()
    return tokens
