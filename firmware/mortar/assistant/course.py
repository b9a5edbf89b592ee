"""A turn's way through its stages: which may follow which, and what is told of it."""

from __future__ import annotations

import logging

from mortar.assistant.mouth import Mouth
from mortar.assistant.port import Port
from mortar.assistant.stages import MAY_FOLLOW, Stage
from mortar.assistant.turn import Turn
from mortar.messages import Scalar

log = logging.getLogger(__name__)


class Course:
    def __init__(self, port: Port, mouth: Mouth) -> None:
        self._port = port
        self._mouth = mouth

    def begin(self, turn: Turn, stage: Stage, now_ms: float) -> None:
        """Refused and logged where `stage` may not follow."""
        if stage is not Stage.LOOK:
            if turn.stage not in MAY_FOLLOW[stage]:
                log.error("refused: %s after %s", stage, turn.stage)
                return
            turn.stage = stage
        turn.open.add(stage)
        event = f"{stage}_start"
        self._port.emit(event, now_ms)
        if not (turn.tentative or turn.takes_note):  # for a note the earcon has sounded already
            self._mouth.chime(event, turn.number)

    def end(self, turn: Turn, stage: Stage, now_ms: float, **data: Scalar) -> None:
        turn.open.discard(stage)
        self._port.emit(f"{stage}_end", now_ms, **data)

    def end_all(self, turn: Turn, now_ms: float) -> None:
        for stage in list(turn.open):
            self.end(turn, stage, now_ms)
