"""The size of a chunk is chosen by what was measured, and is what the language brick then reads in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("tomlkit", reason="tuning comes with the tools extra")

from language.simulated import SimulatedModel
from mortar import settings
from mortar.errors import UsageError
from mortar.runtimes.interfaces import Abilities
from mortar_tools.tune import language
from mortar_tools.tune.keep import write
from mortar_tools.tune.language import Reading, best, figures, measure, read
from mortar_tools.tune.restoring import LENGTHS_TOK


def readings(rates: dict[int, float]) -> dict[int, list[Reading]]:
    return {size: [Reading(rate, 1.0)] * 3 for size, rate in rates.items()}


def test_the_smallest_that_is_fast_enough_is_chosen() -> None:
    found = readings({16: 50.0, 32: 80.0, 64: 95.0, 128: 100.0, 256: 99.0})
    assert best(found, 0.1) == 64
    assert best(found, 0.0) == 128
    assert best(found, 0.3) == 32


def test_an_outlier_does_not_choose() -> None:
    """By the median."""
    found = readings({16: 50.0, 64: 100.0})
    found[16][0] = Reading(1000.0, 1.0)
    assert best(found, 0.1) == 64


def test_each_size_reads_all_of_it_in_such_chunks() -> None:
    """A clock that counts what the model has read stands for the time."""
    model = SimulatedModel(Abilities(True, True, True))
    reading = read(model, list(range(50)), 16, lambda: float(model.read_tok))
    assert (model.read_tok, reading.longest_ms) == (50, 16.0)
    assert reading.tok_per_s == pytest.approx(1000.0)
    assert all(len(found) == 2 for found in measure(model, (16, 64), 100, 2).values())


def test_what_is_written_is_what_the_brick_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside what was measured of the eye."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    write("tile_batch", 2, "host")
    write("chunk_tok", 64, "host", section="language")
    held = settings.load("host")
    assert (held.language.chunk_tok, held.eye.tile_batch) == (64, 2)


def test_the_command_measures_the_bundled_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two figures a size, one for each length of a prompt's begin, and the choice in the settings."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(language, "require_quiet", lambda: None)
    assert language.main(["--n", "1", "--json", "--write"]) == 0
    names = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert len(names) == 2 * len(language.SIZES_TOK) + len(LENGTHS_TOK)
    assert settings.load("host").language.chunk_tok in language.SIZES_TOK


def test_the_plot_is_saved(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots come with the tools extra")
    from mortar_tools.tune import chunk_plot

    found = readings({16: 50.0, 64: 100.0})
    chunk_plot.save(found, 64, "a model", tmp_path / "chunks.svg")
    chunk_plot.save_figures(figures(found), tmp_path / "chunks.jsonl")
    assert "<svg" in (tmp_path / "chunks.svg").read_text()
    assert len((tmp_path / "chunks.jsonl").read_text().splitlines()) == 4


def test_numbers_that_measure_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="--n"):
        language.main(["--n", "0"])
