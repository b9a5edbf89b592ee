"""How long an answer may become, by the power state. Pure."""

from __future__ import annotations

from mortar.power import Power, PowerState

SHARE: dict[PowerState, tuple[float, float]] = {
    PowerState.UNCONSTRAINED: (1.0, 1.0),
    PowerState.PROPORTIONAL: (0.5, 1.0),
    PowerState.CRITICAL: (0.25, 0.25),
}
"""Share of `language.answer_tok` at α = 0 and at α = 1. NANOMIND names no figures: these are a judgement. A
quarter of the default is two short sentences."""


def most_tok(answer_tok: int, power: Power) -> int:
    """Tokens of an answer, at least 1."""
    least, most = SHARE[power.state]
    return max(1, round(answer_tok * (least + (most - least) * power.alpha)))
