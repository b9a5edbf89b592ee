"""How many tokens to draft, from what drafts have brought and cost so far. Reads no clock: times are passed
in.

With probability β that the next drafted token is accepted, a draft of k brings (1 - β^(k+1)) / (1 - β)
tokens (Leviathan et al. 2023, arXiv 2211.17192, equation 1), for the time of one decode of 1 + k tokens and
of drafting k. The k that brings the most tokens a millisecond is taken, if that is more than plain decoding
does.

What a draft may lose is paid for in advance: time that was saved, and 2 % of the time that plain decoding
would take. So all of an answer, what is tried out included, takes at most 2 % longer than plain decoding,
whatever drafts turn out to be worth, beside what the first two tries cost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from statistics import fmean, median

from mortar.messages import Scalar

ALLOWED_LOSS = 0.02
LEAST_GAIN = 1.03
"""Drafting has to be so many times as fast as plain decoding: less may be noise."""
RECENT_rounds = 15
"""Of as many the times are the median: one that something interrupted counts for little."""
ENOUGH_rounds = 4
"""As many drafts have to be seen before they are judged."""
FORGET = 0.9
"""What an acceptance counts for after each further draft: some 10 of them are remembered."""
PLAIN_EVERY_rounds = 32
"""So often a token is decoded plainly while drafts pay: it takes longer as the context grows."""
PROBE_AFTER_tok, PROBE_AT_MOST_tok = 64, 1_024
"""Where drafts do not pay, one is tried after so many tokens, and after twice as many each time it still
doesn't."""
TRIED_tok = 2
"""Length of a draft that is only tried."""
FIRST_TRIES_tok = 2.0
"""What may be lost before anything was written, in the time of plain tokens."""
MOST_SAVED_tok = 32.0
"""What is saved in good times pays for no more than this in bad ones."""


@dataclass(frozen=True)
class Round:
    """One decode, and what went with it."""

    drafted_tok: int
    accepted_tok: int
    draft_ms: float
    decode_ms: float
    """Of 1 + drafted_tok tokens."""
    again_ms: float = 0.0
    """Decoding anew, one by one, what was too close to tell."""

    @property
    def written_tok(self) -> int:
        return self.accepted_tok + 1

    @property
    def took_ms(self) -> float:
        return self.draft_ms + self.decode_ms + self.again_ms


class State(StrEnum):
    TRYING = "trying"
    ON = "on"
    OFF = "off"


class Pace:
    """`most_tok`: the longest draft."""

    def __init__(self, most_tok: int) -> None:
        self.state = State.TRYING
        self.drafted_tok = 0
        self.accepted_tok = 0
        self.gain = 1.0
        """How many times as fast as plain decoding the best length of a draft is, by what is known."""
        self._most_tok = most_tok
        self._best_tok = 1
        self._plain_ms: deque[float] = deque(maxlen=RECENT_rounds)
        self._plain = 0.0
        """Median of these; 0 while there are none."""
        self._more_ms: deque[float] = deque(maxlen=RECENT_rounds)
        """What each drafted token adds to a decode."""
        self._draft_ms: deque[float] = deque(maxlen=RECENT_rounds)
        """What drafting takes, per token."""
        self._again_ms: deque[float] = deque(maxlen=2 * RECENT_rounds)
        self._accepted = self._refused = 0.5
        self._rounds = 0
        """With a draft."""
        self._plain_in_rounds = 1
        """A token is decoded plainly after so many more rounds, to know what it takes."""
        self._fruitless = 0
        """Rounds in a row in which there was nothing to draft."""
        self._next_tok = 0
        self._rest_tok = 0
        self._probe_after_tok = PROBE_AFTER_tok
        self._purse_ms = 0.0
        """What may be lost."""

    @property
    def is_resting(self) -> bool:
        """Nothing is drafted for some tokens, and nobody needs to measure them."""
        return self._rest_tok > 0

    def rested(self) -> None:
        """A token was decoded plainly, unmeasured."""
        self._rest_tok -= 1

    def length_tok(self) -> int:
        """Tokens to draft now; 0: none."""
        return 0 if self._plain_in_rounds <= 0 else self._next_tok

    def observe(self, held: Round) -> None:
        """What a round took and brought."""
        if held.drafted_tok > 0:
            self._drafted(held)
        else:
            self._plainly(held)
        self._purse_ms = min(self._purse_ms, MOST_SAVED_tok * self._plain)
        self._plan()

    def figures(self) -> dict[str, Scalar]:
        """For the status."""
        share = self.accepted_tok / self.drafted_tok if self.drafted_tok else 0.0
        return {
            "drafted_tok": self.drafted_tok,
            "accepted_tok": self.accepted_tok,
            "acceptance": round(share, 3),
            "speculation": self.state,
            "speculation_gain": round(self.gain, 2),
        }

    def _plainly(self, held: Round) -> None:
        if self._plain == 0:
            self._purse_ms = FIRST_TRIES_tok * held.decode_ms
        self._plain_ms.append(held.decode_ms)
        self._plain = median(self._plain_ms)
        self._fruitless += self._plain_in_rounds > 0
        self._plain_in_rounds = PLAIN_EVERY_rounds
        # The rest of it would not have been, but for drafts.
        self._purse_ms += ALLOWED_LOSS * self._plain - held.draft_ms - held.again_ms

    def _drafted(self, held: Round) -> None:
        self._rounds += 1
        self._plain_in_rounds -= 1
        self._fruitless = 0
        self.drafted_tok += held.drafted_tok
        self.accepted_tok += held.accepted_tok
        self._more_ms.append(max(held.decode_ms - self._plain, 0.0) / held.drafted_tok)
        self._draft_ms.append(held.draft_ms / held.drafted_tok)
        self._again_ms.append(held.again_ms)
        self._accepted = FORGET * self._accepted + held.accepted_tok
        self._refused = FORGET * self._refused + (held.accepted_tok < held.drafted_tok)
        self._purse_ms += (1 + ALLOWED_LOSS) * held.written_tok * self._plain - held.took_ms
        self._best_tok, self.gain = max(self._gains(), key=lambda of_length: of_length[1])
        if self._rounds >= ENOUGH_rounds:
            self._judge()

    def _judge(self) -> None:
        if self.gain >= LEAST_GAIN:
            self.state, self._probe_after_tok = State.ON, PROBE_AFTER_tok
            return
        if self.state is State.OFF:
            self._probe_after_tok = min(2 * self._probe_after_tok, PROBE_AT_MOST_tok)
        self.state = State.OFF
        self._rest(self._probe_after_tok)

    def _plan(self) -> None:
        """What is drafted next, and how long it takes until that can be paid for."""
        if self._fruitless > RECENT_rounds and self.state is not State.ON:
            self._fruitless = 0
            self._rest(self._probe_after_tok)
        is_first = self._rounds == 0
        tried_tok = 1 if is_first else min(TRIED_tok, self._most_tok)
        self._next_tok = self._best_tok if self.state is State.ON else tried_tok
        lacking_ms = self._may_lose_ms(self._next_tok) - self._purse_ms
        if lacking_ms > 0:
            self._rest(ceil(lacking_ms / (ALLOWED_LOSS * self._plain)))

    def _rest(self, n_tok: int) -> None:
        """What is allowed to be lost of these tokens' time is there when they are written."""
        self._rest_tok += n_tok
        self._purse_ms += ALLOWED_LOSS * n_tok * self._plain
        self._plain_in_rounds = 0

    def _gains(self) -> Iterable[tuple[int, float]]:
        """For each length of a draft, how many times as fast it is as plain decoding."""
        accepted = self._accepted / (self._accepted + self._refused)
        token_ms = median(self._more_ms) + median(self._draft_ms)
        brings_tok, accepts = 1.0, 1.0
        for length_tok in range(1, self._most_tok + 1):
            accepts *= accepted
            brings_tok += accepts
            takes_ms = self._plain + length_tok * token_ms + fmean(self._again_ms)
            yield length_tok, brings_tok * self._plain / takes_ms

    def _may_lose_ms(self, length_tok: int) -> float:
        """Where nothing of such a draft is accepted. Of one that was never tried, as if each token were
        decoded by itself."""
        if not self._more_ms:
            return length_tok * self._plain
        return length_tok * (median(self._more_ms) + median(self._draft_ms)) + fmean(self._again_ms)
