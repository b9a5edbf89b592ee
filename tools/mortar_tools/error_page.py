"""docs/errors.md: every error code, found where it is made."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mortar
from mortar import languages
from mortar.assistant import troubles
from mortar.meanwhile import MEANWHILE, Meanwhile

PROGRAM = Path(mortar.__file__).parent

MADE_OF = ("MortarError", "UsageError", "UnitFailed", "Failure", "Trouble", "Passing", "Refused")
"""What is called with (code, what failed, what to do, ...)."""

OPEN = "…"
"""Stands for what is known only when it happens, and has no name in the source."""


@dataclass(frozen=True)
class Made:
    """An error, at a place in the program that makes it."""

    code: str
    what: str
    do: str


def made(program: Path = PROGRAM) -> Iterator[Made]:
    """Every one. Raises ValueError for a code that is not written out there.

    Left out is where an error is handed on with its own code.
    """
    for path in sorted(program.rglob("*.py")):
        module = ".".join(("mortar", *path.relative_to(program).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) >= 3 and _makes_error(node.func):
                for arguments in _branches(node.args):
                    what, do = (_text(argument, module) for argument in arguments[1:3])
                    for code in _codes(arguments[0], f"{module}:{node.lineno}"):
                        yield Made(code, what, do)


def _makes_error(called: ast.expr) -> bool:
    """An error's class, or `super().__init__` with three arguments: only errors have that."""
    match called:
        case ast.Name(id=name):
            return name in MADE_OF
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            return True
    return False


def _branches(arguments: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Where a condition chooses the code, it chooses the texts too."""
    if not isinstance(arguments[0], ast.IfExp):
        yield arguments
        return
    yield [argument.body if isinstance(argument, ast.IfExp) else argument for argument in arguments]
    yield [argument.orelse if isinstance(argument, ast.IfExp) else argument for argument in arguments]


def _codes(node: ast.expr, where: str) -> list[str]:
    match node:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.Attribute(attr="code") | ast.Name(id="code"):
            return []
        case ast.JoinedStr() if where.startswith("mortar.assistant.troubles:"):
            return [trouble.code for trouble in troubles.DEATHS.values()]
    raise ValueError(f"{where}: write the code out, so that it can be looked up")


def _text(node: ast.expr, module: str) -> str:
    """The text as far as the source tells it: "{path} is empty"."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value, module) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, module) + _text(right, module)
        case ast.IfExp(body=body, orelse=orelse):
            return f"{_text(body, module)}, or: {_text(orelse, module)}"
        case ast.FormattedValue(value=value):
            return _text(value, module)
        case ast.Name(id=name):
            value = getattr(importlib.import_module(module), name, None)
            return value if isinstance(value, str) else f"{{{name}}}"
        case ast.Attribute(attr=attribute):
            return f"{{{attribute}}}"
    return OPEN


def page(heading: str) -> str:
    """A section for each thing that Mortar does meanwhile."""
    places: dict[str, list[Made]] = {}
    for place in made():
        places.setdefault(place.code, []).append(place)
    lines = [
        heading,
        "# What can go wrong\n",
        "Every error has a code that stays the same, one line that says what failed and what to do, and,",
        "where somebody waits for an answer, an error tone and one short sentence. `mortar status` shows the",
        "last ones with their codes; the log has every one whole. `{name}` and “…” are filled in when it",
        "happens.\n",
    ]
    for meanwhile in Meanwhile:
        lines += [f"## {meanwhile.removesuffix('.')}\n", "| code | what failed | said aloud | what to do |"]
        lines.append("|---|---|---|---|")
        codes = sorted(code for code, what in MEANWHILE.items() if what is meanwhile)
        lines += [_row(code, places[code]) for code in codes]
        lines.append("")
    return "\n".join(lines)


def _row(code: str, places: list[Made]) -> str:
    what = _either(place.what for place in places)
    do = _either(place.do for place in places)
    cells = [f"`{code}`", what, said_aloud(code), do]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def said_aloud(code: str) -> str:
    """What is said in English when a turn fails by it; nothing where no turn can."""
    english = languages.of()
    if (death := next((held for held in troubles.DEATHS.values() if held.code == code), None)) is not None:
        return death.spoken(english)
    return english.say(f"troubles.{code}") if english.has(f"troubles.{code}") else ""


def _either(texts: Iterable[str]) -> str:
    """Each once, in the order of the source."""
    return "; or: ".join(dict.fromkeys(texts))
