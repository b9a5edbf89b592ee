"""The process table: what there is, when each process should run, who talks to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from mortar.privacy import Device
from mortar.settings import RunOptions, Settings

ASSISTANT = "assistant"
"""The process that conducts: it gets the button, and without it nothing goes on."""


@dataclass(frozen=True)
class Conditions:
    """Everything that a predicate may look at."""

    run: RunOptions
    settings: Settings


Predicate = Callable[[Conditions], bool]


def always(conditions: Conditions) -> bool:
    return True


def hears(conditions: Conditions) -> bool:
    """A typed question needs no ears."""
    return conditions.run.ask is None


def sees(conditions: Conditions) -> bool:
    return not conditions.run.hear


def speaks(conditions: Conditions) -> bool:
    return conditions.run.ask is None and not conditions.run.hear


class Stage(IntEnum):
    """Where a process sits between microphone and speaker. Runs end in this order, so that what
    is under way drains towards the speaker and nothing new comes in."""

    INPUT = 1
    PROCESSING = 2
    OUTPUT = 3


@dataclass(frozen=True)
class Row:
    name: str
    entry: str
    """ "module:function" of the worker's `main`."""
    needed: Predicate
    stage: Stage
    device: Device | None = None
    """What it opens that people may switch off."""
    takes_power: bool = False
    """Whether it does less when the battery is low, and so is told."""


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]
    links: tuple[tuple[str, str], ...]
    """Pairs of processes with a socket between them."""


TABLE = Table(
    rows=(
        Row("ears", "mortar.bricks.ears:main", hears, Stage.INPUT, Device.MICROPHONE),
        Row("eye", "mortar.bricks.eye:main", sees, Stage.INPUT, Device.CAMERA, takes_power=True),
        Row("listen", "mortar.bricks.listen:main", hears, Stage.PROCESSING),
        Row("language", "mortar.bricks.language:main", sees, Stage.PROCESSING, takes_power=True),
        Row("assistant", "mortar.assistant.main:main", always, Stage.PROCESSING),
        Row("voice", "mortar.bricks.voice:main", speaks, Stage.OUTPUT),
    ),
    links=(
        ("assistant", "ears"),
        ("assistant", "listen"),
        ("assistant", "eye"),
        ("assistant", "language"),
        ("assistant", "voice"),
        ("ears", "listen"),  # audio ring
        ("eye", "language"),  # token ring
    ),
)
