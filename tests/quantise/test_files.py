"""What is written is what was asked for, byte for byte what llama.cpp itself would write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gguf", reason="quantising comes with the tools extra")

import gguf

from mortar.errors import MortarError, UsageError
from mortar_tools.cards.export.quantise import quantise
from mortar_tools.quantise.hierarchy import Group, Tier, parts
from mortar_tools.quantise.kinds import BY_NAME, LADDER, Kind, fitting
from mortar_tools.quantise.source import Source, opened

from .conftest import BLOCKS, write_model


@pytest.fixture(scope="module")
def source(float_file: Path) -> Source:
    return opened(float_file)


def types_in(path: Path) -> dict[str, str]:
    return {one.name: one.tensor_type.name.lower() for one in gguf.GGUFReader(path).tensors}


def test_every_matrix_has_its_place_in_the_hierarchy(source: Source) -> None:
    groups, blocks, modules = (parts(source.matrices, tier) for tier in Tier)
    assert {one.name for one in groups} == {"embedding", "attention", "mlp"}
    assert len(blocks) == 1 + 2 * BLOCKS
    assert len(modules) == 1 + 7 * BLOCKS == len(source.matrices)
    assert {one.group for one in source.matrices if "ffn" in one.name} == {Group.MLP}


def test_the_types_written_are_the_types_asked(source: Source, tmp_path: Path) -> None:
    """Each matrix another one, and what is no matrix stays as it is."""
    kinds = {one.name: LADDER[n % len(LADDER)] for n, one in enumerate(source.matrices)}
    source.write(kinds, tmp_path / "mixed.gguf")
    written = types_in(tmp_path / "mixed.gguf")
    assert {name: written.pop(name) for name in kinds} == {name: kind.name for name, kind in kinds.items()}
    assert set(written.values()) == {"f32"}
    assert (tmp_path / "mixed.gguf").stat().st_size == source.size_bytes(kinds)


def test_a_name_is_no_pattern_for_others(source: Source, tmp_path: Path) -> None:
    """blk.1 is not in blk.11, and attn_output is not output."""
    source.write({"blk.1.attn_output.weight": BY_NAME["q4_k"]}, tmp_path / "one.gguf")
    written = types_in(tmp_path / "one.gguf")
    assert [name for name, kind in written.items() if kind != "f32"] == ["blk.1.attn_output.weight"]


@pytest.mark.parametrize("kind", [one for one in LADDER if one.name != "f16"], ids=lambda one: one.name)
def test_one_kind_for_all_is_llama_cpps_uniform_file(source: Source, tmp_path: Path, kind: Kind) -> None:
    source.write({one.name: kind for one in source.matrices}, tmp_path / "ours.gguf")
    quantise(source.path, kind.file, tmp_path / "theirs.gguf", pure=True)
    assert (tmp_path / "ours.gguf").read_bytes() == (tmp_path / "theirs.gguf").read_bytes()


@pytest.mark.parametrize("row", [896, 256, 32])
def test_a_row_that_is_too_short_for_a_kind_has_the_next_one(row: int) -> None:
    """With as many bits or more: 896 numbers, as Qwen2-0.5B's rows have, are no multiple of 256."""
    for kind in LADDER:
        given = fitting(kind, row)
        assert row % given.block == 0 and given.bits >= kind.bits
        assert given is kind or row % kind.block != 0


def test_a_model_in_half_precision_is_a_source_too(tmp_path: Path) -> None:
    source = opened(write_model(tmp_path / "half.gguf", np.float16))
    source.write({one.name: BY_NAME["q4_k"] for one in source.matrices[:3]}, tmp_path / "some.gguf")
    written = types_in(tmp_path / "some.gguf")
    assert [written[one.name] for one in source.matrices[:4]] == ["q4_k", "q4_k", "q4_k", "f16"]


def test_what_is_rounded_already_is_no_source(source: Source, tmp_path: Path) -> None:
    source.write({one.name: BY_NAME["q8_0"] for one in source.matrices}, tmp_path / "q8_0.gguf")
    with pytest.raises(
        UsageError, match=r"quantised already \(.* is q8_0\); give the model in f32"
    ) as caught:
        opened(tmp_path / "q8_0.gguf")
    assert caught.value.code == "source-quantised"


@pytest.mark.parametrize("damage", ["empty", "garbage", "cut", "missing"])
def test_what_is_no_whole_gguf_is_said_in_a_line(float_file: Path, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "model.gguf"
    whole = float_file.read_bytes()
    content = {"empty": b"", "garbage": b"GGUF" + bytes(range(200)), "cut": whole[: len(whole) // 2]}
    if damage in content:
        path.write_bytes(content[damage])
    with pytest.raises(UsageError) as caught:
        opened(path)
    assert caught.value.code == "source-unreadable" and "\n" not in str(caught.value)


def test_weights_that_are_no_numbers_are_said(float_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "nan.gguf"
    path.write_bytes(float_file.read_bytes())
    reader = gguf.GGUFReader(path, "r+")
    next(one for one in reader.tensors if one.name == "blk.0.attn_q.weight").data[3, 5] = np.nan
    reader.data.flush()
    with pytest.raises(MortarError) as caught:
        opened(path)
    assert caught.value.code == "quantise-failed" and "\n" not in str(caught.value)
