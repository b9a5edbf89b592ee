"""Between eye, assistant and language: what is seen, and the slots that hold it."""

from __future__ import annotations

from mortar.messages.base import Message

NO_TURN = 0
"""Number of no turn: a watched picture, and what is asked about it, belong to none."""

# --- assistant <-> eye ------------------------------------------------------------------------


class Look(Message, frozen=True, omit_defaults=True):
    """Take a frame now, encode it, hand it to the language brick."""

    turn: int
    keep: bool = False
    """As a photo, which somebody asked for."""


class Looked(Message, frozen=True, omit_defaults=True):
    turn: int
    frame: int
    n_tok: int
    encode_ms: float
    t_ms: float
    photo: str | None = None
    """The photo's file, on the disk by now, where one was to be kept."""


class TurnOver(Message, frozen=True):
    """To the eye: nobody needs the picture of `turn` any more; watching may go on."""

    turn: int


class Watch(Message, frozen=True):
    """To the eye: watch, whatever `eye.watch` says, or leave it to that again."""

    is_wanted: bool


class Watched(Message, frozen=True):
    """To the assistant, while it wants that: the language brick was handed a watched picture."""


class KeepPicture(Message, frozen=True):
    """To the eye: put the picture of `turn`, one of the last, beside the trace of `run`."""

    turn: int
    run: int


# --- eye <-> language (over the token ring's link) --------------------------------------------


class RingOffer(Message, frozen=True, omit_defaults=True):
    """The token ring's memory (its descriptor travels along): float32 [slots, slot_tok, n_embd]."""

    slots: int
    slot_tok: int
    n_embd: int
    tier: int = 0
    """For which model of the cascade: each sees in its own way, and has a ring of its own."""


class SlotReady(Message, frozen=True, omit_defaults=True):
    """READY_TO_READ: `n_tok` embeddings of `turn` lie in `slot`."""

    slot: int
    generation: int
    n_tok: int
    turn: int
    """NO_TURN where the picture was watched, and nobody has asked."""
    picture: int = 0
    """Slots with the same number have the same tokens; 0 stands for the generation: a picture of its own."""
    tier: int = 0
    of_tok: int = 0
    """How many there will be, where others are still being written: SlotGrown follows. 0: these are all."""


class SlotGrown(Message, frozen=True, omit_defaults=True):
    """The first `n_tok` embeddings lie in the slot by now."""

    slot: int
    generation: int
    n_tok: int
    tier: int = 0


class SlotWithdrawn(Message, frozen=True, omit_defaults=True):
    """The slot will never be whole: what was read of it is to be forgotten, and the slot given back."""

    slot: int
    generation: int
    tier: int = 0


class SlotTaken(Message, frozen=True, omit_defaults=True):
    """ALLOCATED_FOR_READ: the reader is using the slot."""

    slot: int
    generation: int
    tier: int = 0


class SlotReleased(Message, frozen=True, omit_defaults=True):
    """FREE again: the reader is done with the slot, or gave it back unread."""

    slot: int
    generation: int
    tier: int = 0


class SlotRecall(Message, frozen=True, omit_defaults=True):
    """The writer wants the slot back (drop oldest); the reader answers released or taken."""

    slot: int
    generation: int
    tier: int = 0


class EncodeFor(Message, frozen=True):
    """To the eye: the picture of `turn` once more, for a larger model of the cascade. It comes as a slot of
    that model's ring, or NotSeen does."""

    turn: int
    tier: int


class ShowPicture(Message, frozen=True):
    """To the eye: the picture of `turn` itself, for a model that is not on this board."""

    turn: int


class PictureShown(Message, frozen=True):
    """The picture of `turn`, a JPEG of `size_bytes` in sealed memory, whose descriptor travels along."""

    turn: int
    size_bytes: int


class NotSeen(Message, frozen=True):
    """The picture of `turn` cannot be had (any more): why, as in a Failure."""

    turn: int
    code: str
    what: str
    do: str
