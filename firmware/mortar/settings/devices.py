"""What there is to hear, see and measure with."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from mortar.settings.section import Section


class Board(Section, frozen=True):
    """What the board is. Only a profile sets this."""

    title: str = "Linux computer"
    """Name that people read."""


class Microphone(Section, frozen=True):
    device: str = "auto"
    """"auto" (the system's default), "none", or (part of) a name that `mortar doctor` lists."""
    driver: Literal["portaudio", "alsa"] = "portaudio"
    """"portaudio", or "alsa" (through the program arecord), which needs less memory."""
    echo_cancellation: Literal["auto", "none"] = "auto"
    """"auto" has the sound server (PulseAudio, PipeWire) take our own voice out of the microphone's sound,
    where one runs; "none" leaves it in."""


class Speaker(Section, frozen=True):
    device: str = "auto"
    """"auto" (the system's default), "none", or (part of) a name that `mortar doctor` lists."""


class Camera(Section, frozen=True):
    device: str = "auto"
    """"auto" (the first camera found), "none", a device path such as /dev/video0, or (part of) a name that
    `mortar doctor` lists: the name is the same wherever the camera is plugged in."""
    driver: Literal["auto", "v4l2", "picamera2"] = "auto"
    """"v4l2" (the kernel's interface: webcams, and CSI cameras of boards with an image processor in the
    kernel), "picamera2" (a Raspberry Pi's own camera), or "auto": the Pi's where there is one."""
    size: Annotated[str, Meta(pattern=r"^(auto|[1-9]\d{1,3}x[1-9]\d{1,3})$")] = "auto"
    """Least size of a picture, as 1280x720, where the camera has it; "auto" is what the vision encoder
    needs. See [cameras.md](cameras.md)."""


class Gauge(Section, frozen=True):
    source: str = "auto"
    """"auto" (the batteries that the kernel knows), "none", or a TOML file that plays one, with
    `percent = 40` and `charging = false`: it is read at each look."""
