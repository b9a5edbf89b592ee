"""What an evaluation leaves in a folder: figures.json, plots, and a report for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure as Canvas

from mortar_tools.cards.evaluate import plots
from mortar_tools.cards.evaluate.confusion import confusions, name_of, worst
from mortar_tools.cards.evaluate.exam import Exam, Reply
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.evaluate.plots import Curve
from mortar_tools.cards.evaluate.results import CONTROL, MEANINGS
from mortar_tools.cards.things import METRICS

MISTAKES = 15
WRONG_OF_A_KIND = 2
"""Examples in the report."""

CAPTIONS = {
    "kinds": "Each kind of question, and what is right without looking",
    "conditions": "By number of cards, size, light and drawing style",
    "reliability": "Whether confidence says how likely an answer is to be right",
    "risk": "How many answers are wrong if only the surest are given",
    "confusion": "What is taken for what",
    "learning": "How it learned",
}
"""Plot → its caption."""

NOTES = f"""An answer counts only if every word of it is right. Intervals are of 95 %: Wilson's for shares, a
bootstrap over scenes or questions for all others. `{CONTROL}` asks each question about another
scene's picture: a word never taught and what no picture can tell are refused without looking, so
these two stay; all others fall to what guessing gives. `of_`, `size_`, `light_` and `style_` are
groups of scenes; a scene belongs to the size of its smallest card."""

MISTAKES_NOTE = """In descriptions. Where one has several mistakes, nobody knows which word was meant for
which card: they are shared among all, so there are parts of a mistake."""


@dataclass(frozen=True)
class Subject:
    """What the figures are of: the head of a report."""

    model: str
    how: str
    """Options that say who answered."""
    size: str
    n: int
    seed: int

    @property
    def told(self) -> str:
        """The model, and the command that gives these figures."""
        options = f"{self.how} --size {self.size} --n {self.n} --seed {self.seed}"
        return f"Model `{self.model}`: `mortar tools eval cards {options}`"


def figures_json(subject: Subject, found: Sequence[Figure]) -> str:
    """All figures and what they are of, one JSON object."""
    return json.dumps({**asdict(subject), "figures": [asdict(one) for one in found]}, indent=1) + "\n"


def page(parts: Iterable[str]) -> str:
    """Paragraphs as Markdown."""
    return "\n\n".join(parts) + "\n"


def table(found: Sequence[Figure]) -> str:
    """The figures as Markdown, each with its control where it has one."""
    controls = {one.name: one for one in found}
    lines = ["| figure | | value | 95 % interval | n | without looking |", "|---|---|---|---|---|---|"]
    for one in found:
        if one.name.startswith(CONTROL):
            continue
        low, high = one.interval
        control = controls.get(CONTROL + one.name)
        blind = f"{control.value:.3f}" if control else ""
        meaning = MEANINGS.get(one.name, "")
        lines.append(
            f"| `{one.name}` | {meaning} | {one.value:.3f} | {low:.3f} to {high:.3f} | {one.n} | {blind} |"
        )
    return "\n".join(lines)


def mistakes(exam: Exam) -> str:
    """The commonest mistakes as Markdown."""
    rows = worst(confusions(exam.described), MISTAKES)
    lines = ["| there | said | times |", "|---|---|---|"]
    return "\n".join(
        lines + [f"| {name_of(row.there)} | {name_of(row.said)} | {row.times:.1f} |" for row in rows]
    )


def wrong_answers(replies: Sequence[Reply]) -> str:
    """The first wrong answers of each kind as Markdown."""
    shown: Counter[str] = Counter()
    lines = ["| asked | right | said | confidence |", "|---|---|---|---|"]
    for reply in replies:
        turn, answer = reply.turn, reply.answer
        if not reply.right and shown[turn.kind] < WRONG_OF_A_KIND:
            shown[turn.kind] += 1
            lines.append(f"| {turn.question} | {turn.answer} | {answer.text} | {answer.confidence:.3f} |")
    return "\n".join(lines)


def learning_curves(folders: Mapping[str, Path]) -> dict[str, Curve]:
    """Size → how it learned, of the sizes whose folder tells."""
    paths = {size: folder / METRICS for size, folder in folders.items()}
    return {
        size: [json.loads(line) for line in path.read_text().splitlines()]
        for size, path in paths.items()
        if path.exists()
    }


def write(
    folder: Path, subject: Subject, found: Sequence[Figure], exam: Exam, curves: Mapping[str, Curve]
) -> None:
    """Write figures.json, the plots and report.md."""
    by_name = {one.name: one for one in found}
    drawn: dict[str, Callable[[], Canvas]] = {
        "kinds": lambda: plots.kinds(by_name),
        "conditions": lambda: plots.conditions(by_name),
        "reliability": lambda: plots.reliability(exam.replies),
        "risk": lambda: plots.risk(exam.replies),
        "confusion": lambda: plots.confusion(exam.described),
        "learning": lambda: plots.learning(curves),
    }
    with matplotlib.rc_context(plots.STYLE):
        for name, draw in drawn.items():
            draw().savefig(folder / f"{name}.svg", metadata={"Date": None})
    (folder / "figures.json").write_text(figures_json(subject, found))
    parts = (
        "# How good the picture cards' model is",
        subject.told,
        NOTES,
        table(found),
        *(f"![{caption}]({name}.svg)" for name, caption in CAPTIONS.items()),
        "## The commonest mistakes",
        MISTAKES_NOTE,
        mistakes(exam),
        "## Some wrong answers",
        wrong_answers(exam.replies),
    )
    (folder / "report.md").write_text(page(parts))


def write_comparison(folder: Path, subject: Subject, found: Sequence[Figure]) -> None:
    """Write compare.json and compare.md."""
    (folder / "compare.json").write_text(figures_json(subject, found))
    note = "A point is 0.01. The interval of a difference is a paired bootstrap's."
    parts = ("# The same model in different shapes", subject.told, note, table(found))
    (folder / "compare.md").write_text(page(parts))
