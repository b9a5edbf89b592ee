"""A person's pictures and questions: a folder with pictures and one questions.jsonl or questions.csv.

    {"picture": "robot-1.jpg", "question": "what do you see", "answer": "I see a robot."}

or, with a first line that names the columns,

    picture,question,answer
    robot-1.jpg,what do you see,I see a robot.

A line that cannot be used is left out and told; the others are used.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mortar.drivers.pictures import read_picture
from mortar.errors import MortarError, UsageError

NAMES = ("questions.jsonl", "questions.csv")
COLUMNS = ("picture", "question", "answer")
MOST_CHARACTERS = 300
"""Of a question or an answer: the model's context and its longest answer are short."""
FEWEST_PICTURES = 3
"""One to learn from, one that says when to stop, one to measure on."""


@dataclass(frozen=True)
class Example:
    """A question about a picture, and the answer to be given."""

    picture: Path
    digest: str
    """SHA-256 of the picture's file: the same picture under two names is one."""
    question: str
    answer: str
    line: int
    """Of the list, from 1."""


@dataclass(frozen=True)
class BadLine:
    """A line that was left out."""

    line: int
    """From 1."""
    why: str


@dataclass(frozen=True)
class Split:
    """Examples, no picture of which is in two of the three."""

    train: tuple[Example, ...]
    stop: tuple[Example, ...]
    """Say when it has learned enough."""
    test: tuple[Example, ...]
    """Measured on, before and after, and for nothing else."""


def read(folder: Path) -> tuple[list[Example], list[BadLine]]:
    """What can be used of a folder, and what cannot.

    Raises UsageError where there is no list of questions or two, or where nothing of it can be used.
    """
    path = _listing(folder)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("data-unreadable", f"{path}: {error}", "write it as UTF-8 text") from None
    rows = _from_csv(text) if path.suffix == ".csv" else _from_jsonl(text)
    good: list[Example] = []
    bad: list[BadLine] = []
    for line, row in rows:
        found = row if isinstance(row, str) else _example(folder, row, line)
        if isinstance(found, str):
            bad.append(BadLine(line, found))
        else:
            good.append(found)
    if not good:
        first = f": line {bad[0].line}: {bad[0].why}" if bad else ""
        raise UsageError(
            "data-empty", f"{path} has no line that can be used{first}", "see docs/finetuning.md"
        )
    return good, bad


def split(examples: Sequence[Example], seed: int, test: float = 0.25, stop: float = 0.1) -> Split:
    """By picture, so that nothing is measured on a picture that was learned from.

    Raises UsageError where there are fewer than FEWEST_PICTURES.
    """
    pictures = sorted({one.digest for one in examples})
    if len(pictures) < FEWEST_PICTURES:
        raise UsageError(
            "data-too-little",
            f"{len(pictures)} different pictures are too few to learn from some and measure on others",
            f"give {FEWEST_PICTURES} at least; some dozens are better",
        )
    order = [pictures[place] for place in np.random.default_rng(seed).permutation(len(pictures))]
    n_test, n_stop = (max(1, round(len(order) * share)) for share in (test, stop))
    n_test = min(n_test, len(order) - n_stop - 1)
    parts = set(order[:n_test]), set(order[n_test : n_test + n_stop]), set(order[n_test + n_stop :])
    held, until, taught = (tuple(one for one in examples if one.digest in part) for part in parts)
    return Split(train=taught, stop=until, test=held)


def by_picture(examples: Iterable[Example]) -> dict[Path, list[Example]]:
    """Examples of each picture, the same picture under two names together."""
    first: dict[str, Path] = {}
    found: dict[Path, list[Example]] = {}
    for one in examples:
        found.setdefault(first.setdefault(one.digest, one.picture), []).append(one)
    return found


def _listing(folder: Path) -> Path:
    found = [folder / name for name in NAMES if (folder / name).is_file()]
    if len(found) != 1:
        what = "both lists of questions" if found else f"neither {NAMES[0]} nor {NAMES[1]}"
        raise UsageError("data-missing", f"{folder} has {what}", "give one: see docs/finetuning.md")
    return found[0]


Row = tuple[int, dict[str, Any] | str]
"""Number of a line, and what is in it, or why nothing is."""


def _from_jsonl(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            held = json.loads(line)
        except json.JSONDecodeError as error:
            yield number, f"is no JSON ({error.msg} at column {error.colno})"
            continue
        yield number, held if isinstance(held, dict) else "is no JSON object"


def _from_csv(text: str) -> Iterator[Row]:
    reader = csv.DictReader(text.splitlines(), restkey="more", strict=True)
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        yield 1, f"names no column {' and no column '.join(missing)}"
        return
    try:
        for row in reader:
            yield (
                reader.line_num,
                "has more columns than the first line names" if "more" in row else dict(row),
            )
    except csv.Error as error:
        yield reader.line_num, f"is no CSV ({error})"


def _example(folder: Path, row: dict[str, Any], line: int) -> Example | str:
    """The example of a row, or why it is none."""
    for name in COLUMNS:
        value = row.get(name)
        if not isinstance(value, str) or not value.strip():
            return f"has no {name}"
        if len(value) > MOST_CHARACTERS:
            return f"has {len(value)} characters as {name}, more than {MOST_CHARACTERS}"
    picture = folder / row["picture"]
    if not picture.resolve().is_relative_to(folder.resolve()):
        return f"names a picture outside the folder ({row['picture']})"
    held = _picture(picture)
    if held.problem:
        return held.problem
    return Example(picture, held.digest, row["question"].strip(), row["answer"].strip(), line)


@dataclass(frozen=True)
class _Picture:
    digest: str = ""
    problem: str = ""


@cache
def _picture(path: Path) -> _Picture:
    """A picture's hash, or what is wrong with it; looked at once, however many questions it has."""
    try:
        read_picture(path)
    except MortarError as error:
        return _Picture(problem=f"names a picture that cannot be used: {error.what}")
    return _Picture(digest=hashlib.sha256(path.read_bytes()).hexdigest())
