"""Writes with drafts: what is guessed is decoded in one batch, and as much of it is kept as the model
agrees with.

Greedy, the tokens are the very ones that plain decoding gives. A batch rounds differently than single
tokens do (`rounding.py`), so wherever it leaves two tokens too close to tell, everything since the last
place that was computed as plain decoding does is decoded anew, token by token, and that place is here from
then on.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.sampling import Sampler
from mortar.bricks.language.speculation.drafter import Draft, Drafter
from mortar.bricks.language.speculation.pace import Pace, Round
from mortar.bricks.language.speculation.rounding import SAFETY, difference
from mortar.bricks.language.speculation.verify import verify
from mortar.bricks.language.stepping import Step
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.messages import Scalar
from mortar.runtimes.interfaces import Floats, LanguageModel

NO_DRAFT = Draft()


class Speculative:
    """A Stepper. `near_tie`: logits of a batch that are closer than this are not told apart; it grows where
    more than was known is seen to be off."""

    def __init__(
        self,
        model: LanguageModel,
        memory: Memory,
        sampler: Sampler,
        drafter: Drafter,
        pace: Pace,
        near_tie: float,
    ) -> None:
        self._model = model
        self._memory = memory
        self._sampler = sampler
        self._drafter = drafter
        self._pace = pace
        self.near_tie = near_tie
        self._context: list[Entry] = []
        """The prompt and what was written after it."""
        self._as_plain_tok = 0
        """As many positions of the memory were computed as plain decoding computes them."""
        self._failed: MortarError | None = None
        """Why the drafter is not asked any more."""

    def figures(self) -> dict[str, Scalar]:
        failed = {"speculation": f"off: {self._failed.code}"} if self._failed else {}
        return {"drafter": self._drafter.name, **self._pace.figures(), **failed}

    def steps(self, prompt: Sequence[Entry], address: int | None) -> Generator[Step, None, None]:
        self._drafter.begin(prompt, address)
        self._context = list(prompt)
        self._as_plain_tok = len(prompt)
        logits = self._model.logits()
        step = Step(self._sampler.pick(logits), logits)
        yield step
        while True:
            self._context.append(step.token)
            if self._is_resting:
                logits = self._add()
                self._pace.rested()
                step = Step(self._sampler.pick(logits), logits)
                yield step
                continue
            steps = self._round()
            # Whoever reads them may leave off at any: what follows is in the memory's mirror.
            yield from steps
            *accepted, step = steps
            self._context += [token for token, _ in accepted]

    @property
    def _is_resting(self) -> bool:
        """Nothing is drafted, or left over from a draft: this is plain decoding, without a clock."""
        if self._as_plain_tok < len(self._context) - 1:
            return False
        return self._pace.is_resting or self._failed is not None

    def _round(self) -> list[Step]:
        """One decode: the tokens that it brings, at least one; the last is not in the memory yet."""
        began_ms = now_ms()
        draft = self._draft()
        drafted_ms = now_ms()
        rows = self._decode(draft)
        is_as_plain = self._as_plain_tok == len(self._context)
        accepted_tok, following = verify(rows, draft, self._sampler, 0.0 if is_as_plain else self.near_tie)
        if accepted_tok < len(draft):
            self._memory.keep(len(self._context) + accepted_tok)
        decoded_ms = now_ms()
        again_ms = 0.0
        accepted = list(map(Step, draft.tokens[:accepted_tok], rows))
        if following is None:
            # Decoding again takes the place of these logits.
            batched = rows[: accepted_tok + 1].copy()
            accepted = list(map(Step, draft.tokens, batched[:-1]))
            logits = self._anew(draft.tokens[:accepted_tok])
            # What was measured at the start may not have been the worst.
            self.near_tie = max(self.near_tie, SAFETY * difference(batched[-1], logits))
            last = Step(self._sampler.pick(logits), logits)
            again_ms = now_ms() - decoded_ms
        else:
            last = Step(following, rows[accepted_tok])
        self._pace.observe(
            Round(len(draft), accepted_tok, drafted_ms - began_ms, decoded_ms - drafted_ms, again_ms)
        )
        return [*accepted, last]

    def _draft(self) -> Draft:
        most_tok = min(self._pace.length_tok(), self._model.n_ctx - len(self._context))
        if most_tok < 1 or self._failed is not None:
            return NO_DRAFT
        try:
            return self._drafter.draft(self._context, most_tok)
        except MortarError as error:
            self._failed = error  # the answer needs no draft
            return NO_DRAFT

    def _decode(self, draft: Draft) -> Floats:
        """What the model gives for the last token written and each that is drafted: [1 + len(draft),
        n_vocab]."""
        if len(draft) == 0:
            return self._add()[None]
        last = self._context[-1]
        assert isinstance(last, int)
        return self._memory.add_each([last, *draft.tokens])

    def _add(self) -> Floats:
        """Read the last token written, by itself."""
        last = self._context[-1]
        assert isinstance(last, int)
        self._memory.add(last)
        if self._as_plain_tok == len(self._context) - 1:
            self._as_plain_tok += 1
        return self._model.logits()

    def _anew(self, accepted: Sequence[int]) -> Floats:
        """The logits after what was written and accepted, as plain decoding gives them: [n_vocab]."""
        written = [*self._context, *accepted]
        self._memory.keep(self._as_plain_tok)
        for entry in written[self._as_plain_tok :]:
            assert isinstance(entry, int)
            self._memory.add(entry)
        self._as_plain_tok = len(written)
        return self._model.logits()
