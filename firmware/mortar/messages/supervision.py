"""Between the supervisor and its workers, the assistant among them."""

from __future__ import annotations

import msgspec

from mortar.messages.base import Message, Scalar
from mortar.power import Power
from mortar.privacy import Closed, Device
from mortar.settings import RunOptions, Settings
from mortar.slowdowns import Figures

# --- supervisor -> worker ---------------------------------------------------------------------


class Start(Message, frozen=True):
    """First message a worker gets: who it is, and how this run is configured."""

    name: str
    settings: Settings
    run: RunOptions
    restarts: int
    """How often this worker was started before; above 0 it comes back from a death."""
    started_ms: float
    """When this run of Mortar started: the zero of the times that people see."""


class Wire(Message, frozen=True):
    """A new link to `peer`: its socket travels with this message."""

    peer: str
    generation: int


class PeerGone(Message, frozen=True):
    """`peer` has ended for certain (it was reaped): what it held may be reused."""

    peer: str
    generation: int


class LinkLost(Message, frozen=True):
    """Made inside a worker, never sent: the link closed. PeerGone follows once `peer` has ended."""

    peer: str
    generation: int


class Abort(Message, frozen=True):
    """Give up the job: it is past its deadline."""

    job: int


class AllReady(Message, frozen=True):
    """Every process that this run needs has come up (or was given up), this one among them."""


class Stop(Message, frozen=True):
    """End in an orderly way."""


class Privacy(Message, frozen=True):
    """Which devices stay closed from now on; the first one comes right after Start.

    Whoever opens a device opens it only after this has said so, and answers `PrivacyObeyed`. To the
    assistant it is news: it is so.
    """

    closed: Closed
    number: int
    """Counts the changes of a run."""
    trouble: str = ""
    """Code of what went wrong with the last change, where something did."""


class PowerChanged(Message, frozen=True):
    """How much may be done from now on; without one, everything."""

    power: Power


# --- worker -> supervisor ---------------------------------------------------------------------


class Ready(Message, frozen=True):
    """The worker has loaded what it needs and serves."""

    placement: dict[str, str]
    """What runs where, for people: {"vision": "tflite/cpu"}."""


class Considered(msgspec.Struct, frozen=True):
    """A unit that a part could run on."""

    unit: str
    reason: str
    """Why it can be used, or why it cannot."""
    is_usable: bool
    is_used: bool


class Places(Message, frozen=True):
    """The units that were considered for `part`, the best first; comes again when it moves to another."""

    part: str
    considered: list[Considered]


class JobBegan(Message, frozen=True):
    """Work began that must end within `deadline_ms`."""

    job: int
    what: str
    deadline_ms: float


class JobEnded(Message, frozen=True):
    job: int


class Report(Message, frozen=True):
    """Figures for `mortar status`; each replaces what this worker reported before."""

    figures: dict[str, Scalar]


class Failure(Message, frozen=True):
    """Something failed that people should know; the worker says before it ends, or goes on."""

    code: str
    what: str
    do: str
    turn: int | None = None


class Event(Message, frozen=True):
    """A conversation event: stage starts and ends, wake, speech, first sound, done."""

    event: str
    t_ms: float
    data: dict[str, Scalar] = msgspec.field(default_factory=dict)


class PrivacyObeyed(Message, frozen=True):
    """What Privacy `number` closes is closed in this process."""

    number: int


class Finished(Message, frozen=True):
    """The run is over (`--once`, or the recording has ended)."""

    result: dict[str, Scalar | dict[str, str]]
    failure: Failure | None = None


# --- supervisor -> assistant ------------------------------------------------------------------


class Placed(Message, frozen=True):
    """What runs where at present; each replaces the one before it."""

    units: dict[str, str]
    """For people: {"vision": "tflite/cpu"}."""


class GivenUp(Message, frozen=True):
    """The processes that do not come back in this run; each replaces the one before it."""

    processes: list[str]


class Examined(Message, frozen=True):
    """The answer to Examine."""

    turn: int
    figures: Figures


class Press(Message, frozen=True):
    """The button: "short", "double" or "long"."""

    kind: str


class Typed(Message, frozen=True):
    """A question, in writing."""

    text: str


# --- assistant -> supervisor, and over the status socket --------------------------------------


class Switch(Message, frozen=True):
    """Switch a device on or off for privacy."""

    device: Device
    is_on: bool


class Examine(Message, frozen=True):
    """Look how the board and the processes are, for `turn`."""

    turn: int


# --- made inside the assistant, never sent ----------------------------------------------------


class Overdue(Message, frozen=True):
    """Nothing came until the conversation's `deadline_ms`."""


class Notice(Message, frozen=True):
    """People are to hear of a failure that no question has met."""

    failure: Failure


class ThreadLost(Message, frozen=True):
    """The assistant itself died in the middle of a run, and is back."""
