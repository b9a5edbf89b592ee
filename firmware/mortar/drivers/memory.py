"""Memory that a process may still take: the computer's, or less where a control group limits it."""

from __future__ import annotations

from pathlib import PurePosixPath

from mortar.drivers.kernel import Kernel


def available_bytes(kernel: Kernel) -> int | None:
    """What can be had without swapping, files that are only cached counted as free; None where the kernel
    does not say.

    Linux: MemAvailable of /proc/meminfo, and of every control group around this process (v2) what it may
    still take.
    """
    rooms = [_group_room_bytes(kernel, group) for group in _groups(kernel)]
    if (available_MB := kernel.meminfo_MB("MemAvailable")) is not None:
        rooms.append(available_MB * 2**20)
    return min((room for room in rooms if room is not None), default=None)


def _groups(kernel: Kernel) -> list[PurePosixPath]:
    """This process's control group and those around it, below /sys/fs/cgroup; the line of v2 begins 0::"""
    for line in (kernel.text("proc/self/cgroup") or "").splitlines():
        if line.startswith("0::/"):
            own = PurePosixPath(line.removeprefix("0::/"))
            return [own, *own.parents] if own.parts else [own]
    return []


def _group_room_bytes(kernel: Kernel, group: PurePosixPath) -> int | None:
    """None where nothing limits it."""
    folder = f"sys/fs/cgroup/{group}"
    most, taken = kernel.number(f"{folder}/memory.max"), kernel.number(f"{folder}/memory.current")
    if most is None or taken is None:
        return None
    cached = 0
    for line in (kernel.text(f"{folder}/memory.stat") or "").splitlines():
        name, _, size = line.partition(" ")
        if name in ("active_file", "inactive_file"):
            cached += int(size)
    return max(0, most - taken + cached)
