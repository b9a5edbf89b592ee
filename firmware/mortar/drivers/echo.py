"""Acoustic echo cancellation by the sound server: its WebRTC module between us and the devices.

The microphone's owner loads the module, records from its source and takes it out again; the voice plays
into its sink, which tells the module what to take out of the microphone's sound.
"""

from __future__ import annotations

from mortar.drivers.sound_server import Endpoint, SoundServer

MODULE = "module-echo-cancel"
SOURCE, SINK = "mortar-microphone", "mortar-speaker"

RATE_Hz = 32_000
"""What the module works at; WebRTC knows 8, 16, 32 and 48 kHz, and speech has nothing above 16 kHz."""

WEBRTC = '"analog_gain_control=0 digital_gain_control=0 noise_suppression=0"'
"""Only the echo is taken out: wake word and recogniser were trained on sound that nobody levelled."""


def without_echo(server: SoundServer, microphone: Endpoint, speaker: Endpoint) -> Endpoint:
    """The source that has `microphone`'s sound without that of `speaker`.

    Raises MortarError where the server has no such module.
    """
    between = {"source_master": microphone.name, "sink_master": speaker.name}
    for number, module in loaded(server).items():
        if all(f"{key}={name}" in module.split() for key, name in between.items()):
            return Endpoint(SOURCE, RATE_Hz)
        server.unload(number)  # left by a process that was killed, and of other devices
    server.load(
        MODULE,
        aec_method="webrtc",
        source_name=SOURCE,
        sink_name=SINK,
        rate=str(RATE_Hz),
        channels="1",
        aec_args=WEBRTC,
        **between,
    )
    return Endpoint(SOURCE, RATE_Hz)


def loaded(server: SoundServer) -> dict[int, str]:
    """Our modules that are loaded: number → name and arguments."""
    return {
        number: module for number, module in server.modules().items() if f"source_name={SOURCE}" in module
    }


def remove(server: SoundServer) -> None:
    for number in loaded(server):
        server.unload(number)
