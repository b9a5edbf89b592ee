"""Where installed models lie.

DATA/models/NAME                      a link to the version in use: replacing it is the one step that installs
DATA/model-versions/NAME/3/           the files of a version
DATA/model-versions/NAME/incoming/    what is being fetched, and what has not answered yet
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mortar import resources
from mortar.errors import MortarError, UsageError
from mortar.whole_files import sync_folder


def models_folder() -> Path:
    return resources.data_folder() / "models"


def installed_names() -> list[str]:
    """Whatever has a name in the folder, put there by `pull` or by hand."""
    folder = models_folder()
    return sorted(path.name for path in folder.glob("[!.]*") if path.exists())


def model_path(name: str) -> Path:
    """Where a model lies: a word without a slash is first of all the name of an installed one."""
    installed = models_folder() / name
    return installed if name and "/" not in name and installed.exists() else Path(name)


def named_model(text: str | None) -> str | None:
    """The path of a model that a command line names. Raises UsageError where there is none by that name."""
    if not text or "/" in text:
        return text
    path = model_path(text)
    if not path.exists():
        known = ", ".join(installed_names()) or "none is"
        raise UsageError(
            "model-unknown",
            f"{text!r} is neither a folder nor an installed model ({known})",
            f"run `mortar models pull {text}`, or `mortar models list` for the names",
        )
    return str(path)


@dataclass(frozen=True)
class Place:
    """Of one model."""

    name: str

    @property
    def link(self) -> Path:
        return models_folder() / self.name

    @property
    def versions(self) -> Path:
        return resources.data_folder() / "model-versions" / self.name

    @property
    def incoming(self) -> Path:
        return self.versions / "incoming"

    def current(self) -> int | None:
        """The version in use; None: none that was pulled."""
        return int(self.link.readlink().name) if self._is_own() and self.link.exists() else None

    def require_own(self) -> None:
        """Raises MortarError where the name is taken by what a person put there."""
        is_taken = self.link.is_symlink() or self.link.exists()
        if is_taken and not self._is_own():
            raise MortarError(
                "model-by-hand",
                f"{self.link} was put there by hand",
                "move it elsewhere first: pulling would replace it",
            )

    def numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self.versions.glob("[0-9]*") if path.name.isdecimal())

    def move_in(self) -> int:
        """Give what is incoming a number. Raises OSError."""
        number = max(self.numbers(), default=0) + 1
        sync_folder(self.incoming)
        self.incoming.rename(self.versions / str(number))
        sync_folder(self.versions)
        return number

    def use(self, number: int) -> None:
        """From one moment to the next, whatever ends the program. Raises OSError."""
        self.link.parent.mkdir(parents=True, exist_ok=True)
        made = self.link.with_name(f".{self.name}.new")
        made.unlink(missing_ok=True)
        made.symlink_to(self._relative / str(number))
        made.replace(self.link)
        sync_folder(self.link.parent)

    def drop_all_but(self, number: int | None) -> None:
        for old in self.numbers():
            if old != number:
                shutil.rmtree(self.versions / str(old))

    def _is_own(self) -> bool:
        """Whether the link is one that `use` makes."""
        target = self.link.readlink() if self.link.is_symlink() else None
        return target is not None and target.name.isdecimal() and target.parent == self._relative

    @property
    def _relative(self) -> Path:
        return Path(os.path.relpath(self.versions, self.link.parent))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other pull or removal of this model meanwhile. Raises MortarError, and OSError."""
        self.versions.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.versions, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise MortarError(
                "model-busy", f"{self.name} is being pulled or removed already", "wait until that is done"
            ) from None
        finally:
            os.close(folder)
