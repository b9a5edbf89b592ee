"""Which devices are really there. Runs as a process of its own (`python -m mortar.drivers.probe`):
PortAudio fixes its device list when it starts, and the supervisor loads no sound library.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass

from mortar.drivers import picamera, v4l2
from mortar.drivers.portaudio import find_device, portaudio, reaches_server
from mortar.drivers.server_devices import AUTO, names
from mortar.drivers.sound_server import sound_server
from mortar.errors import MortarError

PROBE_TIMEOUT_S = 20


@dataclass(frozen=True)
class Devices:
    """Names that people know the devices by, the default one first."""

    microphones: list[str]
    speakers: list[str]
    cameras: list[str]
    """In the order in which they are looked for; None of these lists holds what this user may not open."""

    @property
    def microphone(self) -> str | None:
        return next(iter(self.microphones), None)

    @property
    def speaker(self) -> str | None:
        return next(iter(self.speakers), None)

    @property
    def camera(self) -> str | None:
        return next(iter(self.cameras), None)


def probe() -> Devices:
    """Ask a process of its own. Raises MortarError where that process does not answer."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mortar.drivers.probe"],
            capture_output=True,
            timeout=PROBE_TIMEOUT_S,
            check=True,
        )
        return Devices(**json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError, TypeError) as error:
        raise MortarError(
            "probe-failed",
            f"the sound devices could not be listed ({error})",
            "check that libportaudio2 is installed, or name devices in the settings",
        ) from None


def _sound_devices(kind: str) -> list[str]:
    module = portaudio()
    if reaches_server(module) and sound_server() is not None:
        return names(kind)
    held = [str(device["name"]) for device in module.query_devices() if device[f"max_{kind}_channels"] > 0]
    try:
        default = find_device(module, AUTO, kind).name
    except LookupError:
        return held
    return sorted(held, key=lambda name: name != default)


def _cameras() -> list[str]:
    of_pi = [f"{name} (picamera2)" for name in picamera.names()]
    return of_pi + [str(camera) for camera in v4l2.cameras()]


if __name__ == "__main__":
    found = Devices(_sound_devices("input"), _sound_devices("output"), _cameras())
    print(json.dumps(asdict(found)))
