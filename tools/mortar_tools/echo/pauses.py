"""`mortar tools eval pauses`: how many questions are cut off where a person hesitates inside them.

Questions are drawn from the sentence templates, and parted anywhere between two words. The real ears
and speech to text hear them, block by block; no clock is read.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.progress import track

from mortar.assistant.intents import Understanding
from mortar.runtimes.interfaces import Samples
from mortar.settings import Settings
from mortar_tools import session
from mortar_tools.cards.evaluate.figures import Figure, share_figure
from mortar_tools.echo.engines import Engines
from mortar_tools.echo.loop import Loop
from mortar_tools.echo.room import RATE_Hz, Room, echo_path

PAUSES_ms = (400, 600)
VOICES = ("en-us", "en-us+m3", "en-us+f2", "en-gb", "en-gb+m7")
NO_ECHO_dB = -120.0
SETTLE_ms = 300


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mortar tools eval pauses", description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="questions for each pause (default: 200)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    args = parser.parse_args(argv)
    for held in evaluate(args.n, args.seed):
        low, high = held.interval
        people = f"{held.name:32} {held.value:6.1%}  of {held.n}  ({low:.1%} … {high:.1%})"
        print(json.dumps(held.__dict__) if args.json else people, flush=True)
    return 0


def evaluate(n: int, seed: int) -> Iterator[Figure]:
    """The share that was cut, at each pause."""
    for pause_ms, was_cut in cut_off(n, seed):
        yield share_figure(f"cut_off_at_{pause_ms}_ms_pause", was_cut, seed)


def cut_off(n: int, seed: int) -> Iterator[tuple[int, list[bool]]]:
    """For each pause, which of `n` questions ended in it."""
    engines = Engines(Settings())
    console = Console(stderr=True)
    for pause_ms in PAUSES_ms:
        asked = track(hesitant(n, seed), f"{pause_ms} ms", console=console, disable=not console.is_terminal)
        yield (
            pause_ms,
            [_is_cut(engines, words, VOICES[k % len(VOICES)], pause_ms) for k, words in enumerate(asked)],
        )


def hesitant(n: int, seed: int) -> list[tuple[str, str]]:
    """`n` questions of all intents, each parted in two."""
    sentences: dict[str, list[str]] = {}
    for intent, text in Understanding().sentences(entries=40):
        if " " in text:
            sentences.setdefault(intent, []).append(text)
    drawn = random.Random(seed)
    parted: list[tuple[str, str]] = []
    for intent in drawn.choices(list(sentences), k=n):
        words = drawn.choice(sentences[intent]).split()
        at = drawn.randint(1, len(words) - 1)
        parted.append((" ".join(words[:at]), " ".join(words[at:])))
    return parted


def _is_cut(engines: Engines, words: tuple[str, str], voice: str, pause_ms: int) -> bool:
    """Whether the question ended before its second half was said."""
    first, rest = (_said(part, voice) for part in words)
    loop = Loop(engines, Room(echo_path(NO_ECHO_dB, 0)), iter([["Yes."]] * 2))
    loop.listen()
    loop.run(SETTLE_ms)
    loop.person(np.concatenate([first, np.zeros(pause_ms * RATE_Hz // 1_000, np.int16), rest]))
    resumes = loop.position + len(first) + pause_ms * RATE_Hz // 1_000
    while loop.position < resumes + len(rest) // 2:
        loop.step()
    return bool(loop.happened("SpeechEnded"))


def _said(text: str, voice: str) -> Samples:
    return (session.speech(text, voice) * 32_767).astype(np.int16)
