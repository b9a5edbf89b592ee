"""`mortar tools eval echo`: whether the assistant talks to itself, and whether it can be interrupted.

Its own speech comes back into the microphone through a simple room. The real ears, speech to text and
conversation run on that, faster than real time and with no echo cancellation: first alone, then with
people (espeak-ng voices) who say "stop" or the wake word into an answer.
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from mortar import languages, resources
from mortar.assistant import troubles
from mortar.assistant.turn import Turn
from mortar.errors import UsageError
from mortar.runtimes.interfaces import Samples
from mortar_tools import session
from mortar_tools.cards.evaluate.figures import Figure, share_figure
from mortar_tools.echo.engines import Engines, settings
from mortar_tools.echo.loop import Loop
from mortar_tools.echo.room import BLOCK, RATE_Hz, Room, echo_path

LEVELS_dB = (-10.0, -20.0)
"""Of the echo, against a person at the same microphone."""
VOICES = ("en-us", "en-us+m3", "en-gb", "en-gb+m7", "en-gb-scotland", "en-us+m1", "en-us+f2", "en-us+f4")
WAKING = VOICES[:4]
"""Those whose wake word is heard in quiet."""
INTERRUPTIONS = {
    "stop": (("stop",), VOICES),
    "okay_nabu": (("okay nabu",), WAKING),
    "other_words": (("yes", "hello there", "that is nice", "what about this one"), VOICES),
}
"""What is said into an answer, and by whom. Other words should silence nothing."""
INTO_ANSWER_ms = (1_800, 3_500)
"""When people begin to speak, from the first sound of the answer."""
HEARD_WITHIN_ms = 1_000
"""Later than this after the last sound of the word, it was not the word that silenced it."""


@dataclass(frozen=True)
class Count:
    """So many in `minutes` of its own speech."""

    name: str
    value: float
    minutes: float
    seed: int


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mortar tools eval echo", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="own speech at each level (default: 60)")
    parser.add_argument("--n", type=int, default=5, help="interruptions by each voice (default: 5)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    args = parser.parse_args(argv)
    if args.minutes <= 0 or args.n < 1:
        raise UsageError("n-wrong", "there is nothing to measure", "give more --minutes, and --n 1 or more")
    for held in evaluate(args.minutes, args.n, args.seed):
        rest = f"of {held.n}" if isinstance(held, Figure) else f"in {held.minutes:.1f} minutes"
        print(
            json.dumps(held.__dict__) if args.json else f"{held.name:36} {held.value:8.4g}  {rest}",
            flush=True,
        )
    return 0


def evaluate(minutes: float, n: int, seed: int) -> Iterator[Figure | Count]:
    engines = Engines(settings())
    for level_dB in LEVELS_dB:
        yield from _alone(engines, level_dB, minutes, seed)
        yield from _interrupted(engines, level_dB, n, seed)


def _alone(engines: Engines, level_dB: float, minutes: float, seed: int) -> Iterator[Count]:
    """Nobody is there: whatever it wakes at, stops at or understands was itself."""
    loop = _loop(engines, level_dB, seed)
    spoken_blocks = 0
    pressed = 0
    while spoken_blocks * BLOCK < minutes * 60 * RATE_Hz:
        if loop.is_idle and not loop.awaits_follow_up:
            pressed += 1
            loop.press()
        loop.step()
        spoken_blocks += loop.speaks
    heard = [turn for turn in loop.turns if turn.dropped is None and not _is_asked(turn)]
    counts = {
        "self_wakes": len(loop.happened("WakeHeard")),
        "self_stops": len(loop.happened("StopHeard")),
        "self_commands": len(heard),
        "self_holds": len(loop.happened("held")),
        "own_words_dropped": sum(turn.dropped is not None for turn in loop.turns),
        **{name: loop.figures.get(name, 0) for name in ("own_wakes", "own_stops")},
    }
    for name, value in counts.items():
        yield Count(
            f"{name}_{level_dB:+.0f}_dB",
            float(value or 0),
            round(spoken_blocks * BLOCK / RATE_Hz / 60, 2),
            seed,
        )


def _is_asked(turn: Turn) -> bool:
    """By the button: nobody was listened to."""
    return turn.utterance is None and turn.asked


def _interrupted(engines: Engines, level_dB: float, n: int, seed: int) -> Iterator[Figure | Count]:
    drawn = random.Random(seed)
    for what, (words, voices) in INTERRUPTIONS.items():
        waits_ms: list[float] = []
        silenced: list[bool] = []
        loop = _loop(engines, level_dB, seed)
        loop.run(500)
        for voice in voices * n:
            wait_ms = _interruption(loop, _said(drawn.choice(words), voice), drawn.uniform(*INTO_ANSWER_ms))
            silenced.append(wait_ms is not None)
            waits_ms += [wait_ms] if wait_ms is not None else []
        name = f"{what}_{level_dB:+.0f}_dB"
        yield share_figure(f"silenced_by_{name}", silenced, seed)
        if waits_ms:
            yield Count(f"silent_after_ms_{name}", float(np.median(waits_ms)), 0.0, seed)


def _interruption(loop: Loop, speech: Samples, into_ms: float) -> float | None:
    """ms from the end of the word to silence, less than 0 where the answer was held before; None where it
    went on."""
    while not loop.is_idle or loop.awaits_follow_up:
        loop.step()
    loop.press()
    loop.run(into_ms)
    since = loop.position
    loop.person(speech)
    ended = since + len(speech)
    while loop.position < ended + HEARD_WITHIN_ms * RATE_Hz // 1_000 and not loop.happened("hushed", since):
        loop.step()
    hushed = loop.happened("hushed", since)
    silent = min(hushed + loop.happened("held", since), default=since)
    loop.run(2_500)  # what the wake word began ends by itself
    return (silent - ended) * 1_000 / RATE_Hz if hushed else None


def _loop(engines: Engines, level_dB: float, seed: int) -> Loop:
    return Loop(engines, Room(echo_path(level_dB, seed), seed), answers(seed))


def _said(word: str, voice: str) -> Samples:
    return (session.speech(word, voice) * 32_767).astype(np.int16)


def answers(seed: int) -> Iterator[list[str]]:
    """What the assistant might say, without end: three sentences at a time, some with its own commands."""
    drawn, english = random.Random(seed), languages.of()
    with (resources.bundled_model() / "things.toml").open("rb") as file:
        names = [(row["article"], row["name"], row["plural"]) for row in tomllib.load(file)["thing"]]
    fixed = [
        *(held.spoken(english) for held in vars(troubles).values() if isinstance(held, troubles.Trouble)),
        "I am Mortar. I see, hear and speak, and everything stays on this device.",
        "Ask me what do you see, or what time is it.",
        "The bus does not stop here, and that is enough.",
        "Say okay nabu, and then ask what day it is.",
    ]
    for number in cycle(range(1, 61)):
        (a, one, many), (b, other, _), (_, _, more) = drawn.sample(names, 3)
        made = [
            f"I see {a} {one} on the left and {b} {other} on the right.",
            f"There are {number} {more}, and there is {a} {one} between them.",
            f"No, there are more {many} than {more}.",
            f"It is {number} minutes past {drawn.randint(1, 12)}.",
            f"The {other} is at the top, next to the {one}.",
        ]
        yield [drawn.choice(made), drawn.choice(made), drawn.choice(fixed)]
