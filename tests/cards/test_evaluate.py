"""The whole evaluation: what is asked, what shuffling takes away, and the command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("cv2", reason="scenes are drawn with the tools extra")

from mortar.commands.describe import DESCRIBE
from mortar.errors import MortarError, UsageError
from mortar_tools.cards.answerers.answer import Answer
from mortar_tools.cards.evaluate import main
from mortar_tools.cards.evaluate.exam import Exam, Sheet, examine, sheets, shuffled
from mortar_tools.cards.evaluate.results import control_figures, figures
from mortar_tools.cards.language import interview
from mortar_tools.cards.language.nouns import by_class
from mortar_tools.cards.language.questions import Kind
from mortar_tools.cards.things import UNKNOWN, unknown
from mortar_tools.cards.world import art
from mortar_tools.cards.world.pool import truth_of
from mortar_tools.cards.world.scene import SPLITS, draw

SEED = 3


class Oracle:
    """Knows every sheet by its picture, and guesses the same whenever it was shown another."""

    def __init__(self, paper: Sequence[Sheet]) -> None:
        self._known = {sheet.picture.tobytes(): self._answers(sheet) for sheet in paper}

    @staticmethod
    def _answers(sheet: Sheet) -> dict[str, str]:
        seen = ", ".join(by_class()[kind].listed(n) for kind, n in sheet.present.items())
        return {DESCRIBE: f"I see {seen}."} | {turn.question: turn.answer for turn in sheet.turns}

    def answer(self, image: Image.Image, questions: Sequence[str]) -> list[Answer]:
        known = self._known[image.tobytes()]
        return [Answer(known.get(question, "I see a cat."), 1.0, 4) for question in questions]


@pytest.fixture(scope="module")
def paper(work: Path) -> list[Sheet]:
    return list(sheets(SPLITS["test"][:120], None, SEED, work))


def taken(paper: Sequence[Sheet], asked: Iterator[Sheet] | Sequence[Sheet]) -> Exam:
    return examine({"oracle": Oracle(paper)}, asked, len(paper), "oracle")["oracle"]


def test_who_knows_everything_is_right_about_everything(paper: list[Sheet]) -> None:
    value = {figure.name: figure.value for figure in figures(taken(paper, paper), SEED)}
    assert value["objects_f1"] == value["unknown_card_f1"] == 1.0
    assert {value[name] for name in value if name.endswith("accuracy") or "exact" in name} == {1.0}
    assert value["calibration_error"] == value["count_error_mean"] == 0.0


def test_every_kind_of_question_is_asked(paper: list[Sheet]) -> None:
    assert {turn.kind for sheet in paper for turn in sheet.turns} == set(Kind)


def test_with_pictures_shuffled_even_the_oracle_has_to_guess(paper: list[Sheet]) -> None:
    """It answers for the picture that it is shown, which is another scene's."""
    value = {figure.name: figure.value for figure in control_figures(taken(paper, shuffled(paper)), SEED)}
    assert value["shuffled_objects_f1"] < 0.2
    assert value["shuffled_describe_exact"] < 0.2
    assert value["shuffled_answer_accuracy"] < 0.2


def test_a_sheet_depends_on_its_own_number_and_the_seed(work: Path) -> None:
    """Whatever else is asked before it, and how many scenes there are."""
    first, *_ = sheets(SPLITS["test"][5:6], None, SEED, work)
    later = list(sheets(SPLITS["test"][3:7], None, SEED, work))[2]
    assert first.turns == later.turns and first.picture.tobytes() == later.picture.tobytes()
    other, *_ = sheets(SPLITS["test"][5:6], None, SEED + 1, work)
    assert other.picture.tobytes() == first.picture.tobytes() and other.turns != first.turns


def named_in(question: str, words: Sequence[str]) -> set[str]:
    return {word for word in words if re.search(rf"\b{word}s?\b", question.lower())}


def test_words_of_an_evaluation_were_never_taught(work: Path, paper: list[Sheet]) -> None:
    """And words kept for it are never asked after in training."""
    kept = [word.name for word in unknown().kept_words]
    taught = [word.name for word in unknown().taught_words]
    assert not set(kept) & set(taught)
    asked = [turn.question for sheet in paper for turn in sheet.turns if turn.kind == Kind.UNKNOWN]
    assert asked and all(named_in(question, kept) for question in asked)
    assert not any(named_in(question, taught) for question in asked)
    rng = np.random.default_rng(0)
    truth = truth_of(draw(SPLITS["train"][0], work=work))
    training = [
        turn.question for _ in range(400) for turn in interview(rng, truth, 6) if turn.kind == Kind.UNKNOWN
    ]
    assert training and not any(named_in(question, kept) for question in training)


@pytest.mark.parametrize("kept", [False, True])
def test_pictures_of_an_evaluation_were_never_taught(work: Path, tmp_path: Path, kept: bool) -> None:
    """Training draws its unknown cards without the kept pictures, and an evaluation without the others."""
    forbidden = unknown().taught_pictures if kept else unknown().kept_pictures
    codes = {art.code_of(picture) for picture in forbidden}
    with np.load(work / "art.npz") as stored:
        pictograms = {key for key in stored.files if key.startswith(f"{art.PRINTED_STYLE}/")}
        left = {key for key in pictograms if key.partition("/")[2] not in codes}
        assert len(left) == len(pictograms) - len(codes)
        np.savez(tmp_path / "art.npz", **{key: stored[key] for key in left})
    seeds = SPLITS["test" if kept else "train"][:150]
    seen = [thing for seed in seeds for thing in draw(seed, kept=kept, work=tmp_path).seen]
    assert sum(thing.thing == UNKNOWN for thing in seen) > 3


def test_the_command_gives_a_json_line_a_figure(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through the shipped files. The pictograms here are plain discs, so the values say nothing."""
    assert main(["--n", "3", "--json", "--work", str(work)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"objects_f1", "answer_accuracy", "unseen_style_f1", "shuffled_objects_f1"} <= {
        line["name"] for line in lines
    }
    for line in lines:
        low, high = line["interval"]
        assert low <= line["value"] <= high and line["n"] > 0 and line["seed"] == 0


def test_the_command_writes_a_report(work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every picture that it shows is there, and small enough to be committed."""
    pytest.importorskip("matplotlib", reason="plots come with the tools extra")
    out = tmp_path / "made" / "here"
    assert main(["--n", "3", "--out", str(out), "--work", str(work)]) == 0
    report = (out / "report.md").read_text()
    assert "`models/cards`" in report, "where the repository lies is nobody's business"
    shown = re.findall(r"\]\((\w+\.svg)\)", report)
    assert len(shown) == 6
    for name in shown:
        assert 1_000 < (out / name).stat().st_size < 150_000
    figures = json.loads((out / "figures.json").read_text())["figures"]
    assert all(f"`{figure['name']}`" in report for figure in figures if "shuffled" not in figure["name"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--n", "1"], "scenes"),
        (["--n", "0"], "scenes"),
        (["--seed", "-1"], "scenes"),
        (["--n", "600000", "--seed", "5"], "scenes"),
        (["--model", "no-such-folder"], "no-such-folder"),
        (["--out", "/dev/null/report"], "/dev/null/report"),
    ],
)
def test_what_cannot_be_done_is_one_line(work: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(MortarError, match=said) as raised:
        main(["--n", "3", "--work", str(work), *arguments])
    assert "\n" not in str(raised.value)


def test_without_pictograms_it_says_how_to_fetch_them(tmp_path: Path) -> None:
    with pytest.raises(MortarError, match="mortar tools make art"):
        main(["--work", str(tmp_path)])


@pytest.mark.parametrize("arguments", [["--size", "huge"], ["--backend", "crystal-ball"], ["--n", "many"]])
def test_a_wrong_option_names_the_right_ones(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert arguments[1] in capsys.readouterr().err


@pytest.mark.parametrize("how", [["--backend", "torch"], ["--compare"]])
def test_a_missing_checkpoint_is_one_line(work: Path, how: list[str]) -> None:
    pytest.importorskip("torch", reason="checkpoints come with the tools extra")
    with pytest.raises(UsageError, match="train"):
        main(["--n", "3", "--work", str(work), *how])


def test_only_files_of_the_same_checkpoint_are_compared(work: Path, tmp_path: Path) -> None:
    """The shipped files are of a long training, and this checkpoint of none."""
    pytest.importorskip("torch", reason="checkpoints come with the tools extra")
    from mortar_tools.cards.training import checkpoint, recipe

    checkpoint.save(checkpoint.start(recipe.read("base")), tmp_path)
    (tmp_path / "art.npz").symlink_to(work / "art.npz")
    with pytest.raises(MortarError, match="the checkpoint has 0"):
        main(["--n", "3", "--compare", "--work", str(tmp_path)])
