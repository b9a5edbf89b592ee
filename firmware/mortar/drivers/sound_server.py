"""The sound server, PulseAudio or PipeWire in its place, asked and told through `pactl`.

Every call is a short process with a limit on its time: a server that hangs holds up nobody for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from mortar.errors import MortarError

ANSWER_S = 3.0
"""A server answers in milliseconds."""

NO_SINK = "auto_null"
"""What servers play on where there is nothing to play on."""


class SoundServerFailed(MortarError):
    def __init__(self, why: str) -> None:
        super().__init__(
            "sound-server-failed",
            f"the sound server does not do what it should ({why})",
            "see `pactl info`, or start the sound server again",
        )


@dataclass(frozen=True)
class Endpoint:
    """A source (microphone) or sink (speaker) of the server."""

    name: str
    rate_Hz: int

    @property
    def is_real(self) -> bool:
        """Not the echo of a speaker (a monitor), and not the stand-in for one that is missing."""
        return not self.name.endswith(".monitor") and self.name != NO_SINK


class SoundServer:
    """Found by `sound_server`. Every method raises SoundServerFailed where the server does not answer."""

    def sources(self) -> list[Endpoint]:
        """Microphones, the default one first."""
        return _default_first(_endpoints("sources"), _pactl("get-default-source"))

    def sinks(self) -> list[Endpoint]:
        """Speakers, the default one first."""
        return _default_first(_endpoints("sinks"), _pactl("get-default-sink"))

    def load(self, module: str, **arguments: str) -> int:
        """Load a module; gives its number."""
        return int(_pactl("load-module", module, *(f"{key}={value}" for key, value in arguments.items())))

    def unload(self, number: int) -> None:
        _pactl("unload-module", str(number))

    def modules(self) -> dict[int, str]:
        """Number → name and arguments of every module that is loaded."""
        rows = (line.split("\t", 1) for line in _pactl("list", "short", "modules").splitlines())
        return {int(number): rest for number, rest in rows}

    def volume_percent(self, sink: str) -> int:
        """Of its first channel, on the scale that people see; `sink` "" is the default one."""
        shown = re.search(r"(\d+)%", _pactl("get-sink-volume", sink or "@DEFAULT_SINK@"))
        if shown is None:
            raise SoundServerFailed("the sink has no volume")
        return int(shown[1])

    def set_volume(self, sink: str, percent: int) -> None:
        _pactl("set-sink-volume", sink or "@DEFAULT_SINK@", f"{percent}%")
        _pactl("set-sink-mute", sink or "@DEFAULT_SINK@", "0")

    async def while_there(self, is_there: Callable[[], bool]) -> None:
        """Return once `is_there` says no, or the server ends. It is asked, in a thread, after each
        change of the microphones."""
        async with contextlib.aclosing(_changes()) as changes:
            async for change in changes:
                if "source" not in change and "server" not in change:
                    continue
                with contextlib.suppress(SoundServerFailed):
                    if await asyncio.to_thread(is_there):
                        continue
                return


def sound_server() -> SoundServer | None:
    """None where no server answers, or `pactl` (Debian: pulseaudio-utils) is not installed."""
    try:
        _pactl("info")
    except MortarError:
        return None
    return SoundServer()


async def _changes() -> AsyncGenerator[str, None]:
    """Lines such as "Event 'remove' on source #3", until the server ends."""
    process = await asyncio.create_subprocess_exec(
        "pactl", "subscribe", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            yield line.decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def _endpoints(kind: str) -> list[Endpoint]:
    """Lines are: number, name, driver, "s16le 2ch 48000Hz", state."""
    rows = (line.split("\t") for line in _pactl("list", "short", kind).splitlines())
    return [Endpoint(row[1], int(row[3].split()[2].removesuffix("Hz"))) for row in rows]


def _default_first(endpoints: list[Endpoint], default: str) -> list[Endpoint]:
    return sorted(endpoints, key=lambda endpoint: endpoint.name != default)


def _pactl(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["pactl", *arguments],
            capture_output=True,
            text=True,
            timeout=ANSWER_S,
            check=False,
            env=_environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SoundServerFailed(str(error)) from None
    if done.returncode:
        raise SoundServerFailed(" ".join(done.stderr.split()))
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    return os.environ | {"LC_ALL": "C"}
