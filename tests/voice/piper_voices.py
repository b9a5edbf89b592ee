"""A Piper voice small enough to be made by a test: the real file format and signature, random weights.

What it says is no speech: each phoneme is a hum of its own. It runs through the real piper-tts and
onnxruntime, so everything is real but the weights.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

RATE_Hz = 16_000

HUM_samples = 1_200
"""Of one phoneme id at length scale 1: 75 ms. Piper puts a pad between phonemes, so two a phoneme."""


def make_voice(folder: Path, name: str = "hum", loudness: float = 0.1, rate_Hz: int = RATE_Hz) -> Path:
    """Write NAME.onnx and NAME.onnx.json; gives the .onnx file. `loudness` is the hums' peak, 0..1."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    n_ids = 1 + max(id_ for ids in DEFAULT_PHONEME_ID_MAP.values() for id_ in ids)
    onnx.save(_model(_hums(n_ids, loudness)), path)
    about = {
        "audio": {"sample_rate": rate_Hz},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": n_ids,
        "num_speakers": 1,
    }
    path.with_name(f"{path.name}.json").write_text(json.dumps(about), encoding="utf-8")
    return path


def _hums(n_ids: int, loudness: float) -> np.ndarray:
    """float32 [n_ids, 4 * HUM_samples]: row i is the sound of id i, at its longest."""
    pitches_Hz = np.random.default_rng(7).uniform(100, 1_000, (n_ids, 1))
    t_s = np.arange(4 * HUM_samples) / RATE_Hz
    return (loudness * np.sin(2 * np.pi * pitches_Hz * t_s)).astype(np.float32)


def _model(hums: np.ndarray) -> onnx.ModelProto:
    """input int64 [1, n], input_lengths int64 [1], scales float32 [3] → output float32 [1, 1, samples]."""

    def constant(name: str, value: object, dtype: type) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, dtype), name)

    nodes = [
        helper.make_node("Gather", ["hums", "input"], ["rows"]),  # [1, n, longest]
        helper.make_node("Gather", ["scales", "one"], ["length_scale"]),
        helper.make_node("Mul", ["length_scale", "samples_each"], ["scaled"]),
        helper.make_node("Cast", ["scaled"], ["end"], to=TensorProto.INT64),
        helper.make_node("Slice", ["rows", "zero", "end", "two"], ["cut"]),
        helper.make_node("Reshape", ["cut", "flat"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "hum",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, [1, "n"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "samples"])],
        [
            numpy_helper.from_array(hums, "hums"),
            constant("one", [1], np.int64),
            constant("zero", [0], np.int64),
            constant("two", [2], np.int64),
            constant("samples_each", [HUM_samples], np.float32),
            constant("flat", [1, 1, -1], np.int64),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
