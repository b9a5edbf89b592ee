"""Models whose pictures are read otherwise than words: as libmtmd hands them to the language model."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from llama_cpp import mtmd_cpp
from msgspec.structs import replace

from mortar.runtimes import choose
from mortar.runtimes.interfaces import Floats, Pixels
from mortar.runtimes.llama.model import TOKENS, LlamaLanguageModel
from mortar.runtimes.llama.positions import Positions
from mortar.runtimes.manifest import MANIFEST
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.mtmd import IMAGE_CHUNK, Eyes
from mortar.settings import Language
from mortar_tools.fake_model.command import write
from mortar_tools.fake_model.shapes import Shape
from mortar_tools.fake_model.weights import Kind
from real_models.small import small

BEFORE, BEHIND = "What is this? ", "Say what you see."


def several_axes() -> Shape:
    """Rows of a grid of 4 × 4, with time, height and width (M-RoPE)."""
    shape = small("qwen2-vl-2b")
    assert shape.tower is not None
    return replace(shape, tower=replace(shape.tower, picture_px=112))


def several_depths() -> Shape:
    """Such a grid, each row with that of an inner layer, as Qwen3-VL's (deepstack)."""
    shape = several_axes()
    assert shape.tower is not None
    language = replace(shape.language, architecture="qwen3vl", qk_norm=True, qkv_bias=False, deepstack=1)
    tower = replace(shape.tower, projector="qwen3vl_merger", gelu="tanh", deep=(0,))
    return replace(shape, language=language, tower=tower)


def both_ways() -> Shape:
    """16 rows that attend to each other, as Gemma 3's do."""
    shape = small("smolvlm-256m")
    assert shape.tower is not None
    return replace(shape, tower=replace(shape.tower, projector="gemma3", picture_px=256))


def as_words() -> Shape:
    return small("smolvlm-256m")


SHAPES = [several_axes, several_depths, both_ways, as_words]


@dataclass(frozen=True)
class Seen:
    """A picture, and its rows."""

    model: LlamaLanguageModel
    eyes: Eyes
    picture: Pixels
    rows: Floats
    """float32 [n_tok, n_embd]."""


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.__name__)
def seen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Seen]:
    write(tmp_path, "one", request.param(), Kind.F16)
    (tmp_path / MANIFEST).unlink()  # the files say all of it
    folder = ModelFolder(tmp_path)
    part, mmproj = folder.vision, tmp_path / folder.vision.file
    model = choose.language_model(Language(context_tok=512), folder, lambda: False)
    assert isinstance(model, LlamaLanguageModel)
    eyes = Eyes(mmproj, model._model, n_tok=part.n_tok, threads=1)
    random = np.random.default_rng(3)
    picture = random.integers(0, 256, (part.height_px, part.width_px, 3), dtype=np.uint8)
    rows = np.empty((part.n_tok, part.n_embd), np.float32)
    eyes.encode(picture, rows)
    yield Seen(model, eyes, picture, rows)
    eyes.close()
    model.close()


def read(seen: Seen) -> Floats:
    """Logits after text, picture and text, by Mortar."""
    model, before, behind = seen.model, *(seen.model.tokenize(text) for text in (BEFORE, BEHIND))
    model.keep(0)
    model.decode(before, 0)
    model.decode_embeddings(seen.rows.ctypes.data, len(seen.rows), len(before))
    model.decode(behind, len(before) + len(seen.rows))
    return model.logits().copy()


def read_by_libmtmd(seen: Seen) -> Floats:
    """The same, with the picture by libmtmd's own helper."""
    model, before, behind = seen.model, *(seen.model.tokenize(text) for text in (BEFORE, BEHIND))
    model.keep(0)
    model.decode(before, 0)
    pos = ctypes.c_int32(0)
    rows = seen.rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    nobody = mtmd_cpp.mtmd_helper_post_decode_callback(0)
    with seen.eyes.chunks("", seen.picture) as chunks:
        (picture, *_) = pictures(chunks)
        code = mtmd_cpp.mtmd_helper_decode_image_chunk(
            seen.eyes.context, model._context, picture, rows, len(before), 0, 512, pos, nobody, None
        )
    assert code == 0
    tokens = np.array(behind, np.int32)
    positions = np.arange(pos.value, pos.value + len(behind), dtype=np.int32)[np.newaxis]
    model._decode(positions, token=tokens.ctypes.data_as(TOKENS))
    return model.logits().copy()


def pictures(chunks: object) -> list[object]:
    numbered = range(mtmd_cpp.mtmd_input_chunks_size(chunks))
    parts = [mtmd_cpp.mtmd_input_chunks_get(chunks, number) for number in numbered]
    return [one for one in parts if mtmd_cpp.mtmd_input_chunk_get_type(one) == IMAGE_CHUNK][::-1]


def test_a_picture_is_read_as_libmtmd_reads_it(seen: Seen) -> None:
    """To the bit: the same rows at the same places, seen in the same directions."""
    assert seen.model.n_embd == seen.rows.shape[1]
    assert np.array_equal(read(seen), read_by_libmtmd(seen))


def test_a_picture_that_leaves_leaves_nothing(seen: Seen) -> None:
    """What is read in its place is predicted as if it had never been there; so is the next picture."""
    model, before, behind = seen.model, *(seen.model.tokenize(text) for text in (BEFORE, BEHIND))
    with_it = read(seen)
    assert model.keep(len(before)) == len(before)
    model.decode(behind, len(before))
    without = model.logits().copy()
    model.keep(0)
    model.decode(before + behind, 0)
    assert np.allclose(without, model.logits(), atol=1e-3)
    assert not np.allclose(without, with_it, atol=1e-3)
    assert np.array_equal(read(seen), with_it)


def test_what_the_memory_holds_is_known(seen: Seen) -> None:
    """In entries of the prompt, whatever positions they have; a part of a picture is not kept as one."""
    model, before = seen.model, len(seen.model.tokenize(BEFORE))
    read(seen)
    whole = before + len(seen.rows)
    assert model.keep(1_000) == whole + len(model.tokenize(BEHIND))
    assert model.keep(whole) == whole
    assert model.keep(before) == before


def test_a_picture_is_split_only_where_that_changes_nothing(
    seen: Seen, request: pytest.FixtureRequest
) -> None:
    """Rows of a grid, and rows that attend to each other, are read in one go."""
    shape = request.node.callspec.params["seen"]
    assert seen.model.abilities.splits_pictures == (shape is as_words)


def test_rows_of_a_grid_have_one_time_and_take_its_longer_edge() -> None:
    """A picture of 3 columns and 2 rows behind 5 words: Qwen2-VL, section 2.1, figure 3."""
    positions = Positions(has_axes=True, columns=3)
    assert positions.of_rows(5, 6).tolist() == [
        [5, 5, 5, 5, 5, 5],
        [5, 5, 5, 6, 6, 6],
        [5, 6, 7, 5, 6, 7],
        [0, 0, 0, 0, 0, 0],
    ]
    positions.picture_was_read(5, 6)
    assert positions.of(11) == 8 and positions.entries(8) == 12 and positions.entries(5) == 11
    positions.picture_was_read(13, 6)
    assert positions.of(19) == 13 and positions.of(11) == 8
    positions.forget_from(14)
    assert positions.of(19) == 16
