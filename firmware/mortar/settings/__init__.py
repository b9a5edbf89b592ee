"""Settings: a board's profile plus one user file, TOML, typed, with limits beside each field.

Every section belongs to one part of the program. A key that no field takes is an error that names
file and key; a test holds that every field is read somewhere.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from mortar import languages, resources
from mortar.errors import UsageError
from mortar.settings.answering import Cascade, FlashAttention, KvType, Language, Server, Speculate
from mortar.settings.conversing import Assistant, PowerLimits
from mortar.settings.devices import Board, Camera, Gauge, Microphone, Speaker
from mortar.settings.hearing import Ears, Listening, Recogniser
from mortar.settings.keeping import MOST_PHOTOS, Models, Photos, Supervision, Tracing
from mortar.settings.section import Section
from mortar.settings.seeing import AUTO, Eye, NpuBinding, Point
from mortar.settings.speaking import Voice, VoiceEngine

__all__ = [
    "AUTO",
    "MOST_PHOTOS",
    "Assistant",
    "Board",
    "Camera",
    "Cascade",
    "Ears",
    "Eye",
    "FlashAttention",
    "Gauge",
    "KvType",
    "Language",
    "Listening",
    "Microphone",
    "Models",
    "NpuBinding",
    "Photos",
    "Point",
    "PowerLimits",
    "Recogniser",
    "RunOptions",
    "Section",
    "Server",
    "Settings",
    "Speaker",
    "Speculate",
    "Supervision",
    "Tracing",
    "Voice",
    "VoiceEngine",
    "default_user_file",
    "load",
    "measured_file",
]


class Settings(Section, frozen=True):
    """All sections; the order here is the order in docs/settings.md."""

    board: Board = Board()
    microphone: Microphone = Microphone()
    speaker: Speaker = Speaker()
    camera: Camera = Camera()
    gauge: Gauge = Gauge()
    ears: Ears = Ears()
    listen: Listening = Listening()
    eye: Eye = Eye()
    language: Language = Language()
    cascade: Cascade = Cascade()
    voice: Voice = Voice()
    assistant: Assistant = Assistant()
    trace: Tracing = Tracing()
    photos: Photos = Photos()
    models: Models = Models()
    power: PowerLimits = PowerLimits()
    supervisor: Supervision = Supervision()


class RunOptions(Section, frozen=True):
    """What one run was asked for on the command line."""

    board: str = "host"
    mic: str | None = None
    """Recording, folder of recordings, or named pipe that plays the microphone."""
    camera: str | None = None
    """Picture, or folder of pictures, that plays the camera."""
    speaker: str | None = None
    """WAV file that plays the speaker."""
    model: str | None = None
    """Folder of the vision-language model; None is the bundled one."""
    once: bool = False
    """End after one exchange."""
    fast: bool = False
    """Files are not paced in real time."""
    ask: str | None = None
    """A typed question: no ears, no voice."""
    hear: bool = False
    """Only hear: no eye, no language, no voice."""


def load(board: str, user_file: Path | None = None) -> Settings:
    """Profile of `board`, overlaid with what was measured on it and with the user's file; below them, what
    their language brings along. Raises UsageError naming file and key, or the languages that there are."""
    profile = resources.profile(board)
    merged = _read(profile)
    if (measured := measured_file(board)).exists():
        merged = _overlay(merged, _read(measured))
    if user_file is None and (found := default_user_file()).exists():
        user_file = found
    if user_file is not None:
        merged = _overlay(merged, _read(user_file))
    spoken = msgspec.convert(merged, Settings).assistant.language
    return msgspec.convert(_overlay(_read(languages.settings(spoken)), merged), Settings)


def measured_file(board: str) -> Path:
    """What `mortar tools tune` found out about this very board."""
    return resources.data_folder() / "measured" / f"{board}.toml"


def default_user_file() -> Path:
    """/etc/mortar/mortar.toml for root's service, the XDG configuration folder elsewhere."""
    if os.geteuid() == 0 and "XDG_CONFIG_HOME" not in os.environ:
        return Path("/etc/mortar/mortar.toml")
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "mortar" / "mortar.toml"


def _read(path: Path) -> dict[str, Any]:
    """The file as a table, checked against the schema by itself so that errors name it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        msgspec.convert(table, Settings)
    except OSError as error:
        raise UsageError(
            "settings-unreadable", f"{path}: {error.strerror}", "check the path and permissions"
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("settings-syntax", f"{path}: {error}", "correct the TOML at that place") from None
    except msgspec.ValidationError as error:
        raise UsageError(
            "settings-invalid",
            f"{path}: {str(error).replace('Object contains unknown', 'unknown')}",
            "see docs/settings.md for every key and its limits",
        ) from None
    return table


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        held = merged.get(key)
        merged[key] = _overlay(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return merged
