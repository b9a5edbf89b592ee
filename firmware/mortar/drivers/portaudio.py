"""PortAudio, and the device in it that is meant."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from mortar.drivers.server_devices import AUTO, names
from mortar.errors import MortarError

SERVER = "pulse"
"""PortAudio's name for the sound server (Debian: libasound2-plugins)."""

TAKEN = "Device unavailable"
"""PortAudio's words for a device that another program holds."""


@dataclass(frozen=True)
class Device:
    """What to open, and how: as the device has it, so that all conversion is ours."""

    index: int
    name: str
    rate_Hz: int
    n_channels: int
    """1 or 2. Of more than two we take the first: array microphones put their best sound there."""


def portaudio() -> ModuleType:
    """The sounddevice module, with the devices that are there now.

    PortAudio fixes its list of devices when it starts, so it is started again each time.
    """
    try:
        import sounddevice
    except OSError:
        raise MortarError(
            "portaudio-missing", "PortAudio is not installed", "run: sudo apt install libportaudio2"
        ) from None
    module: ModuleType = sounddevice
    module._terminate()
    module._initialize()
    return module


def reaches_server(module: ModuleType) -> bool:
    return any(device["name"] == SERVER for device in module.query_devices())


def through_server(module: ModuleType, name: str, rate_Hz: int) -> Device:
    """The device that the server was told we mean; it mixes and splits channels itself."""
    index = next(device["index"] for device in module.query_devices() if device["name"] == SERVER)
    return Device(index, name, rate_Hz, 1)


def find_device(module: ModuleType, wanted: str, kind: str) -> Device:
    """Of `kind` "input" or "output", with `wanted` in its name. Raises LookupError with those there are."""
    held = [device for device in module.query_devices() if device[f"max_{kind}_channels"] > 0]
    default = module.default.device[kind]
    for device in held:
        is_meant = (
            device["index"] == default if wanted == AUTO else wanted.casefold() in device["name"].casefold()
        )
        if is_meant:
            n_channels = 2 if device[f"max_{kind}_channels"] == 2 else 1
            return Device(device["index"], device["name"], int(device["default_samplerate"]), n_channels)
    if wanted == AUTO:
        raise LookupError("there is none")
    there = [*names(kind), *(device["name"] for device in held)]
    raise LookupError(f"there is {', '.join(there) or 'none'}")


def plainly(error: Exception) -> str:
    """What PortAudio says, in one line."""
    text = " ".join(str(error).split())
    return f"another program uses it, or {text}" if TAKEN in text else text
