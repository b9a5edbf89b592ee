"""PortAudio, and the device in it that is meant: by name, or the default of the sound server."""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import ModuleType

from mortar.drivers.sound_server import Endpoint, SoundServer, sound_server
from mortar.errors import MortarError

THROUGH_SERVER = "pulse"
"""PortAudio's name for the sound server (Debian: libasound2-plugins)."""


@dataclass(frozen=True)
class Device:
    """What to open, and how: as the device has it, so that all conversion is ours."""

    index: int
    name: str
    rate_Hz: int
    n_channels: int
    """1 or 2. Of more than two we take the first: array microphones put their best sound there."""
    endpoint: Endpoint | None = None
    """What it is on the sound server; None where it is opened without one."""


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


def input_device(module: ModuleType, wanted: str | None) -> Device:
    """The microphone whose name has `wanted` in it; None is the default. Raises LookupError, telling
    which there are."""
    server = _usable_server(module)
    device = _device(module, wanted, "input", server.sources() if server else None)
    _pin("PULSE_SOURCE", device, wanted)
    return device


def output_device(module: ModuleType, wanted: str | None) -> Device:
    """The same of speakers."""
    server = _usable_server(module)
    device = _device(module, wanted, "output", server.sinks() if server else None)
    _pin("PULSE_SINK", device, wanted)
    return device


def _usable_server(module: ModuleType) -> SoundServer | None:
    there = any(device["name"] == THROUGH_SERVER for device in module.query_devices())
    return sound_server() if there else None


def _device(module: ModuleType, wanted: str | None, kind: str, endpoints: list[Endpoint] | None) -> Device:
    held = [device for device in module.query_devices() if device[f"max_{kind}_channels"] > 0]
    real = [endpoint for endpoint in endpoints or [] if endpoint.is_real]
    for endpoint in real:
        if wanted is None or _fits(wanted, endpoint.name):
            through = next(device for device in held if device["name"] == THROUGH_SERVER)
            return Device(through["index"], endpoint.name, endpoint.rate_Hz, 1, endpoint)
    default = module.default.device[kind]
    for device in held:
        name, index = str(device["name"]), int(device["index"])
        is_meant = _fits(wanted, name) if wanted is not None else index == default and endpoints is None
        if is_meant:
            n_channels = 2 if device[f"max_{kind}_channels"] == 2 else 1
            return Device(index, name, int(device["default_samplerate"]), n_channels)
    if wanted is None:
        raise LookupError("there is none")
    names = [endpoint.name for endpoint in real] + [str(device["name"]) for device in held]
    raise LookupError(f"there is {', '.join(names) or 'none'}")


def _fits(wanted: str, name: str) -> bool:
    return wanted.casefold() in name.casefold()


def _pin(variable: str, device: Device, wanted: str | None) -> None:
    """Tell the server's library (libpulse) which device this process means. The default one is left
    to the server, which moves us to the next when somebody plugs or chooses another."""
    if wanted is not None and device.endpoint is not None:
        os.environ[variable] = device.endpoint.name
    else:
        os.environ.pop(variable, None)
