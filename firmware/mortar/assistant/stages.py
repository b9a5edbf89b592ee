"""The stages of a turn, as data: which may follow which, and what is heard when they begin.

wake → listen → understand → look → answer → speak. Looking runs beside the others, because it
starts while the person still speaks; every other stage follows one that `MAY_FOLLOW` names.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    WAKE = "wake"
    LISTEN = "listen"
    UNDERSTAND = "understand"
    LOOK = "look"
    ANSWER = "answer"
    SPEAK = "speak"


MAY_FOLLOW: dict[Stage, frozenset[Stage]] = {
    Stage.WAKE: frozenset(),
    Stage.LISTEN: frozenset({Stage.WAKE}),
    Stage.UNDERSTAND: frozenset({Stage.LISTEN}),
    # The button and a typed question go from waking straight to the answer.
    Stage.ANSWER: frozenset({Stage.WAKE, Stage.UNDERSTAND}),
    # Any stage may end in a spoken sentence: what failed is said aloud.
    Stage.SPEAK: frozenset({Stage.WAKE, Stage.LISTEN, Stage.UNDERSTAND, Stage.ANSWER}),
}
"""Stage → the stages it may come after; looking stands outside."""

EARCONS: dict[str, str] = {
    "listen_start": "wake",
    "understood": "done",
    "answer_slow": "thinking",
    "trouble": "error",
    "follow_up_unused": "goodbye",
    "ring": "alarm",
    "muted": "mute",
    "unmuted": "unmute",
    "camera_off": "camera_off",
    "camera_on": "camera_on",
}
"""Event → the earcon that voice plays for it."""


class Press(StrEnum):
    """What the button can say."""

    SHORT = "short"
    DOUBLE = "double"
    LONG = "long"


PRESS_HELP: dict[Press, str] = {
    Press.SHORT: "say what is in front of the camera; while it speaks or rings: stop",
    Press.DOUBLE: "repeat the last answer; while it rings: snooze",
    Press.LONG: "listen to a question, as after the wake word; while muted: unmute",
}
