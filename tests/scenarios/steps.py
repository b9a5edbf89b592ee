"""The steps of scenarios: what is done, and what must be heard, seen and stored.

A function each: it gets the stage, what the file gives to the step, and what stands beside that. Patterns are
regular expressions for the whole text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from scenarios.stage import Missed, Stage, matches, shown
from scenarios.world import fill_disk

Row = Mapping[str, object]


# --- what is done ---


def say(stage: Stage, text: str, *, voice: str = "en-us") -> None:
    """Spoken by espeak-ng into the microphone; a "|" is a pause."""
    stage.room.say(text, voice)


def quiet(stage: Stage, seconds: float) -> None:
    """So much time goes by for the ears, and nobody speaks."""
    stage.room.quiet(seconds)


def ask(stage: Stage, text: str) -> None:
    """In writing, `mortar ask`."""
    reply = stage.run.client.ask(text)
    if not reply.accepted:
        raise Missed(f"expected: that it takes the question\n  came: {reply.why}")


def press(stage: Stage, kind: Literal["short", "double", "long"]) -> None:
    """The button, `mortar press`."""
    reply = stage.run.client.press(kind)
    if not reply.accepted:
        raise Missed(f"expected: that the button works\n  came: {reply.why}")


def show(stage: Stage, what: str | list[str]) -> None:
    """To the camera: a list of cards, or what is no picture (`SPOILT` in world.py)."""
    stage.view.show(what)


def kill(stage: Stage, process: str) -> None:
    """SIGKILL."""
    stage.kill(process)


def freeze(stage: Stage, process: str) -> None:
    """It stands still (SIGSTOP) until it is thawed or killed."""
    stage.freeze(process)


def thaw(stage: Stage, process: str) -> None:
    stage.thaw(process)


def microphone(stage: Stage, what: Literal["unplugged", "plugged"]) -> None:
    if what == "plugged":
        stage.room.open()
    else:
        stage.room.unplug()


def disk(stage: Stage, what: Literal["full", "free"]) -> None:
    """For the assistant process, which keeps what must survive."""
    fill_disk(stage.pid("assistant"), what == "full")


def clock(stage: Stage, shown: str) -> None:
    """The wall clock (UTC): set to "2026-12-24 10:00:00", or by "+50 min"."""
    stage.clock.set(shown)


def store(stage: Stage, what: Literal["damaged", "newer", "from before the boot"]) -> None:
    """While it is switched off."""
    {
        "damaged": stage.store.damage,
        "newer": stage.store.make_newer,
        "from before the boot": stage.store.forget_boot,
    }[what]()


def power(stage: Stage, what: Literal["on", "off", "cut"]) -> None:
    """Switched off in order, or SIGKILL for all of it at once."""
    {"on": stage.switch_on, "off": stage.switch_off, "cut": stage.cut_power}[what]()


# --- what must be ---


def heard(
    stage: Stage, answer: str, *, intent: str | None = None, trouble: str | None = None, of: str | None = None
) -> None:
    """The next turn that ends: its answer, what went wrong in it (nothing, where that is not said), and `of`,
    what was heard of the question. An answer must be audible; "" is for where nothing is answered."""
    line = stage.find("exchange")
    wanted = {"answer": answer, "trouble": trouble}
    wanted |= {"intent": intent} if intent is not None else {}
    wanted |= {"heard": of} if of is not None else {}
    if not all(matches(wanted[key], line.get(key) or ("" if key == "answer" else None)) for key in wanted):
        raise Missed(f"expected: {shown({'event': 'exchange', **wanted})}\n  came: {shown(line)}")
    if answer:
        stage.require_audible()


def rings(stage: Stage, text: str) -> None:
    """The next that is said unasked (a round of ringing, what was watched for), once it has ended."""
    line = stage.find("rang")
    if not matches(text, line["answer"]):
        raise Missed(f"expected: {text!r}\n  came: {shown(line)}")
    stage.require_audible()


def seen(stage: Stage, event: str, /, **data: object) -> None:
    """An event of `mortar run --json` that no step has seen before; waits for it."""
    stage.find(event, **data)


def stored(stage: Stage, table: str, *, rows: Sequence[Row]) -> None:
    """All the rows of a table of the store, as far as columns are named."""
    held = stage.store.rows(table)
    is_so = len(held) == len(rows) and all(
        matches(wanted[column], row[column])
        for wanted, row in zip(rows, held, strict=True)
        for column in wanted
    )
    if not is_so:
        raise Missed(f"expected: {table} {list(rows)}\n  came: {held}")


def files(stage: Stage, pattern: str, *, n: int) -> None:
    """How many files of the data folder have such a name ("store.db.damaged-*")."""
    found = sorted(path.name for path in stage.data.glob(pattern))
    if len(found) != n:
        raise Missed(f"expected: {n} of {pattern}\n  came: {found}")


STEPS: dict[str, Callable[..., None]] = {
    step.__name__: step
    for step in (
        *(say, quiet, ask, press, show, kill, freeze, thaw, microphone, disk, clock, store, power),
        *(heard, rings, seen, stored, files),
    )
}
"""By the name that a file calls them."""
