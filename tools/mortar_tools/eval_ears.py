"""`mortar tools eval ears`: how much of what synthetic voices ask is heard, and what else is rejected.

Questions are drawn from the sentence templates with a seed, spoken by espeak-ng voices in a room with
noise, and recognised by the bundled speech to text. Nobody's real voice is in these figures.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from rich.console import Console
from rich.progress import track

from mortar.assistant.grammar import PRONUNCIATIONS, sentence_grammar
from mortar.assistant.intents import Intent, Understanding
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Samples, SpeechToText
from mortar.runtimes.recorded import transcribe
from mortar.runtimes.wake_words import spoken
from mortar.settings import Ears, Listening
from mortar_tools import session

VOICES = ("en-us", "en-us+m3", "en-us+f2", "en-gb", "en-gb-scotland")
LEAD_ms, TRAIL_ms = 300, 160
"""What the ears leave around a question."""

FOREIGN = (
    "turn on the kitchen lights",
    "yesterday i went to the market",
    "open the garage door",
    "play some music by the beatles",
    "the weather will be fine tomorrow",
    "please call my mother",
    "i would like a table for four",
    "the train leaves from platform nine",
)
"""Sentences that no template has."""


@dataclass(frozen=True)
class Share:
    """A share of `n` sentences, with its 95 % Wilson interval."""

    name: str
    value: float
    n: int
    seed: int
    interval: tuple[float, float]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mortar tools eval ears", description=__doc__)
    parser.add_argument("--n", type=int, default=40, help="questions for each voice (default: 40)")
    parser.add_argument("--snr", type=float, default=30.0, metavar="dB", help="speech over noise")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    args = parser.parse_args(argv)
    for share in evaluate(args.n, args.snr, args.seed):
        low, high = share.interval
        people = f"{share.name:32} {share.value:6.1%}  of {share.n}  ({low:.1%} … {high:.1%})"
        print(json.dumps(share.__dict__) if args.json else people, flush=True)
    return 0


def evaluate(n: int, snr_dB: float, seed: int) -> Iterator[Share]:
    understanding = Understanding()
    wake_phrases = [spoken(word) for word in Ears().wake_words]
    engine = choose.speech_to_text(
        Listening(), partial(sentence_grammar, wake_phrases), PRONUNCIATIONS, should_stop=lambda: False
    )
    drawn = random.Random(seed)
    sentences: dict[str, list[str]] = {}
    for intent, text in understanding.sentences():
        sentences.setdefault(intent, []).append(text)
    intents = list(sentences)
    exact: list[bool] = []
    meant: list[bool] = []
    for voice in VOICES:
        asked = [drawn.choice(sentences[intent]) for intent in drawn.choices(intents, k=n)]
        heard = [_heard(engine, text, voice, snr_dB) for text in _watched(voice, asked)]
        right = [one == other for one, other in zip(asked, heard, strict=True)]
        exact += right
        meant += [
            _meaning(understanding, one) == _meaning(understanding, other)
            for one, other in zip(asked, heard, strict=True)
        ]
        yield share(f"heard_exactly_{voice}", right, seed)
    yield share("heard_exactly", exact, seed)
    yield share("understood", meant, seed)
    others = [
        _heard(engine, text, voice, snr_dB) is None for voice in VOICES for text in _watched(voice, FOREIGN)
    ]
    yield share("foreign_rejected", others, seed)


def share(name: str, right: list[bool], seed: int) -> Share:
    n, p, z = len(right), sum(right) / len(right), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return Share(name, round(p, 4), n, seed, (round(middle - half, 4), round(middle + half, 4)))


def _watched(voice: str, texts: list[str] | tuple[str, ...]) -> Iterator[str]:
    console = Console(stderr=True)
    yield from track(texts, voice, console=console, transient=True, disable=not console.is_terminal)


def _heard(engine: SpeechToText, text: str, voice: str, snr_dB: float) -> str | None:
    return transcribe(engine, _in_room(session.speech(text, voice), snr_dB)).text


def _in_room(speech: session.Samples, snr_dB: float) -> Samples:
    sound = np.concatenate([session.silence(LEAD_ms), speech, session.silence(TRAIL_ms)])
    level = np.sqrt(np.mean(np.square(speech))) / 10 ** (snr_dB / 20)
    noise = np.random.default_rng(len(speech)).normal(0, level, len(sound))
    samples: Samples = np.clip(np.round((sound + noise) * 32_768), -32_768, 32_767).astype(np.int16)
    return samples


def _meaning(understanding: Understanding, text: str | None) -> Intent | None:
    return understanding.understand(text) if text else None
