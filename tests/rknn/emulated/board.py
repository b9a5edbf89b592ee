"""An aarch64 board as far as a process sees one: Debian's Python for arm64 and the makers' wheel, under qemu-user.

Everything is downloaded into the user's cache and unpacked there: nothing is installed, no root is needed, and no
other architecture is registered with the kernel. qemu looks for absolute paths in the board's own folder first,
which is how it gets a device tree, a device node and a librknnrt.so of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

DEBIAN = ("python3.11-minimal", "libpython3.11-stdlib", "libstdc++6")

STUB = Path(__file__).with_name("librknnrt.c")

PATIENCE_S = 600
"""For 30 MB from Debian's and Python's package servers."""


def pinned() -> str:
    """The version of rknn-toolkit-lite2 that `pip install mortar[rk]` brings."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    found = re.search(r"rknn-toolkit-lite2==([\d.]+)", str(extras["rk"]))
    assert found is not None
    return found[1]


def board_files(version: str) -> Path:
    """The folder that the board's files are in, made at the first call. Skips the test where it cannot be."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mortar" / "tests"
    made = cache / f"aarch64-lite2-{version}"
    if not made.exists():
        _require_debian()
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            try:
                _fill(Path(folder), version)
            except subprocess.SubprocessError as error:
                words = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
                pytest.skip(f"the board's packages could not be had: {words[-1] if words else error}")
            (Path(folder) / "root").rename(made)
    return made


def _require_debian() -> None:
    """The wheel wants Python 3.11, and Debian bookworm is what has that for arm64."""
    release = Path("/etc/os-release")
    if shutil.which("apt-get") is None or "bookworm" not in release.read_text():
        pytest.skip("needs Debian 12 (bookworm), whose apt-get downloads the same release for arm64")


def _fill(folder: Path, version: str) -> None:
    root = folder / "root"
    site = root / "opt" / "site"
    site.mkdir(parents=True)
    for architecture, packages in (("arm64", DEBIAN), (_native(), ("qemu-user-static",))):
        for package in _debs(folder / architecture, architecture, packages):
            _run("dpkg-deb", "-x", str(package), str(root))
    wheels = f"rknn-toolkit-lite2=={version}"
    of_the_board = ("--platform", "manylinux2014_aarch64", "--python-version", "3.11", "--only-binary=:all:")
    pins = ("-c", str(ROOT / "constraints.txt"))
    _run(sys.executable, "-m", "pip", "install", "-q", "--target", str(site), *of_the_board, *pins, wheels)


def _native() -> str:
    return subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _debs(folder: Path, architecture: str, packages: tuple[str, ...]) -> list[Path]:
    """Packages and what they need, from the host's own sources, in an apt that knows of no installed package."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    own = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Architecture": architecture,
        "APT::Architectures::": architecture,
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", "-q", *(word for name, value in own.items() for word in ("-o", f"{name}={value}"))]
    _run(*apt, "update")
    _run(*apt, "install", "-y", "--download-only", "--no-install-recommends", *packages)
    return sorted((folder / "cache" / "archives").glob("*.deb"))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S)


def assemble(
    folder: Path, files: Path, *, compatible: str | None, library: Path | None, node: bool
) -> list[str]:
    """A board in `folder`, of links to `files` and of what is its own. Gives the command that runs its Python.

    `compatible` is what the device tree says (None: there is none), `node` whether the NPU's device is there.
    """
    _link(files, folder, but="usr")
    _link(files / "usr", folder / "usr", but="lib")
    _link(files / "usr" / "lib", folder / "usr" / "lib")
    if library is not None:
        (folder / "usr" / "lib" / "librknnrt.so").symlink_to(library)
    if compatible is not None:
        (folder / "proc" / "device-tree").mkdir(parents=True)
        (folder / "proc" / "device-tree" / "compatible").write_text(f"{compatible}\0")
    if node:
        (folder / "dev" / "dri").mkdir(parents=True)
        (folder / "dev" / "dri" / "renderD129").touch()
    python = folder / "usr" / "bin" / "python3.11"
    return [str(folder / "usr" / "bin" / "qemu-aarch64-static"), "-L", str(folder), str(python)]


def _link(source: Path, folder: Path, but: str = "") -> None:
    folder.mkdir(exist_ok=True)
    for path in source.iterdir():
        if path.name != but:
            (folder / path.name).symlink_to(path)


def stub(folder: Path) -> Path:
    """The stand-in for librknnrt.so, compiled for the board."""
    compiler = shutil.which("aarch64-linux-gnu-gcc")
    if compiler is None:
        pytest.skip("needs a compiler for aarch64 (apt: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)")
    made = folder / "librknnrt.so"
    _run(compiler, "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(made), str(STUB))
    return made
