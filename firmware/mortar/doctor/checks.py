"""Every check, in the order in which people read them."""

from __future__ import annotations

from mortar.doctor import board, cascade, devices, engines, gpu, keeping, npu, programs
from mortar.doctor.finding import Check, Examined, Finding

CHECKS: tuple[Check, ...] = (
    programs.python,
    programs.packages,
    engines.speech,
    engines.models,
    engines.seeing,
    cascade.cascade,
    engines.listening,
    engines.heard_words,
    devices.devices,
    devices.permissions,
    devices.sound,
    npu.npu,
    gpu.gpu,
    board.memory,
    board.disk,
    board.temperature,
    board.clocks,
    board.throttling,
    keeping.store,
    keeping.switched_off,
    keeping.clock,
)


def examine(examined: Examined) -> list[Finding]:
    """Takes some seconds: engines are loaded."""
    return [finding for check in CHECKS for finding in check(examined)]
