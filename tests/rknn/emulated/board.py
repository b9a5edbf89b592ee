"""An aarch64 board as one process sees it: Debian's Python for arm64 and the makers' wheel, under qemu-user.

All of it is downloaded into the user's cache and unpacked there: nothing is installed, no root is needed, and
the kernel is told of no other architecture. qemu looks for absolute paths in the board's own folder first,
which is how that gets a device tree, a device node and a librknnrt.so of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

DEBIAN = ("python3.11-minimal", "libpython3.11-stdlib", "libstdc++6")
"""For arm64. The wheel is for Python 3.11, which is bookworm's."""

QEMU = "qemu-aarch64-static"

STUB = Path(__file__).with_name("librknnrt.c")

PATIENCE_S = 600
"""For 40 MB from the package servers of Debian and Python."""


@dataclass(frozen=True)
class Board:
    """What is there of one. None of it is by itself."""

    compatible: str = "rockchip,rk3588"
    """What its device tree says."""
    library: Path | None = None
    """Its librknnrt.so."""
    has_node: bool = True
    """Whether the NPU's device file is there."""


def pinned() -> str:
    """The version of rknn-toolkit-lite2 that `pip install mortar[rk]` brings."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    found = re.search(r"rknn-toolkit-lite2==([\d.]+)", str(extras["rk"]))
    assert found is not None
    return found[1]


def boot(board: Board, folder: Path) -> list[str]:
    """Put the board together in `folder`, of links. Gives the command that runs its Python."""
    system = _made("bookworm-arm64", _fill_system)
    _link(system, folder, but="usr")
    _link(system / "usr", folder / "usr", but="lib")
    _link(system / "usr" / "lib", folder / "usr" / "lib")
    if board.library is not None:
        (folder / "usr" / "lib" / "librknnrt.so").symlink_to(board.library)
    tree, nodes = folder / "proc" / "device-tree", folder / "dev" / "dri"
    tree.mkdir(parents=True)
    (tree / "compatible").write_text(f"{board.compatible}\0")
    if board.has_node:
        nodes.mkdir(parents=True)
        (nodes / "renderD129").touch()
    return [str(system / QEMU), "-L", str(folder), str(folder / "usr" / "bin" / "python3.11")]


def wheel(version: str) -> Path:
    """The folder with rknn-toolkit-lite2 and what it needs."""

    def fill(folder: Path) -> None:
        of_the_board = ("--platform", "manylinux2014_aarch64", "--python-version", "3.11")
        wheels = ("--only-binary=:all:", "-c", str(ROOT / "constraints.txt"))
        pip = (sys.executable, "-m", "pip", "install", "-q", "--target", str(folder))
        _run(*pip, *of_the_board, *wheels, f"rknn-toolkit-lite2=={version}")

    return _made(f"rknn-toolkit-lite2-{version}-aarch64", fill)


def stub(folder: Path) -> Path:
    """The stand-in for librknnrt.so, compiled for the board."""
    compiler = shutil.which("aarch64-linux-gnu-gcc")
    if compiler is None:
        pytest.skip("needs a compiler for aarch64 (apt: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)")
    made = folder / "librknnrt.so"
    _run(compiler, "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(made), str(STUB))
    return made


def _made(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder of the cache, filled at the first call, whole or not at all. Skips the test if it fails."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mortar" / "tests"
    made = cache / name
    if made.exists():
        return made
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        try:
            fill(Path(folder, name))
        except subprocess.SubprocessError as error:
            words = str(getattr(error, "stderr", None) or error).strip().splitlines()
            pytest.skip(f"{name} could not be had: {words[-1]}")
        Path(folder, name).rename(made)
    return made


def _fill_system(folder: Path) -> None:
    if shutil.which("apt-get") is None or "bookworm" not in Path("/etc/os-release").read_text():
        pytest.skip("needs Debian 12 (bookworm), whose apt-get has the same release for arm64")
    downloads = folder.with_name("downloads")
    folder.mkdir()
    for package in _downloaded(downloads / "arm64", "arm64", DEBIAN):
        _run("dpkg-deb", "-x", str(package), str(folder))
    native = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    for package in _downloaded(downloads / "native", native.stdout.strip(), ("qemu-user-static",)):
        _run("dpkg-deb", "-x", str(package), str(downloads / "unpacked"))
    # One of the forty machines that the package knows.
    shutil.move(downloads / "unpacked" / "usr" / "bin" / QEMU, folder / QEMU)


def _downloaded(folder: Path, architecture: str, packages: tuple[str, ...]) -> list[Path]:
    """Packages and what they need, from the host's sources, by an apt that knows of none installed."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    own = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Architecture": architecture,
        "APT::Architectures::": architecture,
    }
    apt = ["apt-get", "-q", *(word for name, value in own.items() for word in ("-o", f"{name}={value}"))]
    _run(*apt, "update")
    _run(*apt, "install", "-y", "--download-only", "--no-install-recommends", *packages)
    return sorted((folder / "cache" / "archives").glob("*.deb"))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S)


def _link(source: Path, folder: Path, but: str = "") -> None:
    folder.mkdir(exist_ok=True)
    for path in source.iterdir():
        if path.name != but:
            (folder / path.name).symlink_to(path)
