"""Misses and false accepts of one word, at one sensitivity and as a curve."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mortar.runtimes.wake_words import WakeWord
from mortar_tools.cards.evaluate.figures import Figure, Z, share_figure
from mortar_tools.session import RATE_Hz
from mortar_tools.wake.corpus import NEGATIVES, Kind
from mortar_tools.wake.sayings import FEMALE
from mortar_tools.wake.score import BLOCK, Said, Scored, Track

SENSITIVITIES = tuple(round(0.05 * step, 2) for step in range(21))


@dataclass(frozen=True)
class Heard:
    """The whole corpus, heard."""

    said: tuple[Said, ...]
    tracks: tuple[tuple[Kind, Track], ...]
    """Of sound without the word."""

    @classmethod
    def of(cls, scored: Sequence[Scored]) -> Heard:
        said = tuple(one for held in scored for one in held.said)
        return cls(said, tuple((held.part.kind, held.track) for held in scored if not held.said))

    def of_kind(self, kind: Kind) -> tuple[Said, ...]:
        return tuple(one for one in self.said if one.kind is kind)

    def hours(self, kinds: Sequence[Kind] = NEGATIVES) -> float:
        blocks = sum(len(track) for kind, track in self.tracks if kind in kinds)
        return blocks * BLOCK / RATE_Hz / 3_600

    def false_accepts(self, cutoff: float, cooldown_ms: int, kinds: Sequence[Kind] = NEGATIVES) -> int:
        tracks = (track for kind, track in self.tracks if kind in kinds)
        return sum(accepts(track, cutoff, cooldown_ms) for track in tracks)


@dataclass(frozen=True)
class Point:
    """Of the curve."""

    sensitivity: float
    cutoff: float
    misses: Figure
    false_accepts: Figure
    """An hour."""
    near_misses: Figure | None
    """Share heard; None for a word that has none."""

    @property
    def figures(self) -> list[Figure]:
        near = [self.near_misses] if self.near_misses else []
        return [self.misses, self.false_accepts, *near]


def accepts(track: Track, cutoff: float, cooldown_ms: int) -> int:
    """How often the ears would wake: as the probability rises over the cutoff, out of the cooldown."""
    cooldown = cooldown_ms * RATE_Hz // 1_000 // BLOCK
    count, deaf_until = 0, 0
    above = np.concatenate([[False], track >= cutoff])
    for block in np.flatnonzero(above[1:] & ~above[:-1]):
        if block >= deaf_until:
            count, deaf_until = count + 1, int(block) + cooldown
    return count


def rate_figure(name: str, count: int, hours: float, seed: int) -> Figure:
    """Events an hour with Byar's approximation of the Poisson 95 % interval; n is in minutes."""
    low = count * (1 - 1 / (9 * count) - Z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    above = count + 1
    high = above * (1 - 1 / (9 * above) + Z / (3 * math.sqrt(above))) ** 3
    interval = (round(low / hours, 4), round(high / hours, 4))
    return Figure(name, round(count / hours, 4), round(hours * 60), seed, interval)


def curve(heard: Heard, word: WakeWord, cooldown_ms: int, seed: int) -> list[Point]:
    """A point for each of SENSITIVITIES."""
    wakes, near, hours = heard.of_kind(Kind.WAKE), heard.of_kind(Kind.NEAR), heard.hours()
    points = []
    for sensitivity in SENSITIVITIES:
        cutoff = word.at(sensitivity).cutoff
        missed = [one.probability < cutoff for one in wakes]
        taken = [one.probability >= cutoff for one in near]
        count = heard.false_accepts(cutoff, cooldown_ms)
        points.append(
            Point(
                sensitivity,
                round(cutoff, 4),
                share_figure(f"missed_at_{sensitivity:g}", missed, seed),
                rate_figure(f"false_accepts_per_hour_at_{sensitivity:g}", count, hours, seed),
                share_figure(f"near_misses_heard_at_{sensitivity:g}", taken, seed) if taken else None,
            )
        )
    return points


def figures(heard: Heard, word: WakeWord, cooldown_ms: int, seed: int) -> Iterator[Figure]:
    """At the word's cutoff: misses by noise and voice, false accepts by kind of sound."""
    wakes = heard.of_kind(Kind.WAKE)
    groups = {
        "missed": wakes,
        **{f"missed_{snr_dB}_dB": [one for one in wakes if one.snr_dB == snr_dB] for snr_dB in _snrs(wakes)},
        "missed_male_voices": [one for one in wakes if one.snr_dB is not None and not _is_female(one)],
        "missed_female_voices": [one for one in wakes if one.snr_dB is not None and _is_female(one)],
    }
    for name, group in groups.items():
        if group:
            yield share_figure(name, [one.probability < word.cutoff for one in group], seed)
    if near := heard.of_kind(Kind.NEAR):
        yield share_figure("near_misses_heard", [one.probability >= word.cutoff for one in near], seed)
    for label, kinds in {"": NEGATIVES, **{f"_{kind}": (kind,) for kind in NEGATIVES}}.items():
        if hours := heard.hours(kinds):
            count = heard.false_accepts(word.cutoff, cooldown_ms, kinds)
            yield rate_figure(f"false_accepts_per_hour{label}", count, hours, seed)


def _snrs(wakes: Sequence[Said]) -> list[int]:
    return sorted({one.snr_dB for one in wakes if one.snr_dB is not None}, reverse=True)


def _is_female(said: Said) -> bool:
    return said.voice.endswith(FEMALE)
