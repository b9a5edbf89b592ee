"""What `mortar status` shows: of each process its state and figures, and the memory of all."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import asdict

from mortar.supervisor.process import Process


def process_report(process: Process, now_ms: float) -> dict[str, object]:
    """State, restarts, placement; of a running process also its job, figures and memory."""
    report: dict[str, object] = {
        "state": process.state,
        "restarts": process.restarts,
        "placement": process.placement,
        "considered": {part: list(map(asdict, places)) for part, places in process.considered.items()},
    }
    life = process.life
    if life is None or life.pid is None:
        return report
    job = life.ladder.job
    return {
        **report,
        "pid": life.pid,
        "job": job.what if job else None,
        "job_ms": round(now_ms - life.ladder.job_began_ms) if job else None,
        "figures": life.figures,
        **memory_report(life.pid),
    }


def own_report(pid: int) -> dict[str, object]:
    """The same of the supervisor and its zygote."""
    return {"state": "ready", "restarts": 0, "pid": pid, **memory_report(pid)}


def memory_report(pid: int) -> dict[str, int]:
    """Source: /proc/PID/smaps_rollup. `pss_kB` counts a page that n processes share as 1/n of one,
    so that it adds up over processes. Empty once the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    sizes = dict(line.split(":", 1) for line in lines)
    return {f"{name.lower()}_kB": int(sizes[name].split()[0]) for name in ("Rss", "Pss")}
