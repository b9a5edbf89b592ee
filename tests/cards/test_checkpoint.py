"""A run on disk is carried on as it was, and another begins with what it learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the tools extra (make setup-tools)")

from mortar.errors import UsageError  # noqa: E402
from mortar_tools.cards.things import SIZES  # noqa: E402
from mortar_tools.cards.training import checkpoint  # noqa: E402
from mortar_tools.cards.training.recipe import Recipe, read  # noqa: E402


@pytest.fixture
def recipe() -> Recipe:
    """The recipe, with one thin layer of everything."""
    whole = read("small")
    thin = replace(whole.shape, vision_layers=1, vision_width=32, vision_heads=1, vision_mlp=32)
    return replace(whole, shape=replace(thin, layers=1, width=32, heads=1, mlp=32))


def step(run: checkpoint.Run) -> None:
    """Move every weight a little."""
    for parameter in run.model.parameters():
        parameter.grad = torch.ones_like(parameter)
    run.optimiser.step(1e-2)
    run.step += 1
    run.seconds += 60
    run.pictures += 5


def test_a_run_carries_on_where_it_stopped(recipe: Recipe, tmp_path: Path) -> None:
    """Two steps with a stop between them end where two steps without one end."""
    run = checkpoint.start(recipe)
    step(run)
    checkpoint.save(run, tmp_path)
    again = checkpoint.resume(recipe, tmp_path)
    assert (again.step, again.seconds, again.pictures) == (1, 60, 5)
    step(run)
    step(again)
    for name, value in run.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name]), name


def test_what_is_known_is_found_by_name(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Things and words that moved in their tables keep what was learned of them; new ones start anew."""
    old = checkpoint.start(recipe)
    step(old)
    checkpoint.save(old, tmp_path)
    names = checkpoint.class_names()
    monkeypatch.setattr(checkpoint, "class_names", lambda: [names[0], "something new", *names[1:-1]])
    new = checkpoint.start_from(recipe, checkpoint.path_of(tmp_path, recipe.size))
    assert (new.step, new.seconds, new.pictures) == (0, 60, 5), "the time goes on, the steps begin anew"
    assert torch.equal(new.model.patch_head.weight[2:], old.model.patch_head.weight[1:-1])
    assert torch.equal(new.model.patch_head.weight[0], old.model.patch_head.weight[0])
    assert not torch.equal(new.model.patch_head.weight[1], old.model.patch_head.weight[1])
    assert torch.equal(new.model.vision.patch.weight, old.model.vision.patch.weight)


def test_fewer_layers_begin_with_the_first_ones(recipe: Recipe, tmp_path: Path) -> None:
    """Which is how the small size begins: every weight that it has, the large one has too."""
    deep = replace(recipe, shape=replace(recipe.shape, layers=2, vision_layers=3))
    old = checkpoint.start(deep)
    step(old)
    checkpoint.save(old, tmp_path)
    new = checkpoint.start_from(recipe, checkpoint.path_of(tmp_path, recipe.size))
    for name, value in new.model.state_dict().items():
        assert torch.equal(value, old.model.state_dict()[name]), name


def test_the_small_size_is_the_base_with_fewer_layers() -> None:
    small, base = read("small"), read("base")
    assert small.begins_with == "base" and base.begins_with is None
    deeper = replace(small.shape, layers=base.shape.layers, vision_layers=base.shape.vision_layers)
    assert deeper == base.shape != small.shape


def test_a_missing_checkpoint_is_said_in_a_line(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no checkpoint"):
        checkpoint.resume(recipe, tmp_path)


@pytest.mark.parametrize("size", SIZES)
def test_the_rate_rises_and_falls_to_nothing(size: str) -> None:
    how = read(size).training
    assert how.rate(0) < how.rate(how.warmup_steps) <= how.learning_rate
    assert how.rate(how.steps) == 0
