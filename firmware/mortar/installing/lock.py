"""What is trusted and what is installed: models-lock.json in the data folder.

A pin is what a file was when it was first pulled. It is kept by repository and file, not by hub: a mirror
is held to it as well. It stays when the model is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from mortar import resources
from mortar.catalogue import Name
from mortar.errors import MortarError
from mortar.installing.disk import unwritable
from mortar.runtimes.manifest import Count, Table
from mortar.whole_files import alone_in, sync_folder, written_whole

FILE = "models-lock.json"
PUBLIC = 0o644

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
"""Of one file in a folder, which it can't lead out of."""


class Pin(Table, frozen=True):
    """What a file on a hub was when it was pulled first."""

    sha256: Digest
    size_bytes: Count
    commit: str | None
    hub: str
    is_stated: bool
    """Whether the hub stated the SHA-256; else it is that of what came."""


class Held(Table, frozen=True):
    """A file of an installed model."""

    sha256: Digest
    size_bytes: Count


class Installed(Table, frozen=True):
    version: Count
    files: dict[FileName, Held]
    tried: str
    """What became of its trial."""


class Lock(Table, frozen=True):
    pins: dict[str, Pin] = msgspec.field(default_factory=dict)
    """By REPOSITORY/FILE."""
    installed: dict[Name, Installed] = msgspec.field(default_factory=dict)
    """By name."""


def load() -> Lock:
    """Raises MortarError where the file can't be read: nothing is trusted anew because of that."""
    path = _path()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Lock)
    except FileNotFoundError:
        return Lock()
    except OSError as error:
        raise MortarError("lock-unreadable", f"{path}: {error.strerror}", "check its permissions") from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise MortarError(
            "lock-unreadable",
            f"{path}: {error}",
            "restore it from a backup; where there is none, delete it: what is pulled then is trusted anew",
        ) from None


@contextmanager
def changed() -> Iterator[Lock]:
    """The lock, whose tables may be changed; it is on the disk at the end, or as it was. One at a time."""
    path = _path()
    try:
        with alone_in(path.parent):
            held = load()
            held = Lock(dict(held.pins), dict(held.installed))
            yield held
            with written_whole(path, path.with_name(FILE + ".part"), PUBLIC) as file:
                file.write(msgspec.json.format(msgspec.json.encode(held), indent=2) + b"\n")
            sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from None


def _path() -> Path:
    return resources.data_folder() / FILE
