"""What may leave the device of settings, status, runs and findings: named one by one, the rest stays.

Nothing that anybody said, and no text that a person wrote.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Literal, get_origin

import msgspec

from mortar import resources
from mortar.assistant.stages import Press, Stage
from mortar.doctor.finding import Finding
from mortar.doctor.names import LEFT_OUT
from mortar.meanwhile import MEANWHILE
from mortar.messages import Event, Scalar
from mortar.reminders import Kind
from mortar.runtimes import wake_words
from mortar.settings import Settings
from mortar.traces.trace import Trace, without_words

BUNDLED = "bundled"

UNIT = re.compile(r"[a-z0-9.+-]+/(?:cpu|gpu|npu)")
"""An engine and where it runs, "tflite/cpu"."""


class _Process(msgspec.Struct):
    """Of `mortar status`, what is told of a process; `figures` without their texts."""

    state: str
    restarts: int
    placement: dict[str, str] = {}
    job: str | None = None
    job_ms: float | None = None
    figures: dict[str, Scalar] = {}
    pss_kB: int | None = None


class _Failure(msgspec.Struct):
    """An error without its texts, which name files and devices."""

    process: str
    code: str
    times: int
    t_ms: float


class _Status(msgspec.Struct):
    state: str
    uptime_ms: float
    processes: dict[str, _Process]
    failures: list[_Failure]


def findings(found: list[Finding]) -> list[dict[str, str]]:
    return [
        {
            "name": finding.name,
            "verdict": finding.verdict.value,
            "what": LEFT_OUT if finding.is_personal else finding.what,
            "do": LEFT_OUT if finding.is_personal and finding.do else finding.do,
            "code": finding.code,
        }
        for finding in found
    ]


def settings(configured: Settings) -> dict[str, dict[str, Any]]:
    """Section → key → value. A text is told where it is the default or one of a few to choose from."""
    return _section(configured)


def _section(held: msgspec.Struct) -> dict[str, Any]:
    return {field.name: _setting(getattr(held, field.name), field) for field in msgspec.structs.fields(held)}


def _setting(value: Any, field: msgspec.structs.FieldInfo) -> Any:
    if isinstance(value, msgspec.Struct):
        return _section(value)
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    is_plain = isinstance(value, bool | int | float | StrEnum | None) or get_origin(field.type) is Literal
    return value if is_plain or value == default else LEFT_OUT


def status(asked: dict[str, object]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How the running assistant is, and what has gone wrong in it."""
    held = msgspec.convert(asked, _Status)
    for process in held.processes.values():
        process.figures = {name: value for name, value in process.figures.items() if not _is_text(value)}
        process.placement = placement(process.placement)
    told = msgspec.to_builtins(held)
    errors = [{**error, "meanwhile": MEANWHILE.get(error["code"])} for error in told.pop("failures")]
    return told, errors


def run(trace: Trace, known: frozenset[str]) -> Trace:
    """Stages, times and codes of a run; of texts, those that are `known` (`vocabulary`)."""
    bare = without_words(trace)
    cues = [
        msgspec.structs.replace(cue, does=[_event(did, known) for did in cue.does if isinstance(did, Event)])
        for cue in bare.cues
    ]
    boards = {path.stem for path in resources.profiles_folder().glob("*.toml")}
    return msgspec.structs.replace(
        bare,
        cues=cues,
        board=bare.board if bare.board in boards else LEFT_OUT,
        model=bare.model if bare.model == BUNDLED else LEFT_OUT,
        placement=placement(bare.placement),
        trouble=bare.trouble if bare.trouble in known else None,
    )


def placement(units: dict[str, str]) -> dict[str, str]:
    return {part: unit if UNIT.fullmatch(unit) else LEFT_OUT for part, unit in units.items()}


def vocabulary() -> frozenset[str]:
    """Texts that the program itself puts into events; a wake word of a person's own is none of them."""
    words = wake_words.known().keys() - wake_words.own().keys()
    return frozenset({*MEANWHILE, *Stage, *Press, *Kind, *words})


def _event(event: Event, known: frozenset[str]) -> Event:
    data = {key: value for key, value in event.data.items() if not _is_text(value) or value in known}
    return msgspec.structs.replace(event, data=data)


def _is_text(value: Scalar) -> bool:
    return isinstance(value, str)
