"""Python and its packages: each that Mortar needs, and whether it has the version that it was tested with."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata

from mortar import resources
from mortar.doctor.finding import Examined, Finding, Verdict

PROGRAM = "mortar"

_FOR_DEVELOPERS = re.compile(r"extra == .(dev|tools)")

_REQUIREMENT = re.compile(r"([\w.-]+)[^=<>!~;]*(?:==([\w.]+))?")


def python(examined: Examined) -> Iterator[Finding]:
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    if sys.version_info[:2] == (3, 11):
        yield Finding("python", Verdict.OK, found)
    else:
        yield Finding("python", Verdict.BAD, found, "use Python 3.11: every engine installs there")


def packages(examined: Examined) -> Iterator[Finding]:
    yield from compare(needed(), pins(), installed)


def compare(
    names: list[str], pinned: Mapping[str, str], version_of: Callable[[str], str | None]
) -> Iterator[Finding]:
    """`names` have to be there; of all that is `pinned` and there, the version has to be that one."""
    missing = [name for name in names if version_of(name) is None]
    others = [
        f"{name} {version} ({pin})"
        for name, pin in pinned.items()
        if (version := version_of(name)) is not None and version != pin
    ]
    for name in missing:
        yield Finding("packages", Verdict.BAD, f"{name} is not installed", "run make setup")
    if others:
        told = f"in other versions than tested (in brackets): {', '.join(others)}"
        yield Finding("packages", Verdict.NOTE, told, "run make setup again")
    if not missing and not others:
        yield Finding("packages", Verdict.OK, f"all {len(names)}, in the versions that were tested")


def installed(name: str) -> str | None:
    """Its version."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def needed() -> list[str]:
    """What every Mortar needs, in any version."""
    return [_parsed(line)[0] for line in _requirements() if "extra ==" not in line]


def pins() -> dict[str, str]:
    """Name → version: the engines' from the package itself, in a checkout that of all they depend on."""
    lines = _requirements()
    pinned = {name: version for name, version in map(_parsed, lines) if version}
    if (file := resources.constraints()).exists():
        wanted = _with_dependencies(_parsed(line)[0] for line in lines if not _FOR_DEVELOPERS.search(line))
        held = [_parsed(line) for line in file.read_text().splitlines() if not line.startswith("#")]
        pinned |= {name: version for name, version in held if version and name in wanted}
    return pinned


def _with_dependencies(names: Iterable[str]) -> set[str]:
    """As far as they are installed."""
    found: set[str] = set()
    ahead = list(names)
    while ahead:
        if (name := ahead.pop()) not in found:
            found.add(name)
            lines = (metadata.requires(name) or []) if installed(name) else []
            ahead += [_parsed(line)[0] for line in lines if "extra ==" not in line]
    return found


def versions() -> dict[str, str | None]:
    """Of what Mortar needs and may use; None where it is not installed."""
    return {name: installed(name) for name in sorted({_parsed(line)[0] for line in _requirements()})}


def _requirements() -> list[str]:
    """Lines such as "numpy<2" and "mypy; extra == 'dev'"; its own name stands for its extras."""
    lines = metadata.requires(PROGRAM) or []
    return [line for line in lines if _parsed(line)[0] != PROGRAM]


def _parsed(requirement: str) -> tuple[str, str | None]:
    """Its name as the index has it, and the one version that it may have, if it says so."""
    found = _REQUIREMENT.match(requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[1]).lower(), found[2]
