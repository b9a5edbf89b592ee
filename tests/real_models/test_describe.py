"""`mortar describe --model` with models of others: the real program, its real processes, random weights."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image

from mortar.runtimes.manifest import MANIFEST
from mortar_tools.fake_model.command import write
from mortar_tools.fake_model.shapes import Shape
from mortar_tools.fake_model.weights import Kind
from mortar_tools.program import Ran, mortar
from real_models.conftest import Fake
from real_models.small import small


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "p.png"
    Image.linear_gradient("L").convert("RGB").save(path)
    return path


@pytest.fixture
def files(fake: Fake, tmp_path: Path) -> Path:
    """The two files of a model that sees, and no manifest."""
    folder = Path(shutil.copytree(fake("smolvlm-256m"), tmp_path / "model"))
    (folder / MANIFEST).unlink()
    return folder


def describe(tmp_path: Path, picture: Path, model: Path, *options: str) -> Ran:
    return mortar(tmp_path / "run", "describe", picture, "--model", model, "--ask", "What is it?", *options)


def refused(ran: Ran, *words: str) -> None:
    """One line that names these; never a traceback."""
    assert ran.status == 1
    assert ran.errors.count("\n") == 1 and "Traceback" not in ran.errors, ran.errors
    for word in words:
        assert word in ran.errors, ran.errors


@pytest.mark.parametrize("name", ["smolvlm-256m", "llava-onevision-qwen2-0.5b", "qwen2-vl-2b"])
def test_a_model_that_sees_is_shown_the_picture(tmp_path: Path, picture: Path, fake: Fake, name: str) -> None:
    """By its own tower, with its own chat template: nothing of it was written for Mortar."""
    ran = describe(tmp_path, picture, fake(name), "--json")
    (looked,) = (line for line in ran.lines if line["event"] == "look_end")
    assert looked["n_tok"] == small(name).tower.n_tok  # type: ignore[union-attr]
    assert ran.result["placement"] == {"vision": "mtmd/cpu", "language": "llama/cpu"}
    assert ran.result["first_token_ms"] > 0


def test_a_file_needs_no_manifest(tmp_path: Path, picture: Path, files: Path) -> None:
    (model,) = files.glob("language-*.gguf")
    ran = describe(tmp_path, picture, model, "--json")
    assert ran.result["placement"] == {"vision": "mtmd/cpu", "language": "llama/cpu"}


def test_a_model_of_text_alone_can_not_look(tmp_path: Path, picture: Path, fake: Fake) -> None:
    refused(describe(tmp_path, picture, fake("qwen2-0.5b")), "fake-qwen2-0.5b", "text alone", "mmproj")


def without_mmproj(folder: Path) -> None:
    (folder / "mmproj-f16.gguf").unlink()


def cut_language(folder: Path) -> None:
    cut(next(folder.glob("language-*.gguf")))


def cut_mmproj(folder: Path) -> None:
    cut(folder / "mmproj-f16.gguf")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1_000])


def mmproj_of_another(folder: Path) -> None:
    other = small("llava-onevision-qwen2-0.5b")
    wide = replace(other, language=replace(other.language, width=128))
    write(folder / "other", "other", wide, Kind.F16)
    (folder / "other" / "mmproj-f16.gguf").replace(folder / "mmproj-f16.gguf")


def architecture_of_tomorrow(folder: Path) -> None:
    chosen = small("smolvlm-256m")
    write_language(folder, replace(chosen, language=replace(chosen.language, architecture="crystal_ball")))


def template_that_counts(folder: Path) -> None:
    with_template(folder, "{% for m in messages %}{{ loop.index }} {{ m.content }}{% endfor %}")


def no_template(folder: Path) -> None:
    with_template(folder, "")


def with_template(folder: Path, template: str) -> None:
    path = folder / "chat.jinja"
    path.write_text(template)
    write_language(folder, replace(small("smolvlm-256m"), template=str(path)))


def write_language(folder: Path, chosen: Shape) -> None:
    """Over the file that is there."""
    write(folder / "other", "other", chosen, Kind.Q8_0)
    (folder / "other" / "language-q8_0.gguf").replace(folder / "language-q8_0.gguf")


BAD = {
    without_mmproj: ("text alone", "mmproj"),
    cut_language: ("language-q8_0.gguf", "breaks off"),
    cut_mmproj: ("mmproj-f16.gguf", "breaks off"),
    mmproj_of_another: ("mmproj-f16.gguf", "another model", "128", "64"),
    architecture_of_tomorrow: ("language-q8_0.gguf", "crystal_ball"),
    template_that_counts: ("language-q8_0.gguf", "chat template", "[prompt]"),
    no_template: ("no chat template", "[prompt]"),
}
"""What is wrong with the files → what the one line says."""


@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_bad_files_are_one_clear_line(
    tmp_path: Path, picture: Path, files: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(files)
    refused(describe(tmp_path, picture, files / "language-q8_0.gguf"), *BAD[spoil])


def test_a_context_too_small_for_the_picture(tmp_path: Path, picture: Path) -> None:
    """What to set, and to how much, is said; then it fits."""
    chosen = small("llava-onevision-qwen2-0.5b")
    assert chosen.tower is not None
    write(tmp_path / "model", "large", replace(chosen, tower=replace(chosen.tower, picture_px=420)), Kind.F16)
    ran = describe(tmp_path, picture, tmp_path / "model")
    refused(ran, "900 tokens", "context_tok")
    (least,) = re.findall(r"context_tok in \[language\] to (\d+)", ran.errors)
    settings = tmp_path / "mortar.toml"
    settings.write_text(f"[language]\ncontext_tok = {int(least) + 20}\n")
    ran = describe(tmp_path, picture, tmp_path / "model", "--json", "--config", str(settings))
    assert ran.result["first_token_ms"] > 0


def test_a_question_longer_than_the_context(tmp_path: Path, picture: Path, fake: Fake) -> None:
    model = fake("smolvlm-256m")
    ran = mortar(tmp_path / "run", "describe", picture, "--model", model, "--ask", "What is it? " * 500)
    refused(ran, "longer than the language model can take", "context_tok")
