"""Runs a file of tests with the stand-in for the kernel (standin.c) preloaded, and tells how each went."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def compiler() -> str:
    found = shutil.which("cc") or shutil.which("gcc")
    if found is None or not Path("/usr/include/linux/videodev2.h").exists():
        pytest.skip("needs a C compiler and the kernel's headers (apt: build-essential)")
    return found


def names_in(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def preloaded(folder: Path) -> dict[str, str]:
    """Environment in which /dev's part is played by the files in `folder`/dev."""
    library, devices = folder / "standin.so", folder / "dev"
    devices.mkdir()
    flags = ["-shared", "-fPIC", "-Wall", "-Wno-maybe-uninitialized", "-Werror", "-o", str(library)]
    subprocess.run([compiler(), *flags, str(HERE / "standin.c"), "-ldl"], check=True)
    return {**os.environ, "LD_PRELOAD": str(library), "STANDIN_CAMERAS": str(devices)}


def outcomes(file: Path, folder: Path) -> dict[str, str]:
    """What came of each test in `file`, by its name: "" if it passed, else what pytest says."""
    report = folder / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        str(file),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=preloaded(folder), capture_output=True, text=True, timeout=100
    )
    if done.returncode > 1:  # not even begun
        raise AssertionError(done.stdout + done.stderr)
    told: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["name"].partition("[")[0]
        told[name] = told.get(name, "") + "".join(part.text or part.attrib["message"] for part in case)
    return told
