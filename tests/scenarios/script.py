"""A scenario as its file has it: data, and nothing else. docs/contributing.md says what may stand in it."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from scenarios.steps import STEPS

FOLDER = Path(__file__).parent / "told"


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    """What must hold, in a sentence."""
    steps: list[dict[str, Any]]
    """Each begins with the step's name and what it is given; more may follow for it."""
    fresh: bool = False
    """An assistant of its own, with an empty store, that ends with it; else one that others share."""
    off: bool = False
    """It is not switched on before a step does that (for `fresh` ones)."""
    pace: Literal["fast", "real"] = "fast"
    """In real time an answer lasts as long as it sounds, so that it can be interrupted."""
    settings: dict[str, dict[str, Any]] = {}
    """As in mortar.toml."""
    camera: bool = True
    """False: no camera, unless the settings name one."""


@dataclass(frozen=True)
class Step:
    file: str
    number: int
    name: str
    what: Any
    more: dict[str, Any]

    def __str__(self) -> str:
        told = ", ".join(f"{key} = {value!r}" for key, value in {self.name: self.what, **self.more}.items())
        return f"{self.file}, step {self.number}: {{ {told} }}"


def load(file: Path) -> Scenario:
    """Raises ValueError, naming the file, for what no scenario may be."""
    try:
        scenario = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{file.name}: {error}") from None
    for step in steps_of(file, scenario):
        if step.name not in STEPS:
            raise ValueError(f"{step}: there is no such step; there are {', '.join(STEPS)}")
        try:
            inspect.signature(STEPS[step.name]).bind(None, step.what, **step.more)
        except TypeError as error:
            raise ValueError(f"{step}: {error}") from None
    return scenario


def steps_of(file: Path, scenario: Scenario) -> Iterator[Step]:
    for number, written in enumerate(scenario.steps, start=1):
        (name, what), *more = written.items()
        yield Step(file.name, number, name, what, dict(more))
