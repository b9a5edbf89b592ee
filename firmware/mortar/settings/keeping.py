"""What is kept and fetched, and how processes are watched."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mortar.settings.section import Section

MOST_PHOTOS = 10_000


class Tracing(Section, frozen=True):
    runs: Annotated[int, Meta(ge=0, le=1_000)] = 50
    """How many of the last turns are kept as traces, for `mortar status --run N`: stages, times, messages.
    Their user alone can read them. 0 keeps none, and removes what there is."""
    text: bool = True
    """Keep with them what was heard and answered. Without, a trace cannot be replayed. Older traces keep
    their words until newer ones replace them; `runs = 0` for one start removes them."""
    sound: bool = False
    """Keep with them the sound of each spoken question, 16 kHz mono. See [runs.md](runs.md)."""
    pictures: bool = False
    """Keep with them each picture that a question was about."""


class Photos(Section, frozen=True):
    keep: Annotated[int, Meta(ge=1, le=MOST_PHOTOS)] = 200
    """How many photos are kept; the oldest leave first, with what was said of them."""


class Models(Section, frozen=True):
    hub: str = "https://huggingface.co"
    """Where `mortar models pull` gets models: an address under which REPOSITORY/resolve/REVISION/FILE is
    answered as Hugging Face does. A mirror is held to the same checksums."""
    patience_s: Annotated[float, Meta(ge=0.1, le=600)] = 30.0
    """How long a hub may send nothing before it is asked again; after six times that file is given up."""
    trial_s: Annotated[float, Meta(ge=1, le=3_600)] = 300.0
    """How long a model that was just fetched may take to answer once, before it is installed."""


class Supervision(Section, frozen=True):
    restarts: Annotated[int, Meta(ge=1, le=100)] = 5
    """Deaths of one process within `restart_window_s` before it is given up."""
    restart_window_s: Annotated[int, Meta(ge=1, le=3_600)] = 60
    """Window in which deaths are counted."""
    stop_grace_ms: Annotated[int, Meta(ge=100, le=60_000)] = 2_000
    """Time a process has to end when told to, before it is killed."""
