"""Which devices are really there. Runs as a process of its own (`python -m mortar.drivers.probe`):
PortAudio fixes its device list when it starts, and the supervisor loads no sound library.
"""

from __future__ import annotations

import fcntl
import json
import struct
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mortar.errors import MortarError

PROBE_TIMEOUT_S = 20

VIDIOC_QUERYCAP = 0x80685600
"""Linux videodev2.h: _IOR('V', 0, struct v4l2_capability), 104 bytes."""

V4L2_CAPABILITY = struct.Struct("=16s32s32sIII12x")
V4L2_CAP_VIDEO_CAPTURE = 0x00000001
V4L2_CAP_DEVICE_CAPS = 0x80000000


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


def _sound_device(kind: str) -> str | None:
    import sounddevice

    try:
        return str(sounddevice.query_devices(kind=kind)["name"])
    except (sounddevice.PortAudioError, ValueError):
        return None


def _camera() -> str | None:
    for path in sorted(Path("/dev").glob("video*")):
        if (name := _camera_name(path)) is not None:
            return f"{name} ({path})"
    return None


def _camera_name(path: Path) -> str | None:
    """The card's name, where the node captures video; decoders and metadata nodes do not."""
    held = bytearray(V4L2_CAPABILITY.size)
    try:
        with path.open("rb", buffering=0) as node:
            fcntl.ioctl(node, VIDIOC_QUERYCAP, held)
    except OSError:
        return None
    _, card, _, _, capabilities, device_caps = V4L2_CAPABILITY.unpack(held)
    offered = device_caps if capabilities & V4L2_CAP_DEVICE_CAPS else capabilities
    return card.split(b"\0")[0].decode(errors="replace") if offered & V4L2_CAP_VIDEO_CAPTURE else None


if __name__ == "__main__":
    found = Devices(_sound_device("input"), _sound_device("output"), _camera())
    print(json.dumps(asdict(found)))
