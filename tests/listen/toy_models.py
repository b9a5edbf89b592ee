"""Models that the real dictation engines load and run, small enough to be made while a test runs.

Nobody trained them. Their weights are set by hand so that they write one sentence wherever there is
sound, and nothing where there is none: that proves the way from sound to text, and says nothing about
how well a real model hears.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SENTENCE = ("tell", "me", "a", "story")

Array = npt.NDArray[np.float32]

# --- whisper.cpp --------------------------------------------------------------------------------

VOCAB, MELS, FFT, AUDIO_CTX, TEXT_CTX = 51_864, 80, 201, 1_500, 448
STATE = 16
"""Width of encoder and decoder. The decoder's first numbers are places in the sentence, one hot."""
SILENT, LOUD = STATE - 2, STATE - 1

WORDS = (" ", " -", " '", *(f" {word}" for word in SENTENCE))
"""whisper.cpp looks up the first three."""

END, NO_SPEECH = 50_256, 50_361
"""Tokens of every English Whisper model."""

PROMPT_TOK = 2
"""Start of transcript, no timestamps."""


def whisper_file(path: Path) -> Path:
    """A ggml file of an English model with one layer each."""
    header = (VOCAB, AUDIO_CTX, STATE, 1, 1, TEXT_CTX, STATE, 1, 1, MELS, 1)
    with path.open("wb") as file:
        file.write(b"lmgg" + struct.pack("<11i", *header))
        file.write(struct.pack("<2i", MELS, FFT) + np.full((MELS, FFT), 1 / FFT, np.float32).tobytes())
        file.write(struct.pack("<i", len(WORDS)))
        for word in WORDS:
            file.write(struct.pack("<i", len(word)) + word.encode())
        for name, values in _whisper_tensors().items():
            is_half = values.ndim > 1 and name.endswith("weight")
            file.write(struct.pack("<3i", values.ndim, len(name), is_half))
            file.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)))
            file.write(name.encode() + values.astype(np.float16 if is_half else np.float32).tobytes())
    return path


def _whisper_tensors() -> dict[str, Array]:
    """All zero (attention and MLP add nothing) but for one path: loudness → cross attention → words."""
    tensors = {**_blocks("encoder", ("attn",)), **_blocks("decoder", ("attn", "cross_attn"))}
    for name, scale in (("encoder.ln_post", 1), ("decoder.ln", 12)):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = np.full(STATE, scale), np.zeros(STATE)
    # Whisper's log mel is -1.5 in silence, and above -1 everywhere in a clip with speech in it.
    loudness, louder = np.zeros((STATE, MELS, 3)), np.zeros((STATE, STATE, 3))
    loudness[0, 0, 1], louder[LOUD, 0, 1] = 16, 4
    tensors |= {"encoder.conv1.weight": loudness, "encoder.conv1.bias": np.full((STATE, 1), 16 * 1.25)}
    tensors |= {"encoder.conv2.weight": louder, "encoder.conv2.bias": np.zeros((STATE, 1))}
    tensors["encoder.conv2.bias"][[SILENT, LOUD], 0] = 3, -2
    tensors["encoder.positional_embedding"] = np.zeros((AUDIO_CTX, STATE))
    value = np.zeros((STATE, STATE))
    value[np.ix_([SILENT, LOUD], [SILENT, LOUD])] = [[1, -1], [-1, 1]]
    tensors["decoder.blocks.0.cross_attn.value.weight"] = value
    tensors["decoder.blocks.0.cross_attn.out.weight"] = 20 * np.eye(STATE)
    place = np.zeros((TEXT_CTX, STATE))
    place[np.arange(TEXT_CTX), np.clip(np.arange(TEXT_CTX) - PROMPT_TOK + 1, 0, len(SENTENCE))] = 40
    words = np.zeros((VOCAB, STATE))
    for number, token in enumerate([*range(len(WORDS) - len(SENTENCE), len(WORDS)), END]):
        words[token, [number, LOUD]] = 5
    words[[END, NO_SPEECH], SILENT] = 1, 10
    return tensors | {"decoder.positional_embedding": place, "decoder.token_embedding.weight": words}


def _blocks(part: str, attentions: tuple[str, ...]) -> dict[str, Array]:
    block = f"{part}.blocks.0"
    square, wide, row = (STATE, STATE), (4 * STATE, STATE), (STATE,)
    shapes = {"mlp_ln.weight": row, "mlp_ln.bias": row}
    shapes |= {"mlp.0.weight": wide, "mlp.0.bias": wide[:1], "mlp.2.weight": wide[::-1], "mlp.2.bias": row}
    for name in attentions:
        shapes |= {f"{name}_ln.weight": row, f"{name}_ln.bias": row}
        shapes |= {f"{name}.{side}.weight": square for side in ("query", "key", "value", "out")}
        shapes |= {f"{name}.{side}.bias": row for side in ("query", "value", "out")}
    return {f"{block}.{name}": np.zeros(shape) for name, shape in shapes.items()}


# --- sherpa-onnx --------------------------------------------------------------------------------

CHUNK_FRAMES = 20
"""A word for each loud 200 ms."""

LOUD_ENERGY = -8.0
"""Mean of the log mel energies that counts as sound; digital silence has -15.9."""

SYMBOLS = ("<blk>", *(f"▁{word}" for word in SENTENCE))


def sherpa_folder(folder: Path) -> Path:
    """A streaming transducer of sherpa-onnx's type "lstm": four files."""
    folder.mkdir(exist_ok=True)
    (folder / "tokens.txt").write_text("".join(f"{symbol} {n}\n" for n, symbol in enumerate(SYMBOLS)))
    size = len(SYMBOLS)
    is_word = np.float32([symbol != "<blk>" for symbol in SYMBOLS])
    comes_next = np.full((size, size), -1_000, np.float32)
    comes_next[:, 0] = 0
    comes_next[np.arange(size - 1), np.arange(1, size)] = 0
    _save(
        folder / "encoder.onnx",
        nodes=[
            ("ReduceMean", ["x"], "energy", {"axes": [1, 2], "keepdims": 1}),
            ("Sub", ["energy", "threshold"], "loudness", {}),
            ("Mul", ["loudness", "is_word"], "encoder_out", {}),
            ("Identity", ["h"], "next_h", {}),
            ("Identity", ["c"], "next_c", {}),
        ],
        inputs={"x": ["N", CHUNK_FRAMES, 80], "h": [1, "N", 1], "c": [1, "N", 1]},
        outputs={"encoder_out": ["N", 1, size], "next_h": [1, "N", 1], "next_c": [1, "N", 1]},
        constants={"threshold": np.float32([LOUD_ENERGY]), "is_word": 10 * is_word},
        metadata={
            "model_type": "lstm",
            "num_encoder_layers": 1,
            "T": CHUNK_FRAMES,
            "decode_chunk_len": CHUNK_FRAMES,
            "rnn_hidden_size": 1,
            "d_model": 1,
        },
    )
    _save(
        folder / "decoder.onnx",
        nodes=[
            ("Gather", ["comes_next", "y"], "row", {"axis": 0}),
            ("Squeeze", ["row", "axis"], "decoder_out", {}),
        ],
        inputs={"y": ["N", 1]},
        outputs={"decoder_out": ["N", size]},
        constants={"comes_next": comes_next, "axis": np.int64([1])},
        metadata={"vocab_size": size, "context_size": 1},
    )
    _save(
        folder / "joiner.onnx",
        nodes=[("Add", ["encoder_out", "decoder_out"], "logit", {})],
        inputs={"encoder_out": ["N", size], "decoder_out": ["N", size]},
        outputs={"logit": ["N", size]},
        constants={},
        metadata={"joiner_dim": size},
    )
    return folder


def _save(
    path: Path,
    nodes: list[tuple[str, list[str], str, dict[str, object]]],
    inputs: dict[str, list[int | str]],
    outputs: dict[str, list[int | str]],
    constants: dict[str, npt.NDArray[np.generic]],
    metadata: dict[str, object],
) -> None:
    def described(tensors: dict[str, list[int | str]]) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(
                name, TensorProto.INT64 if name == "y" else TensorProto.FLOAT, shape
            )
            for name, shape in tensors.items()
        ]

    graph = helper.make_graph(
        [helper.make_node(kind, taken, [given], **options) for kind, taken, given, options in nodes],
        path.stem,
        described(inputs),
        described(outputs),
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.save(model, path)
