"""Where a speech-to-text model that a person installed lies, and what is said where it does not."""

from __future__ import annotations

from pathlib import Path

from mortar import resources
from mortar.errors import MortarError
from mortar.settings import Listening

GUIDE = "see docs/dictation.md"


def located(settings: Listening) -> Path:
    """File or folder of `listen.model`. Raises MortarError where none is named, or there is none."""
    folder = resources.data_folder() / "models"
    if not settings.model:
        raise MortarError(
            "dictation-model-unset",
            f"listen.engine is {settings.engine}, but listen.model names no model for it",
            f"name one that lies in {folder}, or give its path; {GUIDE}",
        )
    path = Path(settings.model).expanduser() if "/" in settings.model else folder / settings.model
    if not path.exists():
        raise MortarError(
            "dictation-model-missing",
            f"there is no speech-to-text model at {path}",
            f"put it there, or correct listen.model; {GUIDE}",
        )
    return path


def only_file(folder: Path, pattern: str) -> Path:
    """The file in `folder` that `pattern` names; the int8 one where there is another beside it."""
    found = sorted(folder.glob(pattern))
    if len(found) > 1:
        found = [path for path in found if ".int8." in path.name]
    if len(found) != 1:
        raise MortarError(
            "dictation-model-incomplete",
            f"{folder} must hold one file {pattern}",
            f"put the files of one model there, and no others; {GUIDE}",
        )
    return found[0]


def damaged(path: Path, why: str) -> MortarError:
    return MortarError(
        "dictation-model-damaged", f"{path} cannot be used: {why}", f"get the file again; {GUIDE}"
    )


def unpackaged(package: str) -> MortarError:
    return MortarError(
        "dictation-package-missing",
        f"the package {package} is not installed",
        "run .venv/bin/pip install -c constraints.txt -e '.[dictation]'",
    )
