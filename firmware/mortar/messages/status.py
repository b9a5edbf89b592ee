"""Over the status socket: `mortar status`, `mortar press` and the like."""

from __future__ import annotations

from mortar.messages.base import Message
from mortar.messages.supervision import Failure
from mortar.privacy import Closed


class StatusRequest(Message, frozen=True):
    """`mortar status`."""


class StatusReply(Message, frozen=True):
    status: dict[str, object]


class CommandReply(Message, frozen=True):
    """Of a press, or of a typed question: where the assistant does not get it, `why` says why."""

    accepted: bool
    why: str = ""


class Switched(Message, frozen=True):
    """The answer to Switch, once it is in force; `failure` says what went wrong with it all the same."""

    closed: Closed
    failure: Failure | None = None
