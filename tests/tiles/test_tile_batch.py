"""How many tiles a run should take is measured with whole pictures, and kept for this board."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from mortar import resources, settings
from mortar.errors import UsageError
from mortar.runtimes import forms
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.vision import Batches
from mortar_tools.tune import tile_batch
from mortar_tools.tune.tile_batch import measure, quickest
from tiles import graphs
from tiles.parts import PLAIN

PART = msgspec.structs.replace(
    PLAIN, n_tok=graphs.N_TOK, n_embd=graphs.N_EMBD, width_px=graphs.SIDE, height_px=graphs.SIDE
)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelFolder:
    """The bundled one, with no forms of anybody's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return ModelFolder(resources.bundled_model())


def install(model: ModelFolder, batch: int) -> None:
    """A form of another unit than this computer has: what it allows is known, and nothing here runs it."""
    folder = forms.folders(model)[1]
    folder.mkdir(parents=True)
    (folder / "four.rknn").write_bytes(b"four")
    (folder / "vision-four.toml").write_text(
        f'file = "four.rknn"\nsha256 = "{hashlib.sha256(b"four").hexdigest()}"\nsize_bytes = 4\n'
        f'runtime = "rknn"\nrole = "whole"\nprecision = "f16"\nbatch = {batch}\nsoc = "rk3588"\n'
        f'toolkit = "rknn-toolkit2 2.5.0"\nvision_sha256 = "{model.manifest.vision.sha256}"\n'
    )


def test_every_limit_is_measured_as_the_assistant_would_run_it() -> None:
    opened: dict[int, list[graphs.Graph]] = {}

    def open_encoder(limit: int) -> Batches:
        opened[limit] = [graphs.whole(size) for size in (1, 4)]
        return Batches(opened[limit], graphs.N_TOK, graphs.N_EMBD, most=limit)

    ms = measure(open_encoder, [1, 4], PART, n=9, times=3)
    assert {limit: len(took) for limit, took in ms.items()} == {1: 3, 4: 3}
    rounds = 3 + tile_batch.WARM_UP
    assert [graph.runs for graph in opened[1]] == [9 * rounds, 0]
    assert [graph.runs for graph in opened[4]] == [1 * rounds, 2 * rounds]
    assert all(graph.is_closed for each in opened.values() for graph in each)


@pytest.mark.parametrize(
    ("ms", "limit"),
    [
        ({1: [2700.0], 4: [1900.0]}, 4),  # BlueLM-V-3B's NPU: 9 × 300 against 800 + 800 + 300
        ({1: [1000.0, 900.0, 5000.0], 4: [1100.0, 1100.0, 1100.0]}, 1),
        ({1: [900.0], 4: [900.0]}, 1),  # no faster, and more memory
    ],
)
def test_the_quickest_is_chosen(ms: dict[int, list[float]], limit: int) -> None:
    assert quickest(ms) == limit


def test_what_is_found_is_what_the_eye_reads_on_this_board(
    model: ModelFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the real encoder. Which limit is the faster one is the machine's business."""
    monkeypatch.setattr(tile_batch, "require_quiet", lambda: None)  # the machine may be busy with other tests
    install(model, batch=4)
    assert tile_batch.main(["--n", "1", "--tiles", "2", "--json", "--write"]) == 0
    names = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert names == ["tiles_2_in_runs_of_1_ms", "tiles_2_in_runs_of_4_ms"]
    assert settings.load("host").eye.tile_batch in (1, 4)


def test_without_a_form_for_several_tiles_there_is_nothing_to_choose(model: ModelFolder) -> None:
    with pytest.raises(UsageError, match="several tiles in one run"):
        tile_batch.main([])
