"""A model of random weights, exported for real: every format says what torch says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="exporting needs the tools extra")
pytest.importorskip("litert_torch", reason="exporting needs the tools extra")
pytest.importorskip("onnxruntime", reason="exporting needs the tools extra")

import jinja2
import torch
from rich.console import Console

from mortar.errors import MortarError
from mortar.runtimes.interfaces import Floats
from mortar.runtimes.manifest import MANIFEST
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards import tokenizer
from mortar_tools.cards.answerers.mtmd import Mtmd, MultimodalModel
from mortar_tools.cards.evaluate.agree import Way, by_torch, least_cosine, ways
from mortar_tools.cards.export import command, language_gguf, manifest, quantise
from mortar_tools.cards.export.loss import Loss, Sitting, measure, sittings
from mortar_tools.cards.export.quantise import EIGHT_BIT, FLOAT32, FOUR_BIT, Type
from mortar_tools.cards.training.batches import IGNORED, pack_row, stack
from mortar_tools.cards.training.checkpoint import Run, start
from mortar_tools.cards.training.recipe import read
from mortar_tools.vision.towers import mmproj

# Importing and running the converters takes most of a minute where the processor is busy.
pytestmark = pytest.mark.timeout(600)

LEAST_COSINE = 0.999
SAME = 4
"""Characters at the beginning of an answer."""
QUESTIONS = ("what do you see", "how many cats are there")


@dataclass(frozen=True)
class Exported:
    run: Run
    folder: Path
    found: list[Sitting]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, work: Path) -> Exported:
    """Every format of a model with one layer each in tower and decoder."""
    recipe = read()
    small = {"vision_width": 64, "vision_heads": 1, "vision_layers": 1, "vision_mlp": 128, "layers": 1}
    shape = replace(recipe.shape, width=256, heads=4, mlp=256, **small)
    run = start(replace(recipe, shape=shape))
    spread(run)
    folder = tmp_path_factory.mktemp("model")
    found = sittings(run.model.vision.eval(), 3, work)
    command.export(run, folder, found, everything=True, console=Console(quiet=True))
    return Exported(run, folder, found)


def spread(run: Run) -> None:
    """Weights as large as trained ones: small random ones would make every picture look alike."""
    for weights in run.model.parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, std=0.1)


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    """Of no meaning, but all different; the second is of another shape than the model wants."""
    rng = np.random.default_rng(3)
    coarse = [rng.integers(0, 256, size, np.uint8) for size in ((8, 8, 3), (9, 31, 3), (32, 32, 3))]
    return [Image.fromarray(one).resize((one.shape[1] * 5, one.shape[0] * 5)) for one in coarse]


@pytest.fixture(scope="module")
def found(exported: Exported) -> dict[str, Way]:
    return ways(exported.folder)


@pytest.fixture(scope="module")
def seen(exported: Exported, pictures: list[Image.Image]) -> list[Floats]:
    """What torch sees in the pictures."""
    return [by_torch(exported.run.model.vision)(picture) for picture in pictures]


@pytest.mark.parametrize("way", ["files", "libmtmd", "onnx"])
def test_every_format_sees_what_torch_sees(
    found: dict[str, Way], pictures: list[Image.Image], seen: list[Floats], way: str
) -> None:
    cosines = [least_cosine(ours, found[way].encode(one)) for ours, one in zip(seen, pictures, strict=True)]
    assert min(cosines) >= LEAST_COSINE


def test_different_pictures_are_seen_differently(seen: list[Floats]) -> None:
    """Or else the cosines above would be near 1 whatever the files held."""
    assert max(least_cosine(seen[0], other) for other in seen[1:]) < 0.9


def test_libmtmd_answers_as_the_bricks_do(found: dict[str, Way], pictures: list[Image.Image]) -> None:
    """Its own marks and positions around the picture are those of our prompt.

    The weights are random, so any other prompt would give another word at once. Later words are left
    out: between random ones, rounding decides.
    """
    ours, theirs = found["files"].answerer, found["libmtmd"].answerer
    assert ours is not None and theirs is not None
    for picture in pictures:
        for expected, answer in zip(
            ours.answer(picture, QUESTIONS), theirs.answer(picture, QUESTIONS), strict=True
        ):
            assert answer.text[:SAME] == expected.text[:SAME]


def test_libmtmd_says_nothing_on_standard_error(
    exported: Exported, pictures: list[Image.Image], capfd: pytest.CaptureFixture[str]
) -> None:
    Mtmd(exported.folder).answer(pictures[0], QUESTIONS[:1])
    assert capfd.readouterr().err == ""


def test_the_chat_template_is_the_prompt(exported: Exported) -> None:
    """llama.cpp's own tools write prompts by it; the picture's place is held by a name of theirs."""
    template = jinja2.Template(language_gguf.CHAT)
    asked = {"role": "user", "content": "<__media__>what do you see"}
    pieces = ModelFolder(exported.folder).manifest.prompt
    question = f"{pieces.before_question}what do you see{pieces.before_answer}"
    assert template.render(messages=[asked]) == f"{pieces.begin}<__media__>{question}"
    answer = {"role": "assistant", "content": "I see a cat."}
    again = {"role": "user", "content": "what do you see"}
    told = template.render(messages=[asked, answer, again])
    assert told == f"{pieces.begin}<__media__>{question}I see a cat.{pieces.end}{question}"


def test_the_marks_are_those_that_libmtmd_writes() -> None:
    assert (tokenizer.IMAGE, tokenizer.END_IMAGE) == mmproj.MARKS


@torch.no_grad()
def torch_loss(exported: Exported) -> Loss:
    """The loss as training computes it."""
    model, nats, right = exported.run.model, [], []
    for sitting in exported.found:
        for turn in sitting.turns:
            packed = stack([pack_row([], [turn], len(sitting.tokens), 1.0)])
            image = torch.from_numpy(sitting.tokens)[None]
            embedded = model.place(model.language.token_embd(packed.ids), image, packed.start)
            hidden = model.language(embedded, packed.positions, packed.mask())
            said = packed.targets != IGNORED
            logits = model.language.logits(hidden[said])
            nats.append(torch.nn.functional.cross_entropy(logits, packed.targets[said], reduction="none"))
            right.append(bool((logits.argmax(-1) == packed.targets[said]).all()))
    return Loss(float(torch.cat(nats).mean()), float(np.mean(right)))


def test_the_loss_in_llama_cpp_is_the_loss_in_torch(exported: Exported) -> None:
    measured, expected = measure(exported.folder / "language-f32.gguf", exported.found), torch_loss(exported)
    assert measured.nats == pytest.approx(expected.nats, rel=1e-3)
    assert measured.exact == expected.exact


@pytest.mark.parametrize("one", [EIGHT_BIT, *FOUR_BIT], ids=lambda one: one.name)
def test_every_type_is_smaller_and_loses_little(exported: Exported, one: Type) -> None:
    wide, small = (exported.folder / f"language-{name}.gguf" for name in ("f32", one.name))
    assert small.stat().st_size < wide.stat().st_size * one.bits / 16
    full, lost = measure(wide, exported.found), measure(small, exported.found)
    assert lost.nats == pytest.approx(full.nats, rel=0.05)


def test_rows_of_128_have_no_types_of_256(exported: Exported) -> None:
    """llama.cpp would silently put other types in their place."""
    shape = replace(exported.run.recipe.shape, width=128)
    assert {one.name for one in quantise.types_of(shape)} == {"q8_0", "q4_0", "iq4_nl"}


@pytest.mark.parametrize(
    ("four_bit", "chosen"),
    [
        ({"q4_0": Loss(0.2, 0.9), "q4_k_m": Loss(0.1, 0.896)}, "q4_k_m"),
        ({"q4_0": Loss(0.1, 0.9), "q4_k_m": Loss(0.2, 0.9)}, "q4_0"),
        ({"q4_0": Loss(0.3, 0.9), "q4_k_m": Loss(0.2, 0.89)}, "q8_0"),
    ],
    ids=["the least loss", "whichever it is", "none that costs a point"],
)
def test_the_type_is_chosen_by_loss(four_bit: dict[str, Loss], chosen: str) -> None:
    losses = {FLOAT32: Loss(0.1, 0.9), EIGHT_BIT: Loss(0.1, 0.9)}
    losses |= {one: four_bit[one.name] for one in FOUR_BIT if one.name in four_bit}
    assert quantise.choose(losses).name == chosen


def test_the_manifest_vouches_for_every_file(exported: Exported) -> None:
    folder = ModelFolder(exported.folder)
    parts = (folder.manifest.vision, folder.manifest.language, *folder.manifest.extra.values())
    files = {folder.verified(part).name for part in parts}
    assert files | {MANIFEST} == {path.name for path in exported.folder.iterdir()}


def copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)


def test_a_new_export_takes_the_files_of_the_old_one_away(exported: Exported, tmp_path: Path) -> None:
    """And nothing else."""
    draft, out = tmp_path / "draft", tmp_path / "out"
    copy(exported.folder, draft)
    copy(exported.folder, out)
    (out / "README.md").write_text("kept")
    names = ["vision-f16.tflite", "language-q4_0.gguf"]
    manifest.write(exported.run, draft, *(draft / name for name in names), extra={}, losses={})
    command.put_in_place(draft, names, out)
    assert {path.name for path in out.iterdir()} == {*names, MANIFEST, "README.md"}


def test_an_export_that_fails_leaves_the_model_as_it_was(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(exported.folder, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*_: object) -> None:
        raise MortarError("quantise-failed", "no room", "make some")

    monkeypatch.setattr(quantise, "quantise", fail)
    with pytest.raises(MortarError, match="no room"):
        command.export(exported.run, tmp_path, exported.found, everything=False, console=Console(quiet=True))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_source_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "no.gguf").write_bytes(b"garbage")
    with pytest.raises(MortarError) as caught:
        quantise.quantise(tmp_path / "no.gguf", EIGHT_BIT, tmp_path / "out.gguf")
    assert caught.value.code == "quantise-failed" and not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize("damage", ["missing", "another"])
def test_an_mmproj_that_does_not_fit_is_said(exported: Exported, tmp_path: Path, damage: str) -> None:
    copy(exported.folder, tmp_path)
    if damage == "missing":
        text = (tmp_path / MANIFEST).read_text()
        (tmp_path / MANIFEST).write_text(text.replace("[extra.mmproj]", "[extra.other]"))
    else:
        shutil.copy(tmp_path / "language-q8_0.gguf", tmp_path / "vision-mmproj-f16.gguf")
    with pytest.raises(MortarError) as caught:
        Mtmd(tmp_path)
    assert caught.value.code == {"missing": "mmproj-missing", "another": "model-damaged"}[damage]


def test_two_files_that_do_not_belong_together_are_said(exported: Exported) -> None:
    language = exported.folder / "language-q8_0.gguf"
    with pytest.raises(MortarError) as caught:
        MultimodalModel(language, language, n_tok=16, n_ctx=128, threads=1)
    assert caught.value.code == "mmproj-unusable"
