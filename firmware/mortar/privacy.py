"""The two privacy states, muted and camera off, as they are kept on the disk.

One small file in the data folder. The running supervisor owns it; where none runs, `mortar mute` and
`mortar camera` write it. A file that cannot be read means that both devices stay closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec

from mortar.errors import MortarError
from mortar.whole_files import alone_in, sync_folder, written_whole

FILE = "privacy.json"

_UNFINISHED = "privacy.tmp"
"""One name for all that is unfinished: what a power cut leaves, the next change writes over."""


class Device(StrEnum):
    """What can be switched off; also the names of the fields of `Closed`."""

    MICROPHONE = "microphone"
    CAMERA = "camera"


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which devices nothing may open."""

    microphone: bool
    camera: bool

    def has(self, device: Device) -> bool:
        return self.microphone if device is Device.MICROPHONE else self.camera

    def switched(self, device: Device, *, is_on: bool) -> Closed:
        return msgspec.structs.replace(self, **{device.value: not is_on})


NONE = Closed(microphone=False, camera=False)
BOTH = Closed(microphone=True, camera=True)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: Literal[1]
    closed: Closed


def load(folder: Path) -> Closed:
    """What is kept there; `NONE` where nobody has ever switched anything off.

    Raises MortarError where that cannot be told: then it is `BOTH`.
    """
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).closed
    except FileNotFoundError:
        return NONE
    except (OSError, msgspec.DecodeError) as error:  # also ValidationError
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise MortarError(
            "privacy-unreadable",
            f"{path} cannot be read ({why}): microphone and camera stay closed",
            "switch them on with `mortar mute off` and `mortar camera on`",
        ) from None


def keep(folder: Path, closed: Closed) -> None:
    """Write it whole or not at all; it is on the disk when this returns. Raises MortarError."""
    with _told(folder):
        _write(folder, closed)


def change(folder: Path, device: Device, *, is_on: bool) -> Closed:
    """Switch one device in the file; gives what is kept then. Raises MortarError."""
    with _told(folder), alone_in(folder):
        try:
            before = load(folder)
        except MortarError:
            before = BOTH
        closed = before.switched(device, is_on=is_on)
        _write(folder, closed)
    return closed


def _write(folder: Path, closed: Closed) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with written_whole(folder / FILE, folder / _UNFINISHED) as file:
        file.write(msgspec.json.encode(_File(1, closed)))
    sync_folder(folder)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MortarError(
            "privacy-unwritable",
            f"{folder / FILE} cannot be written ({error.strerror})",
            "make room on the disk, or see to the permissions of that folder, and switch again",
        ) from None
