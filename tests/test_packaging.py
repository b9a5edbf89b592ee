"""The distribution: pins, licences, what a wheel carries, the make targets."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


# --- pins and licences


def requirements(*extras: str) -> list[Requirement]:
    """With those of the extras that an extra brings."""
    lines = [
        *PROJECT["dependencies"],
        *(line for e in extras for line in PROJECT["optional-dependencies"][e]),
    ]
    asked = [Requirement(line) for line in lines]
    brought = [requirements(*one.extras) for one in asked if one.name == "mortar"]
    return [one for one in asked if one.name != "mortar"] + [one for more in brought for one in more]


def pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line[:1] != "#"]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), (
        "only name==version, no address, no hash"
    )
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def closure(asked: Iterable[Requirement]) -> set[str]:
    """The names of all packages that the asked ones bring in this environment."""
    found: set[str] = set()
    waiting = list(asked)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting += map(Requirement, importlib.metadata.requires(name) or [])
    return found


def test_every_package_is_pinned() -> None:
    pinned = pins()
    assert closure(requirements("dev")) - set(pinned) == set()
    for requirement in requirements("dev", "tools"):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_every_package_that_ships_is_in_the_licence_table() -> None:
    """With its whole tail for what runs on the board; by its first name for the developer's tools."""
    rows = re.findall(
        r"^\| *([^|]+?) *\|[^|]+\| *([^|]+?) *\|", (ROOT / "THIRD_PARTY.md").read_text(), re.MULTILINE
    )
    licensed = {canonicalize_name(name): licence for name, licence in rows}
    shipped = closure(requirements())
    named = {canonicalize_name(r.name) for r in requirements("dev", "tools", "rk", "pi")}
    assert {name for name in shipped | named if not licensed.get(name)} == set()


# --- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("mortar-*.whl"))


def test_the_wheel_carries_the_programs_and_their_data(wheel: Path) -> None:
    data = {
        "mortar/_data/profiles": [*(ROOT / "board/profiles").glob("*.toml")],
        "mortar/_data/session": [*(ROOT / "board/session").glob("*.*")],
        "mortar/_data/models/cards": [
            path
            for pattern in ("manifest.toml", "things.toml", "*.svg", "README.md", "*.tflite", "*.gguf")
            for path in (ROOT / "models/cards").glob(pattern)
        ],
        "mortar/_data/models/cards/small": [
            path
            for pattern in ("manifest.toml", "*.tflite", "*.gguf")
            for path in (ROOT / "models/cards/small").glob(pattern)
        ],
    }
    assert all(data.values()), {folder: len(paths) for folder, paths in data.items()}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for folder, paths in data.items():
            for path in paths:
                assert archive.read(f"{folder}/{path.name}") == path.read_bytes()
    assert {"mortar/__init__.py", "mortar/cards/page.html", "mortar_tools/__init__.py"} <= names
    assert {name.split("/")[0] for name in names} == {
        "mortar",
        "mortar_tools",
        wheel.name.split("-py3")[0] + ".dist-info",
    }
    assert not [n for n in names if n.startswith("mortar/_data/models/cards/") and n.endswith(".py")], (
        "the recipe"
    )


def test_an_installed_wheel_finds_its_data(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    asked = (
        "from mortar import resources as r;"
        "print(r.profile('host'), r.bundled_model() / 'manifest.toml', sep='\\n')"
    )
    printed = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = [Path(line) for line in printed.splitlines()]
    assert len(found) == 2
    assert all(path.is_file() and path.is_relative_to(site) for path in found), found


def test_the_command_line_is_joined_by_the_tools() -> None:
    scripts = importlib.metadata.entry_points(group="console_scripts", name="mortar")
    joined = importlib.metadata.entry_points(group="mortar.commands", name="tools")
    assert [callable(entry.load()) for entry in (*scripts, *joined)] == [True, True]


# --- make


def test_make_alone_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ran = subprocess.run(["make"], cwd=ROOT, env=outside, capture_output=True, text=True, check=True)
    shown = ran.stdout.splitlines()
    assert [line.split()[1] for line in shown] == targets[1].split()
