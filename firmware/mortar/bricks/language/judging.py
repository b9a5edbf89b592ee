"""Whether an answer counts: what the model was taught, and the self-tests it was calibrated with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mortar.bricks.language.answer import Answer
from mortar.bricks.language.selftests import Trial, judged
from mortar.runtimes.manifest import Manifest


@dataclass(frozen=True)
class Verdict:
    is_refused: bool = False
    """It is none: the model was never taught such a question."""
    doubt: str = ""
    """Why it is not to be relied on; empty: it is."""


def verdict(
    manifest: Manifest | None,
    answer: Answer,
    *,
    is_free: bool,
    again: str | None = None,
    before: Sequence[str] = (),
) -> Verdict:
    """`manifest` None: of a model that is not on this board. `again`: the answer to other words. `before`:
    the models that were not sure."""
    taught = manifest.taught if manifest else None
    if taught is not None and is_free and taught.refuses(answer.text, answer.confidence):
        return Verdict(is_refused=True)
    selftests = manifest.selftests if manifest else None
    if selftests is None and taught is not None:
        is_unsure = taught.refuses(answer.text, answer.confidence)
        return Verdict(doubt="less sure than it was taught to be" if is_unsure else "")
    trial = Trial(
        answer.text,
        answer.evidence if answer.evidence.entropies else None,
        answer.is_whole,
        again,
        frozenset(taught.cannot if taught else ()),
    )
    judgement = judged(trial, selftests.least_after(before) if selftests else {})
    return Verdict(doubt="" if judgement.is_sure else str(judgement))
