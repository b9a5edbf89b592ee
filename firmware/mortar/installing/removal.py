"""What is installed, whether it is still what was pulled, and away with it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mortar.catalogue import NAME
from mortar.errors import MortarError, UsageError
from mortar.installing import lock
from mortar.installing.disk import sha256_of, unwritable
from mortar.installing.folders import Place, installed_names
from mortar.installing.lock import Held, Installed
from mortar.settings import Recogniser, Settings, VoiceEngine


class State(StrEnum):
    WHOLE = "whole"
    DAMAGED = "damaged"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """The disk does not give it."""


@dataclass(frozen=True)
class Checked:
    """A file of an installed model."""

    name: str
    file: str
    state: State
    size_bytes: int
    sha256: str
    """What it must have."""


def verified(name: str) -> list[Checked]:
    """Each file of the model, read in full. Raises MortarError where `pull` has not put it there."""
    place = Place(name)
    recorded = recorded_of(name)
    if place.current() != recorded.version:
        raise MortarError(
            "model-unrecorded",
            f"what is installed as {name} is not what was recorded last",
            f"run `mortar models pull {name}`: it fetches only what is not there",
        )
    folder = place.versions / str(recorded.version)
    return [
        Checked(name, file, _state(folder / file, held), held.size_bytes, held.sha256)
        for file, held in recorded.files.items()
    ]


def recorded_of(name: str) -> Installed:
    """Raises UsageError where `pull` has not put it there."""
    recorded = lock.load().installed
    if name not in recorded:
        by_hand = " (it was put there by hand)" if name in installed_names() else ""
        raise UsageError(
            "model-not-pulled",
            f"{name!r} was not pulled{by_hand}; there are: {', '.join(sorted(recorded)) or 'none'}",
            "see `mortar models list`",
        )
    return recorded[name]


def removed(name: str, settings: Settings) -> int:
    """Bytes that it took; its pins stay. Raises MortarError where it is not there, or settings name it."""
    place = Place(name)
    if not re.fullmatch(NAME, name) or not place.versions.is_dir():
        recorded_of(name)
    if uses := used_by(name, settings):
        raise MortarError(
            "model-in-use", f"{name} is in use: {uses} names it", "change that setting first, then remove it"
        )
    try:
        with place.alone():
            size_bytes = sum(path.lstat().st_size for path in place.versions.rglob("*") if path.is_file())
            if place.link.is_symlink():
                place.link.unlink()
            with lock.changed() as held:
                held.installed.pop(name, None)
            shutil.rmtree(place.versions)
    except OSError as error:
        raise unwritable(place.versions, error) from None
    return size_bytes


def used_by(name: str, settings: Settings) -> str | None:
    """The setting that names it and is in force."""
    return next((key for key, names in USES.items() if name in names(settings)), None)


USES: dict[str, Callable[[Settings], list[str]]] = {
    "listen.model": lambda held: [held.listen.model] if held.listen.engine is Recogniser.WHISPER else [],
    "voice.model": lambda held: [held.voice.model] if held.voice.engine is VoiceEngine.PIPER else [],
    "cascade.models": lambda held: held.cascade.models,
    "language.draft_model": lambda held: [held.language.draft_model],
}
"""Setting → the models that it names while it is in force."""


def _state(path: Path, held: Held) -> State:
    try:
        is_whole = path.stat().st_size == held.size_bytes and sha256_of(path) == held.sha256
    except FileNotFoundError:
        return State.MISSING
    except OSError:
        return State.UNREADABLE
    return State.WHOLE if is_whole else State.DAMAGED
