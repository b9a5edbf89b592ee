"""Writes one answer: reads the prompt, then takes token after token until there is an end of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from mortar.bricks.language.evidence import Evidence, Witness
from mortar.bricks.language.memory import Memory, ReadIn
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.sampling import GREEDY, Sampler
from mortar.bricks.language.stepping import Plain, Stepper
from mortar.bricks.language.streaming import Streaming
from mortar.clock import now_ms
from mortar.runtimes.interfaces import Interrupted, LanguageModel


@dataclass(frozen=True)
class Answer:
    text: str
    n_tok: int
    """Tokens of the answer, the end mark among them."""
    confidence: float
    """Probability of the whole answer, 0..1: the product of its tokens'; 0 where there are none.

    The product and not the mean: how many answers are right is what it says (calibration error 0.04
    against 0.22 for the bundled model, docs/model/report.md).
    """
    first_token_ms: float | None
    """Time (clock.now_ms) of the first token; None where it never came."""
    tok_per_s: float
    """From the first token to the last."""
    interrupted: bool
    read: ReadIn | None
    """What reading the prompt took; None where that was interrupted."""
    evidence: Evidence
    """How sure the model was of each token."""
    is_whole: bool
    """It ended with the model's own end mark or a stop sequence: it was neither interrupted nor cut for its
    length."""


NO_ANSWER = Answer("", 0, 0.0, None, 0.0, interrupted=True, read=None, evidence=Evidence(), is_whole=False)
"""To a question that was taken back before work on it began."""


def write(
    model: LanguageModel,
    memory: Memory,
    prompt: Sequence[Entry],
    address: int | None,
    most_tok: int,
    say: Callable[[str], None],
    *,
    stepper: Stepper | None = None,
    stops: Sequence[str] = (),
) -> Answer:
    """Read `prompt` (`address`: its picture's embeddings), then answer; `say` gets each whole sentence.

    `stepper` gives the tokens, by default the most probable ones; any of `stops` ends the answer, and
    nothing of it is said. An interruption ends the answer with what there is; the sentence begun is not
    said. Of an answer that `most_tok` cuts, its last whole sentence is the end. Raises MortarError where
    the engine fails.
    """
    streaming = Streaming(say, stops)
    witness = Witness()
    first_token_ms = None
    read = None
    interrupted = is_whole = False
    stepper = stepper or Plain(model, memory, Sampler(GREEDY))
    try:
        read = memory.bring(prompt, address, predict=True)
        with closing(stepper.steps(prompt, address)) as steps:
            for token, logits in steps:
                first_token_ms = first_token_ms or now_ms()
                witness.see(logits, token)
                if not (is_whole := model.is_end(token)):
                    streaming.feed(model.piece(token))
                    is_whole = streaming.is_stopped
                if is_whole or len(witness) == most_tok:
                    break
        if is_whole:
            streaming.end()
        else:
            streaming.cut()
    except Interrupted:
        interrupted = True
    written_ms = now_ms() - first_token_ms if first_token_ms else 0.0
    return Answer(
        text=streaming.text,
        n_tok=len(witness),
        confidence=witness.evidence.probability,
        first_token_ms=first_token_ms,
        tok_per_s=len(witness) / written_ms * 1e3 if written_ms else 0.0,
        interrupted=interrupted,
        read=read,
        evidence=witness.evidence,
        is_whole=is_whole,
    )
