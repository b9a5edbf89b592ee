"""A report to send to somebody who helps: one archive of what may be told, and a list of what is in it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from mortar.doctor import facts, names, shareable
from mortar.doctor.finding import Examined, Finding
from mortar.errors import MortarError
from mortar.supervisor.status import StatusClient
from mortar.traces.folder import TraceFolder, read

README = """\
A report of `mortar doctor --report`. It holds what the other files say, and nothing else: no recordings,
pictures, notes, or words that anybody said, no settings that a person wrote as text, no names of people,
computers or networks, no addresses, serial numbers or secrets. Look through it before you send it.

runs/*.json are shown by `mortar status --run FILE`; docs/errors.md says what each error code means.
"""

UNCHANGING = (1980, 1, 1, 0, 0, 0)
"""The time that every file in the archive has."""

PRIVATE = 0o600


@dataclass(frozen=True)
class Part:
    """A file of the archive."""

    file: str
    about: str
    content: bytes


def parts(examined: Examined, found: list[Finding]) -> list[Part]:
    """All of it. Asks the running assistant, where there is one."""
    hidden = names.of_machine(examined.machine)
    return [
        Part(file, about, content if isinstance(content, bytes) else _json(hidden.cleaned(content)))
        for file, about, content in _contents(examined, found)
    ]


def archive(held: list[Part]) -> bytes:
    """A .zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for part in held:
            entry = zipfile.ZipInfo(part.file, UNCHANGING)
            entry.external_attr = PRIVATE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, part.content)
    return made.getvalue()


def _contents(examined: Examined, found: list[Finding]) -> Iterator[tuple[str, str, Any]]:
    yield "README.txt", "what this is", README.encode()
    yield "findings.json", "what `mortar doctor` found", shareable.findings(found)
    yield "versions.json", "of Mortar, Python and its packages", facts.program()
    yield "board.json", "board, kernel, memory, clocks, temperatures", facts.board(examined.machine)
    told = {"board": examined.board, **shareable.settings(examined.settings)}
    yield "settings.json", "settings, without what was written as text", told
    status, errors = _running()
    yield "status.json", "how the running assistant is", status
    yield "errors.json", "its last errors, as codes", errors
    yield from _runs()


def _running() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        return shareable.status(StatusClient().status())
    except MortarError as error:
        return {"state": error.code}, []


def _runs() -> Iterator[tuple[str, str, Any]]:
    folder, known = TraceFolder(), shareable.vocabulary()
    for number in folder.numbers():
        try:
            run: Any = msgspec.to_builtins(shareable.run(read(folder.find(str(number))), known))
        except MortarError as error:
            run = {"damage": error.code}
        yield f"runs/{number:06d}.json", "a run: stages, times, error codes, no words", run


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
