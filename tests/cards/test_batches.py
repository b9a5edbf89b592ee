"""Training batches: what is looked at twice is asked about once, with both looks before the question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the tools extra (make setup-tools)")

from mortar_tools.cards.training.batches import batches  # noqa: E402
from mortar_tools.cards.training.model import Cards  # noqa: E402
from mortar_tools.cards.training.recipe import Recipe, Stage, read  # noqa: E402
from mortar_tools.cards.training.train import losses  # noqa: E402
from mortar_tools.cards.world import pool  # noqa: E402

STAGE = Stage(10, pictures=4, talked_about=4, tower_learns=False, projector_learns=False)


@pytest.fixture(scope="module")
def drawn(work: Path) -> Path:
    """A pool of each kind, of a few scenes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "CHUNK", 8)
        for afar in (False, True):
            folder = pool.folder_of(work, afar)
            folder.mkdir(exist_ok=True)
            pool.draw_chunk(folder, 0, work, afar)
    return work


def recipe(closeups: float) -> Recipe:
    """The recipe with one stage and one thin layer of everything."""
    whole = read("small")
    thin = replace(whole.shape, vision_layers=1, vision_width=32, vision_heads=1, vision_mlp=32)
    training = replace(whole.training, stages=(replace(STAGE, closeups=closeups),))
    return replace(whole, shape=replace(thin, layers=1, width=32, heads=1, mlp=32), training=training)


@pytest.mark.parametrize(("closeups", "looks"), [(0.0, 1), (1.0, 2)])
def test_each_look_has_its_tokens_in_the_row(
    drawn: Path, monkeypatch: pytest.MonkeyPatch, closeups: float, looks: int
) -> None:
    monkeypatch.setattr(pool, "CHUNK", 8)
    made = recipe(closeups)
    batch = next(batches(drawn, made, 0))
    assert batch.looks == looks and len(batch.pictures) == 4 * looks and len(batch.tokens) == 4
    assert batch.packed is not None
    slots = batch.packed.ids[0, int(batch.packed.start[0]) :][: looks * made.shape.image_tokens]
    assert not slots.any(), "image slots are empty until the tower fills them"
    model = Cards(made.shape)
    parts = losses(model, batch, made.training, made.training.stage(0))
    assert set(parts) == {"answer" if looks == 1 else "closer"}
    parts.popitem()[1].backward()
    assert model.language.token_embd.weight.grad is not None
    assert all(weight.grad is None for weight in model.vision.parameters()), "the tower rests"


def test_the_steps_look_closer_as_often_as_the_stage_says(
    drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "CHUNK", 8)
    made = recipe(0.5)
    coming = batches(drawn, made, 0)
    looks = [next(coming).looks for _ in range(40)]
    assert 8 < looks.count(2) < 32
