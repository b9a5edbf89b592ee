"""What is remembered of earlier turns: only what was heard of an answer counts as said."""

from __future__ import annotations

from collections import deque

from mortar.assistant.turn import Turn
from mortar.messages import Exchange, Said


class Memory:
    """Of `turns` questions to the language model. An answer that was hushed is told of by voice
    after its turn has ended, so turns are kept, and read when they are asked for."""

    def __init__(self, turns: int) -> None:
        self._n = turns
        # One more of each: nothing may have been heard of the newest.
        self._asked: deque[Turn] = deque(maxlen=turns + 1)
        self._ended: deque[Turn] = deque(maxlen=2)

    @property
    def earlier(self) -> list[Exchange]:
        """Oldest first."""
        held = [Exchange(turn.heard or "", turn.spoken_answer) for turn in self._asked if turn.spoken_answer]
        return held[max(0, len(held) - self._n) :]

    @property
    def turns(self) -> list[Turn]:
        """All that are kept, oldest first: `keep` makes the same memory of them, but for what no trace may
        have."""
        held = {turn.number: turn for turn in (*self._asked, *self._ended) if not turn.confidential}
        return [held[number] for number in sorted(held)]

    @property
    def last_answered(self) -> Turn | None:
        """The last turn of which something was heard."""
        return next((turn for turn in reversed(self._ended) if turn.spoken), None)

    def keep(self, turn: Turn) -> None:
        """The turn is over; apologies are not remembered."""
        if turn.trouble is None and turn.sentences:
            self._ended.append(turn)
            if turn.asked:
                self._asked.append(turn)

    def said(self, said: Said) -> bool:
        """Voice tells late of a sentence; whether its turn is remembered."""
        turn = next((turn for turn in self._ended if turn.number == said.turn), None)
        if turn is not None:
            turn.said(said)
        return turn is not None
