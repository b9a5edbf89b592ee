"""What arecord and amixer print, in the form of alsa-utils 1.2.8, and what becomes of it."""

from __future__ import annotations

import pytest

from mortar.drivers.microphone_alsa import Card, _cards, _nearest
from mortar.drivers.mixer import _controls, _percent

LISTED = """\
**** List of CAPTURE Hardware Devices ****
card 1: Device [USB PnP Sound Device], device 0: USB Audio [USB Audio]
  Subdevices: 1/1
  Subdevice #0: subdevice #0
card 3: rockchipes8388 [rockchip-es8388], device 0: dailink-multicodecs ES8323 HiFi-0 [x]
  Subdevices: 0/1
"""


def test_cards_are_called_as_people_and_as_alsa_call_them() -> None:
    """By name and not by number, which changes with every plug."""
    assert _cards(LISTED) == [
        Card("hw:CARD=Device,DEV=0", "USB PnP Sound Device"),
        Card("hw:CARD=rockchipes8388,DEV=0", "rockchip-es8388"),
    ]
    assert _cards("") == []


@pytest.mark.parametrize(
    ("rates", "channels", "native"),
    [
        ("48000", "1", (48_000, 1)),
        ("[8000 96000]", "[1 2]", (16_000, 1)),
        ("[44100 48000]", "2", (44_100, 2)),
        ("8000", "1", (8_000, 1)),
    ],
)
def test_a_card_records_at_what_it_can(rates: str, channels: str, native: tuple[int, int]) -> None:
    """As near to 16 kHz mono as the card comes by itself."""
    dumped = f'HW Params of device "hw:1":\nFORMAT:  S16_LE\nCHANNELS: {channels}\nRATE: {rates}\n'
    assert _nearest(dumped) == native


def test_a_card_that_tells_nothing_is_an_error() -> None:
    """And not a guess."""
    with pytest.raises(LookupError, match="No such device"):
        _nearest("arecord: main:831: audio open error: No such device")


def test_the_mixer_is_read() -> None:
    """Controls by name, and the volume of the first channel."""
    assert _controls("Simple mixer control 'Master',0\nSimple mixer control 'Mic',0\n") == ["Master", "Mic"]
    assert _percent("  Front Left: Playback 48 [75%] [-12.00dB] [on]\n  Front Right: Playback 40 [62%]") == 75
