"""The two commands from their arguments to a model folder; what is wrong with the arguments is told first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mortar.errors import MortarError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.answerers.shipped import Shipped
from mortar_tools.cards.things import CARDS
from mortar_tools.finetune import command as finetune
from mortar_tools.prune import command as prune

SMALL = CARDS / "small"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--mlp", "0.5"], "prune-out"),
        (["--sweep", "--out", "OUT"], "prune-out"),
        (["--mlp", "0.5", "--out", "OUT", "--minutes", "-1"], "prune-numbers"),
        (["--mlp", "0.5", "--out", str(CARDS)], "out-unusable"),
    ],
)
def test_pruning_that_cannot_begin_is_told(tmp_path: Path, arguments: list[str], code: str) -> None:
    given = [str(tmp_path / "out") if one == "OUT" else one for one in arguments]
    with pytest.raises(MortarError) as told:
        prune.main([str(SMALL), *given])
    assert told.value.code == code and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--rank", "0"], "finetune-numbers"),
        (["--rehearsal", "1"], "finetune-numbers"),
        ([], "data-missing"),
    ],
)
def test_fine_tuning_that_cannot_begin_is_told(tmp_path: Path, arguments: list[str], code: str) -> None:
    required = ["--data", str(tmp_path), "--out", str(tmp_path / "out")]
    with pytest.raises(MortarError) as told:
        finetune.main([str(SMALL), *required, *arguments])
    assert told.value.code == code and not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_pruned_folder_is_smaller_and_answers(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="needs the tools extra (make setup-tools)")
    out = tmp_path / "pruned"
    few = ["--minutes", "0.02", "--scenes", "8", "--n", "3", "--work", str(work), "--json"]
    assert prune.main([str(SMALL), "--out", str(out), "--mlp", "0.5", "--type", "q8_0", *few]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    parameters = {row["step"]: row["value"] for row in rows if row["name"] == "parameters"}
    assert parameters["recovered"] == parameters["pruned"] < parameters["before"]
    changes = [row for row in rows if row["name"] == "exact_answers_change"]
    assert {row["step"] for row in changes} == {"pruned", "recovered"} and all(
        row["n"] == 3 for row in changes
    )
    assert ModelFolder(out).manifest.about["pruned"] == "50% MLP"
    assert answers(out, work)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_fine_tuned_folder_answers(work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Art that any number of discs stands in for teaches nothing: what is held is the way to the folder."""
    pytest.importorskip("torch", reason="needs the tools extra (make setup-tools)")
    from mortar_tools.finetune import lesson

    data, out = tmp_path / "data", tmp_path / "tuned"
    assert lesson.main([str(data), "--n", "6", "--work", str(work)]) == 0
    listing = data / "questions.jsonl"
    listing.write_text("no JSON\n" + listing.read_text())
    few = ["--minutes", "0.05", "--scenes", "4", "--n", "3", "--language-only", "--keep-adapter", "--json"]
    given = [str(SMALL), "--data", str(data), "--out", str(out), "--work", str(work), *few]
    capsys.readouterr()
    assert finetune.main(given) == 0
    told = capsys.readouterr()
    assert "line 1: left out: it is no JSON" in told.err
    names = {json.loads(line)["name"] for line in told.out.splitlines()}
    assert {"own_exact_answers_before", "own_exact_answers_change", "cards_objects_f1_after"} <= names
    assert (out / finetune.ADAPTER).exists() and answers(out, work)


def answers(folder: Path, work: Path) -> bool:
    """Whether the assistant's own way of asking gets words out of a folder."""
    from PIL import Image

    from mortar_tools.cards.world.scene import SPLITS, draw

    picture = Image.fromarray(draw(SPLITS["valid"][0], work=work).picture)
    return all(one.n_tok > 0 for one in Shipped(folder).answer(picture, ["what do you see"]))
