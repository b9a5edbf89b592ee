"""A model folder's files are enough to train on: torch answers from them as they answer themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="needs the tools extra (make setup-tools)")

from mortar.errors import MortarError  # noqa: E402
from mortar_tools.cards.answerers.greedy import Greedy  # noqa: E402
from mortar_tools.cards.answerers.shipped import Shipped  # noqa: E402
from mortar_tools.cards.language import interview  # noqa: E402
from mortar_tools.cards.things import CARDS  # noqa: E402
from mortar_tools.cards.training import checkpoint, restored  # noqa: E402
from mortar_tools.cards.training.recipe import read  # noqa: E402
from mortar_tools.cards.world.pool import truth_of  # noqa: E402
from mortar_tools.cards.world.scene import SPLITS, draw  # noqa: E402

pytestmark = pytest.mark.timeout(300)

SCENES, QUESTIONS = 8, 4


def test_the_bundled_model_answers_in_torch_as_its_files_do(work: Path) -> None:
    """On scenes of stand-in art. llama.cpp rounds what it multiplies with 4-bit weights, so one answer in
    sixteen may fall the other way where two words are about equally likely."""
    files, ours = Shipped(CARDS), Greedy(restored.restore(CARDS))
    same = []
    for number in SPLITS["valid"][:SCENES]:
        scene = draw(number, work=work)
        turns = interview(np.random.default_rng(number), truth_of(scene), QUESTIONS)
        asked = [turn.question for turn in turns]
        picture = Image.fromarray(scene.picture)
        pairs = zip(files.answer(picture, asked), ours.answer(picture, asked), strict=True)
        same += [one.text == other.text for one, other in pairs]
    assert sum(same) >= len(same) * 15 / 16


def test_training_begins_with_what_a_folder_has_learned() -> None:
    """Every weight but the training heads, which no folder has."""
    recipe = read("base")
    run, held = checkpoint.start_from(recipe, CARDS), restored.restore(CARDS).state_dict()
    assert (run.step, run.pictures > 0) == (0, True)
    for name, values in run.model.state_dict().items():
        if "_head." not in name:
            assert torch.equal(values, held[name]), name
    assert not torch.equal(run.model.patch_head.weight, torch.zeros_like(run.model.patch_head.weight))


def test_training_smaller_sizes_takes_what_fits() -> None:
    """The first layers of a deeper model, as *small* begins with those of *base*."""
    recipe = read("small")
    run, held = checkpoint.start_from(recipe, CARDS), restored.restore(CARDS).state_dict()
    assert torch.equal(run.model.language.blk[1].ffn_up.weight, held["language.blk.1.ffn_up.weight"])


def test_a_model_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    language = restored.read_language(restored.ModelFolder(CARDS))
    monkeypatch.setattr(restored, "read_language", lambda _: replace(language, architecture="gemma"))
    with pytest.raises(MortarError, match="architecture gemma") as told:
        restored.restore(CARDS)
    assert told.value.code == "model-foreign"
