"""The timeline of an exchange as a picture in the terminal, or as SVG for the docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mortar.assistant.stages import Stage
from mortar.messages import Event

WIDTH = 54
"""Characters of the time axis; with what stands beside it, 80 in all."""

LABEL_WIDTH, NUMBER_WIDTH = 13, 8

COLOURS = {
    Stage.LISTEN: "cyan",
    Stage.UNDERSTAND: "blue",
    Stage.LOOK: "magenta",
    Stage.ANSWER: "yellow",
    Stage.SPEAK: "green",
}

INSTANTS = {"wake": "wake word", "speech_end": "end of speech", "first_sound": "first sound"}


@dataclass(frozen=True)
class Span:
    stage: Stage
    from_ms: float
    to_ms: float


class Gathering:
    """Collects the events of one exchange after the other, each up to its `exchange` event."""

    def __init__(self) -> None:
        self._held: list[Event] = []

    def add(self, event: Event) -> list[Event] | None:
        """The whole exchange, where `event` ends it."""
        self._held.append(event)
        if event.event in ("dropped", "rang"):
            # Nobody asked for that turn. A wake word in it belongs to the turn that it gave way to.
            self._held = [held for held in self._held if held.event == "wake"]
        if event.event != "exchange":
            return None
        whole, self._held = self._held, []
        return whole


def exchanges(events: list[Event]) -> Iterator[list[Event]]:
    gathering = Gathering()
    for event in events:
        if (whole := gathering.add(event)) is not None:
            yield whole


def spans(events: list[Event]) -> list[Span]:
    """Start and end of each stage, in the order in which they began."""
    began: dict[Stage, float] = {}
    found: list[Span] = []
    for event in events:
        name, _, edge = event.event.rpartition("_")
        if name not in COLOURS:
            continue
        stage = Stage(name)
        if edge == "start":
            began[stage] = event.t_ms
        elif edge == "end" and stage in began:
            found.append(Span(stage, began.pop(stage), event.t_ms))
    return sorted(found, key=lambda span: span.from_ms)


def render(events: list[Event]) -> Table:
    """One exchange: a bar per stage, and the instants that people notice."""
    bars = spans(events)
    marks = {event.event: event.t_ms for event in events if event.event in INSTANTS}
    end = events[-1]
    zero_ms = min([span.from_ms for span in bars] + list(marks.values()), default=end.t_ms)
    scale = WIDTH / max(end.t_ms - zero_ms, 1.0)

    said = f"{end.data.get('heard') or 'nothing'} → {end.data.get('answer') or 'nothing'}"
    table = Table(title=escape(said), title_justify="left", box=None, pad_edge=False)
    length_s = f"{(end.t_ms - zero_ms) / 1e3:.2f} s"
    table.add_column("", style="bold", min_width=LABEL_WIDTH, no_wrap=True)
    table.add_column(f"0{length_s:>{WIDTH - 1}}", width=WIDTH, no_wrap=True)
    table.add_column("ms", justify="right", min_width=NUMBER_WIDTH, no_wrap=True)
    for span in bars:
        left = int((span.from_ms - zero_ms) * scale)
        length = max(1, round((span.to_ms - span.from_ms) * scale))
        bar = Text(" " * left).append("█" * min(length, WIDTH - left), style=COLOURS[span.stage])
        table.add_row(span.stage.value, bar, f"{span.to_ms - span.from_ms:.0f}")
    for name, title in INSTANTS.items():
        if name in marks:
            left = min(int((marks[name] - zero_ms) * scale), WIDTH - 1)
            table.add_row(title, Text(" " * left + "▲"), f"at {marks[name] - zero_ms:.0f}")
    return table


def svg(exchange: list[Event], title: str) -> str:
    """One exchange as an SVG picture."""
    console = Console(record=True, width=80, file=StringIO())
    console.print(render(exchange))
    return without_web_fonts(console.export_svg(title=title))


def without_web_fonts(svg: str) -> str:
    """rich's SVG asks a server on the web for its font; any monospaced one does."""
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
