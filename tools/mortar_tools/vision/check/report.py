"""The page that a check leaves: docs/vision-check."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib

from mortar.runtimes.forms import MOST_LOST
from mortar.runtimes.interfaces import Pixels
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.evaluate.plots import STYLE
from mortar_tools.vision.check import plots
from mortar_tools.vision.check.results import LEAST_COSINE, POINTS, Result

ABOUT = f"""Each compiled form of the vision encoder is shown the same pictures as the reference. Its image
tokens are compared with the reference's by their cosine, and by what the whole model answers when it is given
them instead. A form in floats must reach a mean cosine of {LEAST_COSINE}; one in whole numbers may lose
{MOST_LOST:.0f} point of answer accuracy. An answer counts only if every word of it is right, and the
interval of a difference is a paired bootstrap's of 95 %. Points below zero are gained."""

SIMULATED = """**What the simulator shows.** rknn-toolkit2's simulator refuses a finished `.rknn`. It runs
the graph that the file was made from, built again from the same ONNX file, configuration and calibration
pictures, whose hashes stand beside the file. So figures "by simulator" are of that graph and not of the
file's bytes, and **no board has run it**. How the NPU itself rounds they do not show, nor how fast it is."""


def row(one: Result) -> str:
    """A result as a row of the table."""
    answered = lost = ""
    if one.accuracy is not None and one.lost is not None:
        answered = f"{one.accuracy.value:.1%}"
        low, high = (end * POINTS for end in one.lost.interval)
        lost = f"{one.lost.value * POINTS:.2f} ({low:.2f} to {high:.2f})"
    near = f"{one.nearness.mean:.6f} | {one.nearness.worst:.6f}"
    return f"| `{one.name}` | {one.by} | {near} | {answered} | {lost} | {one.trouble or 'good'} |"


HEAD = """| form | run by | mean cosine | worst token | answers right | points lost | verdict |
|---|---|---|---|---|---|---|"""


def write(
    folder: Path,
    command: str,
    found: Sequence[Result],
    whole: Figure | None,
    mended: Sequence[str],
    pictures: Pixels,
) -> None:
    """Write check.md, check.json and the plots. `whole` is the reference's own accuracy, `mended` what was
    done to forms that were not good enough."""
    drawn = {"cosines": plots.histogram(found), "worst": plots.worst(found, pictures)}
    if whole is not None:
        drawn["accuracy"] = plots.accuracy(found, whole)
    with matplotlib.rc_context(STYLE):
        for name, canvas in drawn.items():
            canvas.savefig(folder / f"{name}.svg", metadata={"Date": None})
    answered = f", which answers {whole.value:.1%} of {whole.n} questions right" if whole else ""
    parts = [
        "# How near the compiled vision encoders are",
        f"`{command}`: {len(pictures)} pictures, against {found[0].against}{answered}.",
        ABOUT,
        SIMULATED,
        "\n".join([HEAD, *map(row, found)]),
        *(f"- {line}" for line in mended),
        *(f"![{name}]({name}.svg)" for name in drawn),
    ]
    (folder / "check.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    lines = "".join(json.dumps(one.as_json()) + "\n" for one in found)
    (folder / "check.json").write_text(lines, encoding="utf-8")
