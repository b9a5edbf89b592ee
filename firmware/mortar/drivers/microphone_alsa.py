"""A sound card's microphone through ALSA alone: the program arecord (Debian: alsa-utils), read by a thread.

It spares this process PortAudio.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import threading
from dataclasses import dataclass

import numpy as np

from mortar.drivers.microphone_live import Inbox, MicrophoneGone
from mortar.drivers.recordings import RATE_Hz
from mortar.drivers.server_devices import AUTO, names, server_microphone
from mortar.drivers.sound_server import SoundServerFailed
from mortar.settings import Microphone, Speaker

BLOCK_ms = 32
BUFFER_ms = 500
"""What the card may hold while this process does not get to run."""

ANSWER_S = 5.0

SERVER = "pulse"
"""ALSA's name for the sound server (Debian: libasound2-plugins)."""

TAKEN = "Device or resource busy"


@dataclass(frozen=True)
class Card:
    """A card's recording device, as ALSA calls it and as people do."""

    hw: str
    name: str


class AlsaCapture:
    """`speaker` is what echo cancellation takes out. Raises MicrophoneGone."""

    def __init__(self, settings: Microphone, speaker: Speaker, inbox: Inbox) -> None:
        self._inbox = inbox
        try:
            self._on_server = server_microphone(settings, speaker)
            if self._on_server is not None:
                self.name, self.rate_Hz = self._on_server.name, self._on_server.endpoint.rate_Hz
                pcm, self._n_channels = SERVER, 1
            else:
                card = _card(settings.device)
                self.name, pcm = card.name, card.hw
                self.rate_Hz, self._n_channels = _native(card)
            self._recorder = self._record(pcm)
        except FileNotFoundError:
            raise MicrophoneGone("arecord is not installed: sudo apt install alsa-utils") from None
        except (SoundServerFailed, LookupError, OSError, subprocess.SubprocessError) as error:
            raise MicrophoneGone(f"{settings.device}: {error}") from None
        self._complaint = ""
        self._threads = [threading.Thread(target=read, daemon=True) for read in (self._read, self._listen)]
        for thread in self._threads:
            thread.start()

    @property
    def cancels_echo(self) -> bool:
        return self._on_server is not None and self._on_server.cancels_echo

    async def until_removed(self) -> None:
        if self._on_server is not None:
            await self._on_server.until_removed()
        else:
            await asyncio.Event().wait()  # arecord will end, or stand still

    def close(self) -> None:
        self._recorder.kill()
        self._recorder.wait()
        for thread in self._threads:
            thread.join()
        if self._on_server is not None:
            self._on_server.close()

    def _record(self, pcm: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *("arecord", "--quiet", "--file-type=raw", "--format=S16_LE", f"--device={pcm}"),
                *(f"--rate={self.rate_Hz}", f"--channels={self._n_channels}"),
                *(f"--period-time={BLOCK_ms * 1_000}", f"--buffer-time={BUFFER_ms * 1_000}"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _read(self) -> None:
        """In a thread of its own, until arecord ends."""
        assert self._recorder.stdout is not None
        block_bytes = 2 * self._n_channels * (self.rate_Hz * BLOCK_ms // 1_000)
        with self._recorder.stdout as sound:
            while len(block := sound.read(block_bytes)) == block_bytes:
                self._inbox.put(np.frombuffer(block, np.int16).reshape(-1, self._n_channels))
        self._threads[1].join()
        self._inbox.fail(f"{self.name}: {self._complaint or 'it was removed'}")

    def _listen(self) -> None:
        """In a thread of its own: what arecord complains about."""
        assert self._recorder.stderr is not None
        with self._recorder.stderr as complaints:
            for line in complaints:
                text = line.decode(errors="replace").strip()
                if "overrun" in text:
                    self._inbox.lost_blocks += 1
                elif text:
                    self._complaint = "another program uses it" if TAKEN in text else text


def _card(wanted: str) -> Card:
    """The first one, or that with `wanted` in its name. Raises LookupError, telling which there are."""
    cards = _cards(_arecord("--list-devices"))
    for card in cards:
        if wanted == AUTO or wanted.casefold() in f"{card.name} {card.hw}".casefold():
            return card
    there = [*names("input"), *(card.name for card in cards)]
    raise LookupError(f"there is {', '.join(there) or 'none'}")


def _cards(listed: str) -> list[Card]:
    """From lines such as "card 1: Device [USB PnP Sound Device], device 0: USB Audio [USB Audio]"."""
    found = re.findall(r"^card \d+: (\S+) \[(.*?)\], device (\d+):", listed, re.MULTILINE)
    return [Card(f"hw:CARD={card},DEV={number}", name) for card, name, number in found]


def _native(card: Card) -> tuple[int, int]:
    """Rate and channels to record with: what the card does by itself, so that all conversion is ours."""
    return _nearest(_arecord(f"--device={card.hw}", "--dump-hw-params", "--samples=1", "/dev/null"))


def _nearest(hw_params: str) -> tuple[int, int]:
    """The lowest rate from 16 kHz on and the fewest channels, of lines such as "RATE: [8000 48000]"."""

    def limits(name: str) -> tuple[int, int]:
        found = re.search(rf"^{name}: \[?(\d+)(?: (\d+))?", hw_params, re.MULTILINE)
        if found is None:
            raise LookupError(f"arecord does not tell its {name.lower()}: {hw_params.strip()[-100:]}")
        return int(found[1]), int(found[2] or found[1])

    (lowest_Hz, highest_Hz), (fewest, _) = limits("RATE"), limits("CHANNELS")
    return min(max(RATE_Hz, lowest_Hz), highest_Hz), fewest


def _arecord(*arguments: str) -> str:
    """What it prints, on either stream: the parameters of a card go to the second."""
    done = subprocess.run(
        ["arecord", *arguments], capture_output=True, text=True, timeout=ANSWER_S, check=False
    )
    if TAKEN in done.stderr:
        raise LookupError("another program uses it")
    return done.stdout + done.stderr
