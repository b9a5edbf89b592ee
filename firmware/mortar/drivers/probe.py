"""Which devices are really there. Runs as a process of its own (`python -m mortar.drivers.probe`):
PortAudio fixes its device list when it starts, and the supervisor loads no sound library.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import ModuleType

from mortar.drivers.portaudio import Device, input_device, output_device, portaudio
from mortar.drivers.v4l2 import first_camera
from mortar.errors import MortarError

PROBE_TIMEOUT_S = 20


@dataclass(frozen=True)
class Devices:
    """Names that people know the devices by; None where there is none."""

    microphone: str | None
    speaker: str | None
    camera: str | None


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


def _sound_device(find: Callable[[ModuleType, str | None], Device]) -> str | None:
    try:
        return find(portaudio(), None).name
    except LookupError:
        return None


def _camera() -> str | None:
    found = first_camera()
    return str(found) if found is not None else None


if __name__ == "__main__":
    found = Devices(_sound_device(input_device), _sound_device(output_device), _camera())
    print(json.dumps(asdict(found)))
