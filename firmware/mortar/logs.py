"""Python's log on standard error, for whoever looks into Mortar: MORTAR_LOG=info, or debug, which is a lot.

Without it only warnings of Mortar's own are seen there, as Python does by itself.
"""

from __future__ import annotations

import logging
import os

from mortar.errors import UsageError

VARIABLE = "MORTAR_LOG"

LEVELS = ("debug", "info", "warning", "error")


def begin() -> None:
    """For this process and those forked from it. Raises UsageError where there is no such level."""
    level = os.environ.get(VARIABLE, "")
    if not level:
        return
    if level not in LEVELS:
        what, do = f"there is no {VARIABLE}={level}", f"choose one of: {', '.join(LEVELS)}"
        raise UsageError("log-level-unknown", what, do)
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
