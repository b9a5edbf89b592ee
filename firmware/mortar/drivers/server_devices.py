"""The microphone and the speaker of this process on the sound server, with or without echo cancellation."""

from __future__ import annotations

import logging
import os

from mortar.drivers import echo
from mortar.drivers.sound_server import Endpoint, SoundServer, SoundServerFailed, sound_server
from mortar.settings import Microphone, Speaker

log = logging.getLogger(__name__)

AUTO = "auto"


class ServerMicrophone:
    """Chosen for this process: what records through the server from now on records from it.

    Raises LookupError where there is no microphone at all, SoundServerFailed where the server fails.
    """

    def __init__(
        self, server: SoundServer, microphone: Endpoint, settings: Microphone, speaker: Speaker
    ) -> None:
        self._server = server
        self._settings = settings
        self.endpoint = microphone
        self.name = microphone.name
        self.cancels_echo = False
        if settings.echo_cancellation == AUTO:
            self._cancel_echo(microphone, speaker)
        # The default one is left to the server, which moves us to the next when one is plugged.
        is_ours = settings.device != AUTO or self.cancels_echo
        _pin("PULSE_SOURCE", self.endpoint.name if is_ours else None)

    def _cancel_echo(self, microphone: Endpoint, speaker: Speaker) -> None:
        played_on = _meant(_others(self._server.sinks()), speaker.device)
        if played_on is None:
            return  # nothing sounds: nothing echoes
        try:
            self.endpoint = echo.without_echo(self._server, microphone, played_on)
            self.cancels_echo = True
        except SoundServerFailed as error:
            log.warning("no echo cancellation: %s", error.what)

    async def until_removed(self) -> None:
        """The server would hand us the echo of a speaker when the last microphone goes."""

        def is_there() -> bool:
            sources = self._server.sources()
            if self.cancels_echo:
                return any(source.name == echo.SOURCE for source in sources)
            return _meant(_others(sources), self._settings.device) is not None

        await self._server.while_there(is_there)

    def close(self) -> None:
        if self.cancels_echo:
            echo.remove(self._server)


def server_microphone(settings: Microphone, speaker: Speaker) -> ServerMicrophone | None:
    """None where no sound server runs, or the device that is meant is none of its own."""
    server = sound_server()
    if server is None:
        return None
    microphone = _meant(_others(server.sources()), settings.device)
    if microphone is None and settings.device == AUTO:
        raise LookupError("there is none")
    return ServerMicrophone(server, microphone, settings, speaker) if microphone is not None else None


def server_speaker(settings: Speaker) -> Endpoint | None:
    """The same of the speaker: what this process plays through the server from now on plays there."""
    server = sound_server()
    if server is None:
        return None
    sinks = server.sinks()
    cancelling = next((sink for sink in sinks if sink.name == echo.SINK), None)
    speaker = cancelling or _meant(_others(sinks), settings.device)
    if speaker is None and settings.device == AUTO:
        raise LookupError("there is none")
    is_ours = settings.device != AUTO or cancelling is not None
    _pin("PULSE_SINK", speaker.name if speaker is not None and is_ours else None)
    return speaker


def echo_sink_is_there() -> bool:
    """Whether the microphone's owner has put echo cancellation between us and the speaker."""
    server = sound_server()
    return server is not None and any(sink.name == echo.SINK for sink in server.sinks())


def names(kind: str) -> list[str]:
    """Of the server's "input" or "output" devices; none where no server runs."""
    server = sound_server()
    if server is None:
        return []
    return [held.name for held in _others(server.sources() if kind == "input" else server.sinks())]


def _others(endpoints: list[Endpoint]) -> list[Endpoint]:
    """The real ones that are not our own."""
    return [held for held in endpoints if held.is_real and held.name not in (echo.SOURCE, echo.SINK)]


def _meant(endpoints: list[Endpoint], wanted: str) -> Endpoint | None:
    """`endpoints` begin with the default one."""
    fitting = (held for held in endpoints if wanted == AUTO or wanted.casefold() in held.name.casefold())
    return next(fitting, None)


def _pin(variable: str, name: str | None) -> None:
    """Tell the server's library (libpulse) which device this process means."""
    if name is not None:
        os.environ[variable] = name
    else:
        os.environ.pop(variable, None)
