"""The stand-in for picamera2 (pi/picamera2.py) has no method and no argument that the real package has not.

The package itself cannot be imported away from a Pi: its source is read.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

REAL = {
    "Picamera2": ("picamera2/picamera2.py", "Picamera2"),
    "MappedArray": ("picamera2/request.py", "MappedArray"),
    "Request": ("picamera2/request.py", "CompletedRequest"),
}
"""Class of the stand-in → where the real one is."""

Surface = dict[str, list[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Of the version that the extra `pi` pins."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pinned = re.search(r"picamera2==[\d.]+", str(extras["pi"]))
    assert pinned is not None
    folder = tmp_path_factory.mktemp("wheel")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary=:all:",
        "-d",
        str(folder),
    ]
    if subprocess.run([*pip, pinned[0]], capture_output=True).returncode:
        pytest.skip(f"{pinned[0]} could not be downloaded")
    return zipfile.ZipFile(next(folder.iterdir()))


def surface(source: str, name: str) -> Surface:
    """The methods of a class, each with its arguments; of overloads, the method itself."""
    classes = [
        node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name
    ]
    return {
        node.name: [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
        for node in classes[0].body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_the_real_one_takes_whatever_the_stand_in_takes(wheel: zipfile.ZipFile, name: str) -> None:
    path, real_name = REAL[name]
    real = surface(wheel.read(path).decode(), real_name)
    real["__init__"] += ["camera", "number"] if name == "Request" else []  # the package alone makes one
    for method, arguments in surface((HERE / "pi" / "picamera2.py").read_text(), name).items():
        assert set(arguments) <= set(real[method]), method
