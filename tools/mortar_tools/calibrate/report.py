"""The page that `--out` writes: what was calibrated, what it is worth, and the plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mortar_tools.calibrate.figures import SHOWN, Figure
from mortar_tools.calibrate.replies import Replies

HEAD = "# What calibrating found\n\n<!-- Written by `{command}`: run it, do not edit. -->\n"


def write(folder: Path, command: str, models: Sequence[Replies], found: Sequence[Figure]) -> None:
    """report.md, beside the plots."""
    held = {one.name: one for one in found}
    names = [model.name for model in models]
    parts = [
        HEAD.format(command=command),
        _told(command, held),
        _worth(names, held),
        _self_tests(names, held),
    ]
    (folder / "report.md").write_text("\n".join(parts), encoding="utf-8")


def _told(command: str, held: Mapping[str, Figure]) -> str:
    n = held["cascade_accuracy"].n
    thresholds = [one for name, one in held.items() if name.endswith("_sure_from")]
    return "\n".join(
        [
            f"`{command}`\n",
            f"Figures are of the {n:,} questions that set no threshold, each about a scene of its own, with",
            "95 % intervals (bootstrap over scenes). Processor time is that of looking and answering,",
            "against the largest model alone.\n",
            "| sure from | | of sure answers |",
            "|---|---|---|",
            *(f"| `{one.name}` | {one.unit} {one.value:.4f} | {one.n} |" for one in thresholds),
            "",
        ]
    )


def _worth(names: Sequence[str], held: Mapping[str, Figure]) -> str:
    rows = [
        "| | answers right | processor time | not sure | wrong of the sure |",
        "|---|---|---|---|---|",
    ]
    subjects = [(f"always {name}", name, f"{name}_alone") for name in names]
    for title, name, doubt in (*subjects, (", then ".join(names), "cascade", "cascade")):
        keys = (f"{name}_accuracy", f"{name}_cpu_ratio", f"{doubt}_not_sure", f"{doubt}_error_if_sure")
        cells = ("1" if key == f"{names[-1]}_cpu_ratio" else _cell(held.get(key)) for key in keys)
        rows.append(f"| {title} | {' | '.join(cells)} |")
    further = ("cascade_escalated", "cascade_parameters_ratio", "not_sure_error")
    rows += ["", *(f"- {held[key].meaning}: {_cell(held[key])}" for key in further if key in held)]
    return "\n".join([*rows, "", "![Answers right over processor time](accuracy.svg)", ""])


def _self_tests(names: Sequence[str], held: Mapping[str, Figure]) -> str:
    rows = [
        "How well each self-test tells wrong answers from right ones, AUROC: 0.5 is chance, 1 is perfect.\n",
        f"| self-test | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for test in SHOWN:
        cells = (_cell(held.get(f"{name}_{test}_auroc")) for name in names)
        rows.append(f"| `{test}` | {' | '.join(cells)} |")
    return "\n".join([*rows, "", "![Share wrong of the answers given, the surest first](risk.svg)", ""])


def _cell(one: Figure | None) -> str:
    if one is None:
        return "–"
    low, high = one.interval
    return f"{one.value:.3f} ({low:.3f} to {high:.3f})"
