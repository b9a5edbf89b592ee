"""The environment of rknn-toolkit2: made on first use, because its packages are at odds with Mortar's own.

0.8 GB, from requirements.txt beside this file. The toolkit itself asks for torch too, which with what torch
brings would be another 4.9 GB; what it does with it for an ONNX graph, `torch_standin` does.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from mortar.errors import MortarError
from mortar.runtimes.rknn_sim import toolkit
from mortar.whole_files import alone_in

REQUIREMENTS = Path(__file__).with_name("requirements.txt")

Tell = Callable[[str], None]
"""Gets each line of progress."""


def ready(tell: Tell) -> Path:
    """The Python that has the toolkit. Its environment is made first where there is none: by one of two who
    want it at once, and anew where it was interrupted. Raises MortarError."""
    if not toolkit.is_named() and not toolkit.is_there():
        folder = toolkit.folder()
        try:
            with alone_in(folder.with_name(f"{folder.name}.lock")):
                if not toolkit.is_there():
                    _make(folder, tell)
        except OSError as error:
            raise _not_made(f"{error.filename or folder}: {error.strerror}") from None
    return toolkit.python()


def _make(folder: Path, tell: Tell) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    tell(f"installing {toolkit.NAME} once, in {folder}: 0.8 GB, some minutes")
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder), "--disable-pip-version-check", "install"]
    _told([*pip, "--no-deps", "--progress-bar", "off", "-r", str(REQUIREMENTS)], tell)
    (folder / toolkit.COMPLETE).touch()


def _told(command: list[str], tell: Tell) -> None:
    """Run to the end. What pip collects is told, and how many of how many."""
    total = sum("==" in line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines())
    at, last = 0, "without a word"
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last = line.strip() or last
            if found := re.match(r"(?:Collecting|Processing) (\S+)", line):
                at += 1
                tell(f"[{at}/{total}] {Path(found[1]).name}")
    if process.returncode != 0:
        raise _not_made(last)


def _not_made(why: str) -> MortarError:
    return MortarError(
        "toolkit-not-made",
        f"the environment of {toolkit.NAME} could not be made ({why})",
        "see that there is a network and 1 GB of room, and try again; XDG_CACHE_HOME moves it",
    )


def main(argv: list[str] | None = None) -> int:
    """`mortar tools make toolkit`."""
    argparse.ArgumentParser(
        prog="mortar tools make toolkit",
        description=f"Install {toolkit.NAME}, which converts for NPUs and simulates them.",
    ).parse_args(argv)
    print(ready(print).parent.parent)
    return 0
