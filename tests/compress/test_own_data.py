"""A person's pictures and questions: what can be used is used, what cannot is told line by line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mortar.errors import UsageError
from mortar_tools.finetune.data import Example, by_picture, read, split


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, all different, and one file that is none."""
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.jpg", "c.png"):
        Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n, cut off")
    return tmp_path


def listed(folder: Path, *rows: object) -> None:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "questions.jsonl").write_text("\n".join(lines), "utf-8")


def row(picture: str, question: str = "what is it", answer: str = "A cat.") -> dict[str, str]:
    return {"picture": picture, "question": question, "answer": answer}


def test_jsonl_and_csv_say_the_same(folder: Path, tmp_path: Path) -> None:
    listed(folder, row("a.png"), row("b.jpg", "what, now", 'It says "no".'))
    from_jsonl, bad = read(folder)
    assert bad == []
    (folder / "questions.jsonl").unlink()
    (folder / "questions.csv").write_text(
        'picture,question,answer\na.png,what is it,A cat.\nb.jpg,"what, now","It says ""no""."\n'
    )
    from_csv, bad = read(folder)
    assert bad == []
    assert [(one.picture, one.question, one.answer) for one in from_csv] == [
        (one.picture, one.question, one.answer) for one in from_jsonl
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{half", "is no JSON"),
        ("[1, 2]", "is no JSON object"),
        ({"picture": "a.png", "question": "what"}, "has no answer"),
        (row("a.png", question="   "), "has no question"),
        (row("a.png", answer="x" * 301), "301 characters as answer"),
        ({**row("a.png"), "answer": 3}, "has no answer"),
        (row("nowhere.png"), "names a picture that cannot be used"),
        (row("broken.png"), "names a picture that cannot be used"),
        (row("questions.jsonl"), "names a picture that cannot be used"),
        (row("../a.png"), "outside the folder"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_left_out(folder: Path, line: object, why: str) -> None:
    listed(folder, row("a.png"), line, row("b.jpg"))
    good, bad = read(folder)
    assert [one.line for one in good] == [1, 3]
    (told,) = bad
    assert told.line == 2 and why in told.why and "\n" not in told.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("picture,question\na.png,what\n", "names no column answer"),
        ("picture,question,answer\na.png,what,A cat.,more\n", "more columns"),
        ("picture,question,answer\na.png,what\n", "has no answer"),
    ],
)
def test_a_table_that_cannot_be_used_is_told(folder: Path, text: str, why: str) -> None:
    (folder / "questions.csv").write_text(text)
    with pytest.raises(UsageError) as told:
        read(folder)
    assert told.value.code == "data-empty" and why in str(told.value)


def test_no_list_and_two_lists_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="neither"):
        read(folder)
    listed(folder, row("a.png"))
    (folder / "questions.csv").write_text("picture,question,answer\n")
    with pytest.raises(UsageError, match="both"):
        read(folder)


def example(picture: str, number: int = 0) -> Example:
    return Example(Path(picture), f"digest of {picture}", "what", f"answer {number}", number)


@given(n=st.integers(3, 60), questions=st.integers(1, 3), seed=st.integers(0, 99))
def test_no_picture_is_in_two_parts_and_none_is_lost(n: int, questions: int, seed: int) -> None:
    """Were one in two, what was learned by heart would be taken for what was understood."""
    examples = [example(f"{number}.png", k) for number in range(n) for k in range(questions)]
    parts = split(examples, seed)
    pictures = [{one.digest for one in part} for part in (parts.train, parts.stop, parts.test)]
    assert all(pictures) and sum(map(len, pictures)) == n == len(set.union(*pictures))
    assert len(parts.train) + len(parts.stop) + len(parts.test) == len(examples)


def test_the_same_picture_under_two_names_is_one() -> None:
    same = [Example(Path(name), "digest", "what", "answer", 1) for name in ("a.png", "copy-of-a.png")]
    assert list(by_picture(same)) == [Path("a.png")]
    with pytest.raises(UsageError) as told:
        split([*same, example("b.png")], seed=0)
    assert told.value.code == "data-too-little"


def test_another_seed_is_another_split() -> None:
    examples = [example(f"{number}.png") for number in range(30)]
    assert split(examples, 1) == split(examples, 1) != split(examples, 2)
