"""Moonshine's encoder, decoder and tokenizer, and what is said of files that are none of a Moonshine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mortar.errors import MortarError
from mortar.runtimes.moonshine_model import BEGIN, SHORTEST, Moonshine, packaged
from mortar.runtimes.moonshine_search import freely
from voices import in_room, pause, speak

ENCODER, DECODER, TOKENIZER = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"

FIRST_BYTE = 3
"""The token of byte 0."""


def test_rows_side_by_side_are_as_likely_as_each_alone(moonshine: Moonshine) -> None:
    """But for what 8 bits cost: activations are rounded in steps that depend on the whole batch."""
    heard = moonshine.encode(in_room(speak("where is the banana")))
    _, tokens = freely(moonshine, moonshine.rows(heard), lambda: False)
    together = moonshine.rows(heard)
    likely = together.write([0], [BEGIN])
    others = np.argsort(-likely[0])[:3].tolist()
    side_by_side = together.write([0, 0, 0], others)
    onwards = together.write([2, 0], tokens[2:4])  # the second row is dropped, the others change places
    for row, (first, second) in enumerate([(others[2], tokens[2]), (others[0], tokens[3])]):
        alone = moonshine.rows(heard)
        alone.write([0], [BEGIN])
        assert_alike(side_by_side[others.index(first)], alone.write([0], [first])[0])
        assert_alike(onwards[row], alone.write([0], [second])[0])


def assert_alike(one: np.ndarray, other: np.ndarray) -> None:  # type: ignore[type-arg]
    """The likely tokens, in nats."""
    likely = other > -8
    assert likely.any()
    assert np.abs(one - other)[likely].max() < 0.75
    assert one.argmax() == other.argmax()


def test_text_fits_alike_written_at_once_or_token_by_token(moonshine: Moonshine) -> None:
    """And much better than the same tokens in another order."""
    heard = moonshine.encode(in_room(speak("where is the banana")))
    written, tokens = freely(moonshine, moonshine.rows(heard), lambda: False)
    assert moonshine.rows(heard).fit(tokens) == pytest.approx(written.fit, abs=1.5)
    turned = [BEGIN, *tokens[-2:0:-1], tokens[-1]]
    assert moonshine.rows(heard).fit(turned) < written.fit - 20


@pytest.mark.parametrize("length", [0, 1, 160, SHORTEST - 1, SHORTEST, 17_001, 12 * 16_000])
def test_sound_of_any_length_is_heard(moonshine: Moonshine, length: int) -> None:
    """From nothing to 12 seconds."""
    heard = moonshine.encode(pause(length / 16))
    likely = moonshine.rows(heard).write([0], [BEGIN])
    assert likely.shape == (1, len(moonshine.pieces))
    assert np.exp(likely).sum() == pytest.approx(1, abs=1e-3)


def test_parts_of_a_character_are_joined(moonshine: Moonshine) -> None:
    """Tokens may be single bytes of UTF-8; half a character does no harm."""
    note = [FIRST_BYTE + byte for byte in "♪".encode()]
    assert moonshine.text([BEGIN, *note]) == "♪"
    assert moonshine.text(note[:2]) == "\N{REPLACEMENT CHARACTER}"


# --- bad models ---------------------------------------------------------------------------------


def cut(held: bytes) -> bytes:
    return held[: len(held) * 2 // 3]


def without_last_token(held: bytes) -> bytes:
    return held[: held.rindex(b"<<ST_") - 1]


def of_the(file: str) -> Callable[[bytes], bytes]:
    return lambda _: (packaged("en") / file).read_bytes()


HARM: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "cut encoder": (ENCODER, cut, "verification failed"),
    "cut decoder": (DECODER, cut, "verification failed"),
    "empty encoder": (ENCODER, lambda _: b"", "verification failed"),
    "garbage": (DECODER, lambda _: np.random.default_rng(7).bytes(20_000), "verification failed"),
    "zeros in it": (ENCODER, lambda held: held[:-50_000] + bytes(50_000), "Invalid ORT format"),
    "another kind of encoder": (ENCODER, of_the(DECODER), "it takes .* and Moonshine attention_mask"),
    "another kind of decoder": (DECODER, of_the(ENCODER), "it takes .* and Moonshine encoder_attention_mask"),
    "empty tokenizer": (TOKENIZER, lambda _: b"", "it has 0 tokens, and the decoder 32768"),
    "a token too few": (TOKENIZER, without_last_token, "it has 32767 tokens, and the decoder 32768"),
    "cut tokenizer": (TOKENIZER, cut, "breaks off|tokens, and the decoder"),
    "cut in a length": (TOKENIZER, lambda held: held + b"\xff", "breaks off"),
}


@pytest.mark.parametrize(("file", "harm", "why"), HARM.values(), ids=HARM)
def test_a_bad_file_is_one_clear_line(
    tmp_path: Path, file: str, harm: Callable[[bytes], bytes], why: str
) -> None:
    """It names the file, and nothing of ONNX Runtime's comes through but what it says."""
    for part in (ENCODER, DECODER, TOKENIZER):
        (tmp_path / part).symlink_to(packaged("en") / part)
    (tmp_path / file).unlink()
    (tmp_path / file).write_bytes(harm((packaged("en") / file).read_bytes()))
    with pytest.raises(MortarError, match=why) as raised:
        Moonshine(tmp_path, threads=1)
    assert str(tmp_path / file) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("file", [ENCODER, DECODER, TOKENIZER])
def test_a_missing_part_is_named(tmp_path: Path, file: str) -> None:
    """The folder is there, one file in it is not."""
    for part in {ENCODER, DECODER, TOKENIZER} - {file}:
        (tmp_path / part).symlink_to(packaged("en") / part)
    with pytest.raises(MortarError, match=file) as raised:
        Moonshine(tmp_path, threads=1)
    assert raised.value.code == "dictation-model-incomplete"


def test_an_encoder_of_another_size_is_no_part_of_this_model(tmp_path: Path) -> None:
    """ONNX Runtime finds it at the first run, which is when the model is loaded."""
    import onnx
    from onnx import TensorProto, helper

    shutil.copytree(packaged("en"), tmp_path, dirs_exist_ok=True)
    sound = helper.make_tensor_value_info("input_values", TensorProto.FLOAT, [1, "n"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, [1, "n"])
    heard = helper.make_tensor_value_info("heard", TensorProto.FLOAT, [1, "n", 1])
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [2])
    nodes = [helper.make_node("Unsqueeze", ["input_values", "axes"], ["heard"])]
    graph = helper.make_graph(nodes, "narrow", [sound, mask], [heard], [axes])
    (tmp_path / ENCODER).write_bytes(
        helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
        ).SerializeToString()
    )
    assert onnx.load(tmp_path / ENCODER)
    with pytest.raises(MortarError, match="cannot be used") as raised:
        Moonshine(tmp_path, threads=1)
    assert "\n" not in str(raised.value)
