"""A supervisor as a program: prints its events as JSON lines."""

import asyncio
import json
import sys

from mortar.messages import Event
from mortar.settings import RunOptions, Settings, Supervision
from mortar.supervisor.supervisor import Supervisor
from mortar.supervisor.table import Stage, Table
from supervisor.rig import row

TABLE = Table(
    (
        row("ears", "serving", Stage.INPUT),
        row("eye", "holding", Stage.INPUT),
        row("assistant", "serving"),
    ),
    links=(("assistant", "ears"), ("assistant", "eye")),
)


def show(event: Event) -> None:
    print(json.dumps({"event": event.event, **event.data}), flush=True)


if __name__ == "__main__":
    settings = Settings(supervisor=Supervision(stop_grace_ms=500))
    asyncio.run(Supervisor(settings, RunOptions(), show, table=TABLE).run())
    assert "numpy" not in sys.modules
