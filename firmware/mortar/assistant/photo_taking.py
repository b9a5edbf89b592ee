"""What becomes of a photo once the eye has taken it: it is kept, told of and described."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mortar.assistant import troubles
from mortar.assistant.album import Album
from mortar.assistant.port import Port
from mortar.assistant.steps import Steps
from mortar.assistant.turn import Turn
from mortar.clock import Moment
from mortar.errors import MortarError
from mortar.languages import Language
from mortar.messages import Ask
from mortar.photos import Photo

log = logging.getLogger(__name__)


class PhotoTaking:
    def __init__(
        self, port: Port, steps: Steps, album: Album, language: Language, moment: Callable[[], Moment]
    ) -> None:
        self._port = port
        self._steps = steps
        self._album = album
        self._language = language
        self._moment = moment

    def taken(self, turn: Turn | None, file: str, now_ms: float) -> None:
        """Its file is on the disk. It is kept though its turn be over; else `turn` tells and describes it."""
        try:
            self._album.keep(Photo(file, self._moment()))
        except MortarError as error:
            log.error("%s", error)
            if turn is not None:
                self._steps.trouble(turn, troubles.not_kept(error), now_ms)
            return
        self._port.emit("photo", now_ms, file=file)
        if turn is None:
            return
        turn.photo = file
        self._steps.say(turn, self._language.say("photos.taken"), now_ms)
        asked = self._language.say("questions.describe")
        if not self._port.send("language", Ask(turn.number, asked, look=True)):
            self._steps.trouble(turn, troubles.of_death("language"), now_ms)

    def described(self, turn: Turn, file: str, description: str, now_ms: float) -> None:
        try:
            self._album.describe(file, description)
        except MortarError as error:
            self._steps.trouble(turn, troubles.not_kept(error), now_ms)
