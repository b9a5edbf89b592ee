"""Sounds of a home with nobody speaking, made from random numbers: music-like and household-like.

Float32 mono at RATE_Hz, peaks at most 1. None of it is a recording; it has the spectra and rhythms that
set wake words off, not their every detail.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mortar.runtimes.interfaces import Samples as Recorded
from mortar_tools.session import RATE_Hz, Samples

Rng = np.random.Generator

CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (9, 12, 16), (2, 5, 9))
"""Semitones over the key: I IV V vi ii."""


def noise(
    length: int, rng: Rng, slope_dB: float = 0.0, band_Hz: tuple[float, float] = (20, 8_000)
) -> Samples:
    """Random sound within a band; `slope_dB` an octave tilts it (-3 pink, -6 brown), RMS 0.1."""
    spectrum = np.fft.rfft(rng.normal(0, 1, length))
    at_Hz = np.fft.rfftfreq(length, 1 / RATE_Hz)
    tilt = np.maximum(at_Hz, 20.0) ** (slope_dB / 6.02)
    spectrum *= tilt * ((at_Hz >= band_Hz[0]) & (at_Hz <= band_Hz[1]))
    sound = np.fft.irfft(spectrum, length)
    return np.asarray(sound * (0.1 / (np.sqrt(np.mean(np.square(sound))) + 1e-12)), np.float32)


def music(length: int, rng: Rng) -> Samples:
    """Chords, a melody with vibrato, and drums, at a tempo and in a key of their own."""
    sound = np.zeros(length)
    beat = int(RATE_Hz * 60 / rng.uniform(70, 150))
    key_Hz, brightness = rng.uniform(110, 220), rng.uniform(0.8, 2.0)
    for number, start in enumerate(range(0, length, beat)):
        if number % 4 == 0:
            chord = CHORDS[rng.integers(len(CHORDS))]
            for step in chord:
                _add(sound, start, 0.12 * _tone(_semitones(key_Hz, step), 4 * beat, brightness, 0.6, rng))
        step = chord[rng.integers(3)] + 12 + rng.choice([0, 2, -1])
        lasting = beat * int(rng.choice([1, 2]))
        _add(sound, start, 0.25 * _tone(_semitones(key_Hz, step), lasting, brightness, 0.3, rng))
        _add(sound, start + beat // 2, 0.1 * _struck(noise(beat // 4, rng, 3.0), 0.03))
        if number % 2:
            _add(sound, start, 0.6 * _struck(noise(beat // 2, rng, band_Hz=(200, 6_000)), 0.06))
        else:
            _add(sound, start, _struck(np.sin(2 * np.pi * 55 * np.arange(beat // 2) / RATE_Hz), 0.08))
    return _level(sound)


def household(length: int, rng: Rng) -> Samples:
    """Something that runs, and things that are touched, dropped and shut above it."""
    runs = running(length, rng)
    sound = rng.uniform(0.2, 1.0) * runs.astype(np.float64)
    event: tuple[Callable[[Rng], Samples], ...] = (_clink, _knock, _keys, _rustle, _beeps)
    at = 0
    while (at := at + int(RATE_Hz * rng.exponential(1.2))) < length:
        _add(sound, at, rng.uniform(0.1, 1.0) * event[rng.integers(len(event))](rng))
    return _level(sound)


def running(length: int, rng: Rng) -> Samples:
    """A fan, water, a vacuum cleaner or traffic: steady, one of them by chance."""
    return (_fan, _water, _vacuum, _traffic)[rng.integers(4)](length, rng)


def below(speech: Samples, noise: Samples, snr_dB: float) -> Samples:
    """The noise, its RMS `snr_dB` below that of the speech."""
    level = np.sqrt(np.mean(np.square(speech)) / np.mean(np.square(noise))) / 10 ** (snr_dB / 20)
    return np.asarray(noise * level, np.float32)


def recorded(sound: Samples) -> Recorded:
    """As int16, what is too loud cut."""
    samples: Recorded = np.clip(np.round(sound * 32_767), -32_768, 32_767).astype(np.int16)
    return samples


def _fan(length: int, rng: Rng) -> Samples:
    hum = sum(np.sin(2 * np.pi * 50 * n * np.arange(length) / RATE_Hz) / n for n in (1, 2, 3, 5))
    return np.asarray(noise(length, rng, -3.0) + 0.05 * hum, np.float32)


def _water(length: int, rng: Rng) -> Samples:
    splash = noise(length, rng, band_Hz=(800, 7_000))
    return splash * (1 + 4 * np.abs(noise(length, rng, band_Hz=(1, 12))))


def _vacuum(length: int, rng: Rng) -> Samples:
    turning_Hz = rng.uniform(180, 320) * (1 + 0.1 * np.sin(np.arange(length) / RATE_Hz * rng.uniform(0.5, 2)))
    phase = 2 * np.pi * np.cumsum(turning_Hz) / RATE_Hz
    return np.asarray(noise(length, rng) + 0.05 * sum(np.sin(n * phase) / n for n in range(1, 8)), np.float32)


def _traffic(length: int, rng: Rng) -> Samples:
    return noise(length, rng, -6.0) * (1 + 3 * np.abs(noise(length, rng, band_Hz=(0.05, 1))))


def _clink(rng: Rng) -> Samples:
    length = RATE_Hz // 3
    tones = sum(_tone(rng.uniform(2_000, 7_000), length, 9.0, 0.03, rng) for _ in range(5))
    return np.asarray(0.2 * tones, np.float32)


def _knock(rng: Rng) -> Samples:
    return 4 * _struck(noise(RATE_Hz // 4, rng, -3.0, (40, 900)), 0.03)


def _keys(rng: Rng) -> Samples:
    sound = np.zeros(RATE_Hz)
    for at in rng.integers(0, RATE_Hz, 8):
        _add(sound, int(at), 2 * _struck(noise(RATE_Hz // 20, rng, band_Hz=(1_500, 8_000)), 0.008))
    return sound.astype(np.float32)


def _rustle(rng: Rng) -> Samples:
    length = RATE_Hz * 2 // 3
    crackle = 1 + 9 * np.abs(noise(length, rng, band_Hz=(1, 40)))
    return np.asarray(noise(length, rng, 3.0) * np.hanning(length) * crackle, np.float32)


def _beeps(rng: Rng) -> Samples:
    on, pitch_Hz = RATE_Hz // 6, rng.uniform(800, 3_000)
    beep = np.sin(2 * np.pi * pitch_Hz * np.arange(on) / RATE_Hz) * np.hanning(on)
    return np.asarray(0.3 * np.tile(np.concatenate([beep, np.zeros(on)]), 3), np.float32)


def _semitones(key_Hz: float, steps: float) -> float:
    return key_Hz * float(2 ** (steps / 12))


def _tone(pitch_Hz: float, length: int, brightness: float, decay_s: float, rng: Rng) -> Samples:
    """A struck or blown tone: harmonics that fall with `brightness`, a little vibrato."""
    time_s = np.arange(length) / RATE_Hz
    phase = 2 * np.pi * pitch_Hz * time_s + 0.3 * np.sin(2 * np.pi * rng.uniform(4, 7) * time_s)
    harmonics = range(1, 1 + max(1, min(12, int(7_500 / pitch_Hz))))
    tone = sum(np.sin(n * phase) / n**brightness for n in harmonics)
    return np.asarray(tone * np.minimum(time_s / 0.01, 1) * np.exp(-time_s / decay_s), np.float32)


def _struck(sound: Samples, decay_s: float) -> Samples:
    return np.asarray(sound * np.exp(-np.arange(len(sound)) / RATE_Hz / decay_s), np.float32)


def _add(sound: np.ndarray[tuple[int], np.dtype[np.float64]], at: int, part: Samples) -> None:
    """Put a part into the sound; what reaches beyond its end is cut."""
    room = max(0, len(sound) - at)
    sound[at : at + len(part)] += part[:room]


def _level(sound: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Samples:
    return np.asarray(0.9 * sound / (np.abs(sound).max() + 1e-12), np.float32)
