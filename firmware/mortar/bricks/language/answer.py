"""Writes one answer, token by token: the most probable one each time."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mortar.bricks.language.evidence import Evidence, Witness
from mortar.bricks.language.memory import Memory, ReadIn
from mortar.bricks.language.mirror import Entry
from mortar.bricks.language.sentences import SentenceSplitter
from mortar.clock import now_ms
from mortar.runtimes.interfaces import Interrupted, LanguageModel, most_probable


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
    """It ended with the model's own end mark: it was neither interrupted nor cut for its length."""


NO_ANSWER = Answer("", 0, 0.0, None, 0.0, interrupted=True, read=None, evidence=Evidence(), is_whole=False)
"""To a question that was taken back before work on it began."""


def write(
    model: LanguageModel,
    memory: Memory,
    prompt: Sequence[Entry],
    address: int | None,
    most_tok: int,
    say: Callable[[str], None],
) -> Answer:
    """Read `prompt` (`address`: its picture's embeddings), then answer; `say` gets each whole sentence.

    An interruption ends the answer with what there is; the sentence begun is not said.
    Raises MortarError where the engine fails.
    """
    text = ""
    witness = Witness()
    first_token_ms = None
    read = None
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    splitter = SentenceSplitter()
    interrupted = is_whole = False
    try:
        read = memory.bring(prompt, address, predict=True)
        while len(witness) < most_tok:
            logits = model.logits()
            token, _ = most_probable(logits)
            first_token_ms = first_token_ms or now_ms()
            witness.see(logits, token)
            if is_whole := model.is_end(token):
                break
            piece = decoder.decode(model.piece(token))
            text += piece
            for sentence in splitter.feed(piece):
                say(sentence)
            memory.add(token)
        if rest := splitter.rest():
            say(rest)
    except Interrupted:
        interrupted = True
    written_ms = now_ms() - first_token_ms if first_token_ms else 0.0
    return Answer(
        text=text.strip(),
        n_tok=len(witness),
        confidence=witness.evidence.probability,
        first_token_ms=first_token_ms,
        tok_per_s=len(witness) / written_ms * 1e3 if written_ms else 0.0,
        interrupted=interrupted,
        read=read,
        evidence=witness.evidence,
        is_whole=is_whole,
    )
