"""The whole way: a tiny model is measured, a budget spent on it, a file written and compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("gguf", reason="quantising comes with the tools extra")
pytest.importorskip("matplotlib", reason="plots come with the tools extra")

import gguf

from mortar import resources
from mortar.errors import MortarError, UsageError
from mortar_tools.fake_model.command import write
from mortar_tools.fake_model.weights import Kind
from mortar_tools.quantise import budgets, command, speed
from mortar_tools.quantise.command import main
from mortar_tools.quantise.hierarchy import Tier, mean_bits
from mortar_tools.quantise.kinds import BY_NAME, PROBE
from mortar_tools.quantise.marks import Measure, difference
from mortar_tools.quantise.papers import Examiner, of_text
from mortar_tools.quantise.sensitivity import Found, Search, trials_at_most
from mortar_tools.quantise.source import Source, language_of, opened
from mortar_tools.quantise.trials import Trials
from real_models.small import small

from .conftest import PLANTED

# Some hundred files are made and measured, which takes a while where the processor is busy.
pytestmark = pytest.mark.timeout(600)

N = 4
"""Pieces of text."""


@pytest.fixture(scope="module")
def trials(float_file: Path, text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Trials:
    to_decide, _ = of_text(text_file, float_file, N)
    folder = tmp_path_factory.mktemp("trials")
    examiner = Examiner(to_decide, float_file, folder / "deciding")
    return Trials(opened(float_file), examiner, folder, lambda: None)


@pytest.fixture(scope="module")
def found(trials: Trials) -> Found:
    return Search(trials, seed=0).find()


@pytest.fixture(scope="module")
def source(trials: Trials) -> Source:
    return trials.source


def test_every_tier_is_measured_and_no_more_than_was_said(found: Found, source: Source) -> None:
    assert {one.tier for one in found.measured} == set(Tier)
    assert len(found.measured) <= trials_at_most(source.matrices)
    assert not any(one.divergence.value < 0 for one in found.measured)


def test_what_a_block_does_is_what_its_modules_do_together(found: Found) -> None:
    """And a group's what its blocks do: shares are handed down, nothing is lost or made up."""
    whole = {
        tier: sum(damage[PROBE] for _, damage in found.damages[tier] if PROBE in damage) for tier in Tier
    }
    assert whole[Tier.BLOCK] == pytest.approx(whole[Tier.GROUP])
    assert whole[Tier.MODULE] == pytest.approx(whole[Tier.GROUP])


def test_the_matrix_that_bears_the_least_gets_the_most_bits(found: Found, source: Source) -> None:
    """More than any other matrix of any block."""
    bought = budgets.buy(found, budgets.of_bits(source, 4.6), Tier.MODULE)
    assert bought is not None
    bits = {name: kind.bits for name, kind in bought.kinds.items() if name.startswith("blk.")}
    planted = bits.pop(PLANTED)
    assert planted > max(bits.values())


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("bits", [2.7, 4.0, 5.5, 8.0])
def test_no_tier_spends_more_than_the_budget(found: Found, source: Source, bits: float, tier: Tier) -> None:
    bought = budgets.buy(found, budgets.of_bits(source, bits), tier)
    assert bought is not None and mean_bits(source.matrices, bought.kinds) <= bits
    eight = {one.name: BY_NAME["q8_0"] for one in source.matrices}
    most = round(source.size_bytes(eight) * bits / 8.5)
    bought = budgets.buy(found, budgets.of_bytes(source, most), tier)
    assert bought is not None and source.size_bytes(bought.kinds) <= most


def test_more_bits_do_less_damage_when_it_is_measured(found: Found, trials: Trials) -> None:
    """The float model's own distribution is met ever more nearly."""
    apart = []
    for bits in (2.7, 4.5, 8.4):
        bought = budgets.buy(found, budgets.of_bits(trials.source, bits), Tier.MODULE)
        assert bought is not None
        apart.append(trials.marks(bought.kinds).value(Measure.DIVERGENCE))
    assert apart[0] > apart[1] > apart[2] > 0
    assert trials.examiner.float_marks.value(Measure.DIVERGENCE) == pytest.approx(0, abs=1e-9)


def test_a_file_does_not_differ_from_itself(trials: Trials) -> None:
    """And of two that differ the interval holds the difference."""
    marks, whole = trials.marks({PLANTED: BY_NAME["q2_k"]}), trials.examiner.float_marks
    for measure in Measure:
        same = difference("same", marks, marks, measure, seed=0)
        assert (same.value, *same.interval) == (0, 0, 0)
        apart = difference("apart", marks, whole, measure, seed=0)
        assert apart.interval[0] <= apart.value <= apart.interval[1]


def test_the_file_that_is_written_keeps_to_the_budget_and_the_page_shows_the_front(
    float_file: Path, text_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page, eight = tmp_path / "small.gguf", tmp_path / "page", float_file.stat().st_size // 4
    arguments = ["--text", str(text_file), "--n", str(N), "--out", str(out), "--report", str(page), "--json"]
    assert main([str(float_file), "--budget-bytes", str(eight), *arguments]) == 0
    assert out.stat().st_size <= eight
    assert len({one.tensor_type for one in gguf.GGUFReader(out).tensors}) > 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["name"] for row in rows} == {f"{one}{more}" for one in Measure for more in ("", "_more")}
    sizes = {row["file"]: row["size_bytes"] for row in rows if "size_bytes" in row}
    assert sizes[out.name] == out.stat().st_size
    assert sizes[float_file.name] == float_file.stat().st_size
    assert {path.name for path in page.iterdir()} == {
        "front.md",
        "front.jsonl",
        "front.svg",
        "sensitivity.svg",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page", "small.gguf"]


def test_another_family_with_rows_of_64_and_96_is_quantised_too(text_file: Path, tmp_path: Path) -> None:
    """Kinds that need 256 in a row are left out; the output matrix of its own is a module like others."""
    folder = tmp_path / "model"
    write(folder, "smolvlm-256m", small("smolvlm-256m"), Kind.F16)
    out = tmp_path / "small.gguf"
    arguments = ["--text", str(text_file), "--n", "2", "--bits", "5", "--out", str(out)]
    assert main([str(folder), *arguments]) == 0
    source = opened(language_of(folder))
    written = {one.name: one.tensor_type for one in gguf.GGUFReader(out).tensors}
    kinds = {one.name: BY_NAME[written[one.name].name.lower()] for one in source.matrices}
    assert mean_bits(source.matrices, kinds) <= 5
    assert {kind.block for kind in kinds.values()} <= {1, 32}


def test_a_budget_of_time_is_spent_and_what_came_of_it_is_timed(
    float_file: Path,
    text_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Generous enough that any machine keeps to it, however busy: no time is asserted."""
    monkeypatch.setattr(command, "require_quiet", lambda: None)
    monkeypatch.setattr(speed, "ROUNDS", 2)
    out = tmp_path / "quick.gguf"
    arguments = ["--text", str(text_file), "--n", "2", "--out", str(out), "--json"]
    assert main([str(float_file), "--budget-speed", "50", *arguments]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["name"], last["unit"], last["n"]) == ("decode_ratio", "ratio", 2)
    assert 0 < last["spread"][0] <= last["value"] <= last["spread"][1]
    assert out.exists()


def refused(*arguments: object) -> UsageError:
    with pytest.raises(UsageError) as caught:
        main([str(one) for one in arguments])
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_budget_that_nothing_fits_is_told_before_anything_is_measured(
    float_file: Path, text_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "small.gguf"
    error = refused(float_file, "--text", text_file, "--bits", 1.5, "--out", out)
    assert error.code == "budget-too-small" and "2.625 bits" in str(error)
    assert not list(tmp_path.iterdir())


def test_a_text_that_is_too_short_is_said(float_file: Path, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("a few words")
    error = refused(float_file, "--text", tmp_path / "short.txt", "--bits", 5, "--out", tmp_path / "o.gguf")
    assert error.code == "text-too-short"


def test_a_model_that_nothing_is_known_about_wants_a_text(float_file: Path, tmp_path: Path) -> None:
    error = refused(float_file, "--bits", 5, "--out", tmp_path / "o.gguf")
    assert error.code == "nothing-to-measure-on" and "--text" in str(error)


def test_a_gguf_that_is_no_language_model_is_said(text_file: Path, tmp_path: Path) -> None:
    """A vision encoder is in floats, too, and llama.cpp would even quantise it."""
    path, out = resources.bundled_model() / "vision-mmproj-f16.gguf", tmp_path / "o.gguf"
    with pytest.raises(MortarError, match="CLIP cannot be used as main model") as caught:
        main([str(path), "--text", str(text_file), "--bits", "5", "--out", str(out)])
    assert caught.value.code == "language-model-unusable" and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [[], ["--bits", "4"], ["--out", "o.gguf"]])
def test_a_budget_without_a_file_is_not_guessed_at(float_file: Path, arguments: list[str]) -> None:
    assert refused(float_file, *arguments).code == "quantise-what"


def test_a_folder_that_is_not_there_is_said_at_once(float_file: Path, tmp_path: Path) -> None:
    error = refused(float_file, "--bits", 5, "--out", tmp_path / "no" / "o.gguf")
    assert error.code == "out-unusable"
