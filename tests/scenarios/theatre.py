"""Which assistant a scenario gets, and how it is played there."""

from __future__ import annotations

import json
from pathlib import Path

from scenarios.script import Scenario, steps_of
from scenarios.stage import Cast, Missed, Stage
from scenarios.steps import STEPS
from scenarios.world import WallClock, built_clock
from virtual_sound import VirtualSound

FIRST_VIEW = ["cat"]

PATIENT = {
    "eye": {"deadline_ms": 60_000},
    "language": {"deadline_ms": 60_000},
    "listen": {"deadline_ms": 60_000, "threads": 1},
    "voice": {"deadline_ms": 60_000},
}
"""Settings of all: a busy computer makes no scenario fail. Threads that wait for a busy core cost more than
they save."""


class Theatre:
    """Gives each scenario its stage: a shared one goes on for as long as those come that agree in their cast
    (and it waits while a fresh one plays)."""

    def __init__(self, folder: Path, sound: VirtualSound) -> None:
        self._folder = folder
        self._variables = sound.environment
        self._library = built_clock(folder)
        self._cache = folder / "cards"
        self._cache.mkdir()
        self._stages = 0
        self._shared: tuple[Cast, Stage] | None = None

    def play(self, file: Path, scenario: Scenario) -> None:
        """Raises Missed, with the step at which it was."""
        stage = self._stage(scenario)
        stage.begin()
        stage.view.show(FIRST_VIEW)
        at, went_well = f"{file.name}, before its first step", False
        try:
            if not (stage.is_on or scenario.off):
                stage.switch_on()
            for step in steps_of(file, scenario):
                at = str(step)
                STEPS[step.name](stage, step.what, **step.more)
            at = f"{file.name}, after its last step"
            if scenario.fresh:
                stage.end()
            else:
                stage.come_to_rest()
            went_well = True
        except Missed as missed:
            raise Missed(f"{at}\n  {missed}\n  the last events:\n{stage.last_events}") from None
        finally:
            if not went_well:
                self._give_up(stage)

    def close(self) -> None:
        """Switch the shared one off, in order. Raises Missed."""
        if self._shared is not None:
            (_, stage), self._shared = self._shared, None
            stage.switch_off()

    def _stage(self, scenario: Scenario) -> Stage:
        cast = cast_of(scenario)
        if not scenario.fresh and self._shared is not None and self._shared[0] == cast:
            return self._shared[1]
        self._stages += 1
        folder = self._folder / str(self._stages)
        clock = WallClock(self._folder / f"{self._stages}.clock", self._library)
        stage = Stage(folder, cast, clock, self._variables, self._cache)
        if not scenario.fresh:
            self.close()
            self._shared = (cast, stage)
        return stage

    def _give_up(self, stage: Stage) -> None:
        stage.close()
        if self._shared is not None and self._shared[1] is stage:
            self._shared = None


def cast_of(scenario: Scenario) -> Cast:
    sections = {
        name: {**PATIENT.get(name, {}), **scenario.settings.get(name, {})}
        for name in {**PATIENT, **scenario.settings}
    }
    lines = [
        line
        for section, held in sections.items()
        for line in (f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in held.items()))
    ]
    return Cast(scenario.pace == "fast", "\n".join(lines), scenario.camera)
