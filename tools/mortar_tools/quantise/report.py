"""What people and programs are told of it: tables, JSON lines, a page with plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec
from rich.markup import escape
from rich.table import Table

from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.quantise.front import Candidate, Comparison
from mortar_tools.quantise.marks import POINTS, Measure, figure
from mortar_tools.quantise.sensitivity import Sensitivity
from mortar_tools.quantise.source import Source
from mortar_tools.quantise.study import Study

UNITS = {Measure.LOSS: "nats/token", Measure.DIVERGENCE: "nats/token", Measure.EXACT: "share"}
HEAD = (
    "file",
    "bytes",
    "loss",
    "divergence",
    "exact, %",
    "mixed: bytes",
    "loss",
    "divergence",
    "exact, points",
)
"""The last three: how much more the file by hierarchy has."""

SHOWN = (Measure.LOSS, Measure.DIVERGENCE, Measure.EXACT)
"""In the order of HEAD."""

ABOUT = """Loss and divergence from the float model are in nats a token. Beside each file stands what the
hierarchy makes of as many bytes, and how much more it has of each. Intervals are of 95 %, bootstrapped over
scenes; of a difference, paired. Nothing was decided by these scenes."""


def lines(found: Sequence[Candidate], pairs: Sequence[Comparison], seed: int) -> list[dict[str, object]]:
    """One a figure."""
    rows: list[dict[str, object]] = []
    for one in found:
        about = {"file": one.name, "family": one.family.value, "size_bytes": one.size_bytes}
        for measure in Measure:
            rows.append(_line(measure, figure(one.name, one.marks, measure, seed), about))
    for pair in pairs:
        about = {"file": pair.candidate.name, "minus": pair.other.name}
        for measure, held in zip(SHOWN, (pair.loss, pair.divergence, pair.exact), strict=True):
            rows.append(_line(measure, held, about, more=True))
    return rows


def of_sensitivity(found: Sequence[Sensitivity]) -> list[dict[str, object]]:
    """One a measurement: how much more the loss is, and the divergence, with one part at one kind."""
    rows: list[dict[str, object]] = []
    for one in found:
        about = {"part": one.part.name, "tier": one.tier.value, "kind": one.kind.name}
        rows.append(_line(Measure.DIVERGENCE, one.divergence, about))
        rows.append(_line(Measure.LOSS, one.loss, about, more=True))
    return rows


def _line(measure: Measure, held: Figure, about: dict[str, object], more: bool = False) -> dict[str, object]:
    """`more`: it is a difference."""
    name = f"{measure}_more" if more else measure.value
    return {**asdict(held), "name": name, "unit": UNITS[measure], **about}


def cells(study: Study, pairs: Sequence[Comparison]) -> list[list[str]]:
    """Rows of HEAD: every file that is not by hierarchy, and how that beside it differs."""
    beside = {pair.other.name: pair for pair in pairs}
    rows = []
    for one in study.baselines:
        loss, divergence, exact = (figure(one.name, one.marks, each, study.seed) for each in SHOWN)
        row = [f"{one.name}, {one.family}", f"{one.size_bytes}"]
        row += [_said(loss, 4), _said(divergence, 4), _said(exact, 1, POINTS)]
        if pair := beside.get(one.name):
            row.append(f"{pair.candidate.size_bytes}")
            row += [_said(pair.loss, 4), _said(pair.divergence, 4), _said(pair.exact, 1, POINTS)]
        rows.append(row + [""] * (len(HEAD) - len(row)))
    return rows


def _said(held: Figure, digits: int, scale: float = 1.0) -> str:
    low, high = (f"{end * scale:.{digits}f}" for end in held.interval)
    return f"{held.value * scale:.{digits}f} [{low}, {high}]"


def about(study: Study) -> str:
    """What it was measured on."""
    return f"{len(study.measuring.paper)} {study.measuring.paper.name}"


def table(study: Study, pairs: Sequence[Comparison]) -> Table:
    """For people."""
    found = Table(title=about(study), box=None, header_style="dim")
    for name in HEAD:
        found.add_column(name, no_wrap=True)
    for row in cells(study, pairs):
        found.add_row(*map(escape, row))
    return found


def spent(source: Source, one: Candidate) -> str:
    """A file by hierarchy, in a line: what it has spent on what."""
    assert one.bought is not None
    numbers: Counter[str] = Counter()
    for matrix in source.matrices:
        numbers[one.bought.kinds[matrix.name].name] += matrix.numbers
    whole = sum(numbers.values())
    kinds = ", ".join(f"{n / whole:.0%} {name}" for name, n in numbers.most_common())
    bits, tier = source.mean_bits(one.bought.kinds), one.bought.tier
    found = ", ".join(f"{apart:.5f} {each} by {each}" for each, apart in one.decided.items())
    return (
        f"{one.name}: {one.size_bytes} bytes, {bits:.2f} bits a number, decided {tier} by {tier} ({kinds}). "
        f"Divergence expected {one.bought.damage:.5f}, found {found}"
    )


def page(folder: Path, command: str, study: Study, pairs: Sequence[Comparison]) -> None:
    """Write front.md, front.jsonl and the plots."""
    from mortar_tools.quantise import plot

    mixed = list({pair.candidate.name: pair.candidate for pair in pairs}.values())
    every, measured = [*study.baselines, *mixed], study.found.measured
    plot.save(plot.front(every, study.seed), folder / "front.svg")
    plot.save(plot.sensitivity(measured), folder / "sensitivity.svg")
    rows = [*lines(every, pairs, study.seed), *of_sensitivity(measured)]
    (folder / "front.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    head = "\n".join([f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"])
    body = "\n".join(f"| {' | '.join(row)} |" for row in cells(study, pairs))
    parts = [
        "# What a byte of the language model buys",
        f"`{command}`: {about(study)}. {ABOUT}",
        f"{head}\n{body}",
        "![Quality against size](front.svg)",
        "The files by hierarchy:",
        "\n".join(f"- {spent(study.source, one)}" for one in mixed),
        "![What each part bears](sensitivity.svg)",
    ]
    (folder / "front.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
