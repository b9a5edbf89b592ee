"""Which of the earlier turns the next prompt begins with: the oldest leave when there is no room."""

from __future__ import annotations

from collections.abc import Sequence

from mortar.messages import Exchange

LEFT_SHARE = 0.75
"""Of the room for earlier turns, what those that stay may take when others must leave: a conversation whose
turns are alike loses some once in a while, and not one in each turn."""


class Window:
    """Turns that have left do not come back."""

    def __init__(self) -> None:
        self._oldest: Exchange | None = None

    def first(self, turns: Sequence[Exchange], sizes_tok: Sequence[int], room_tok: int) -> int:
        """The index of the oldest of `turns` that stays; their number where none does."""
        first = turns.index(self._oldest) if self._oldest in turns else 0
        if sum(sizes_tok[first:]) > room_tok:
            while first < len(turns) - 1 and sum(sizes_tok[first:]) > room_tok * LEFT_SHARE:
                first += 1
            if sum(sizes_tok[first:]) > room_tok:
                first = len(turns)  # not even the newest fits
        self._oldest = turns[first] if first < len(turns) else None
        return first
