"""`mortar tools make session`: the recordings and pictures that `mortar run` plays by itself.

Everything is made from board/session/session.toml: people by espeak-ng, cards from the Noto Color
Emoji font (Debian: fonts-noto-color-emoji).
"""

from __future__ import annotations

import argparse
import io
import subprocess
import tomllib
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from PIL import Image, ImageDraw, ImageFilter

from mortar import resources
from mortar_tools.cards.things import printed
from mortar_tools.cards.world.styles import draw_noto

RATE_Hz = 16_000
WAKE_WORD = "okay nabu"
LEAD_ms = 700
PAUSE_ms = 350
"""Between the wake word and the question: people take a breath, and need not."""
TAIL_ms = 6_000
"""Quiet after the question, in which the answer is spoken."""
SPEECH_PEAK = 0.5
ROOM_LEVEL = 0.00015
"""RMS of the room's noise, of full scale: 76 dB below."""

SIZE_px = (640, 480)
GLYPH_OF_CARD = 0.74
"""Edge of the pictogram as a share of the card's."""
SHADOW_px = 8

Samples = npt.NDArray[np.float32]


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of session.toml, which explains the fields."""

    name: str
    voice: str
    heard: str
    intent: str
    answer_has: list[str]
    table: str
    cards: list[tuple[str, float, float, float, float]]


def exchanges(folder: Path) -> list[Exchange]:
    """The exchanges that folder/session.toml lists, in order."""
    with (folder / "session.toml").open("rb") as file:
        return msgspec.convert(tomllib.load(file)["exchange"], list[Exchange])


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="mortar tools make session", description=__doc__)
    parser.add_argument("--folder", type=Path, default=resources.session_folder(), help="where to write")
    folder: Path = parser.parse_args(argv).folder
    for number, exchange in enumerate(exchanges(resources.session_folder()), start=1):
        soundfile.write(folder / f"{exchange.name}.flac", recording(exchange, number), RATE_Hz, "PCM_16")
        picture(exchange).save(folder / f"{exchange.name}.png", optimize=True)
        print(f"{folder / exchange.name}.flac .png")
    return 0


def recording(exchange: Exchange, seed: int) -> Samples:
    """Somebody in a quiet room says the wake word and asks; float32 mono at RATE_Hz."""
    parts = [
        silence(LEAD_ms),
        speech(WAKE_WORD, exchange.voice),
        silence(PAUSE_ms),
        speech(f"{exchange.heard}?", exchange.voice),
        silence(TAIL_ms),
    ]
    sound = np.concatenate(parts)
    room = np.random.default_rng(seed).normal(0, ROOM_LEVEL, len(sound))
    return (sound + room).astype(np.float32)


def speech(text: str, voice: str, words_per_minute: int = 160, pitch: int = 50) -> Samples:
    """`text` without the silence that espeak-ng puts around it; `pitch` is espeak-ng's, 0..99."""
    wav = subprocess.run(
        [
            *("espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch)),
            *("-z", "--stdin", "--stdout"),
        ],
        input=text.encode(),
        capture_output=True,
        check=True,
    ).stdout
    sound, rate_Hz = soundfile.read(io.BytesIO(wav), dtype="float32")
    sound = soxr.resample(sound, rate_Hz, RATE_Hz)
    loud = np.flatnonzero(np.abs(sound) > 0.005)
    spoken: Samples = sound[loud[0] : loud[-1] + 1] * (SPEECH_PEAK / np.abs(sound).max())
    return spoken


def silence(length_ms: int) -> Samples:
    return np.zeros(length_ms * RATE_Hz // 1_000, np.float32)


def picture(exchange: Exchange) -> Image.Image:
    """Cards on a table, seen from above."""
    scene = Image.new("RGB", SIZE_px, exchange.table)
    emoji = {thing.name: thing.emojis[0] for thing in printed()}
    for thing, x, y, edge, turn in exchange.cards:
        lay(
            scene,
            card(emoji[thing], round(edge * SIZE_px[1])).rotate(turn, Image.Resampling.BICUBIC, True),
            x,
            y,
        )
    return scene


def card(emoji: str, edge_px: int) -> Image.Image:
    """A white card with rounded corners and a pictogram, RGBA."""
    held = Image.new("RGBA", (edge_px, edge_px))
    ImageDraw.Draw(held).rounded_rectangle((0, 0, edge_px - 1, edge_px - 1), edge_px // 12, "#fbfaf7")
    glyph_px = round(edge_px * GLYPH_OF_CARD)
    glyph = draw_noto(emoji).resize((glyph_px, glyph_px), Image.Resampling.LANCZOS)
    held.alpha_composite(glyph, ((edge_px - glyph_px) // 2, (edge_px - glyph_px) // 2))
    return held


def lay(scene: Image.Image, held: Image.Image, x: float, y: float) -> None:
    """Put a card, with its shadow, centred on (x, y) of the scene."""
    left, top = round(x * scene.width - held.width / 2), round(y * scene.height - held.height / 2)
    shape = Image.new("L", scene.size)
    shape.paste(held.getchannel("A"), (left + SHADOW_px // 2, top + SHADOW_px))
    shadow = shape.filter(ImageFilter.GaussianBlur(SHADOW_px)).point(lambda level: level * 2 // 5)
    scene.paste("#1a1612", (0, 0), shadow)
    scene.paste(held, (left, top), held)
