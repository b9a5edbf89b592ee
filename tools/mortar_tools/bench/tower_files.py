"""One tower in the files that are measured against each other: TFLite, and mmproj GGUFs for libmtmd."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gguf

from mortar.runtimes.forms import Role
from mortar.runtimes.manifest import VisionPart
from mortar_tools.cards import tokenizer
from mortar_tools.cards.export import language_gguf
from mortar_tools.cards.training.model import Language, Shape
from mortar_tools.vision.convert.lean import Lean, Target
from mortar_tools.vision.convert.tflite_file import write_float16, write_float32, write_ranging_int8
from mortar_tools.vision.towers import mmproj
from mortar_tools.vision.towers.tower import Tower


@dataclass(frozen=True)
class TowerFiles:
    """All of the same weights."""

    part: VisionPart
    tflite_f16: Path
    tflite_int8: Path
    """Linear layers in INT8 with a scale for each output; activations ranged as they come."""
    mmproj_f16: Path
    mmproj_q8: Path
    """Matrices in Q8_0, llama.cpp's own 8-bit form."""
    language: Path
    """A language model of the right width: libmtmd asks for its vocabulary."""


def write(tower: Tower, folder: Path) -> TowerFiles:
    """Writes them into `folder`, some 800 MB for SigLIP-base."""
    shape = tower.shape
    whole = folder / "f32.tflite"
    write_float32(Lean(tower, Target.TFLITE).eval(), Role.WHOLE, 1, whole)
    made = TowerFiles(
        shape.part,
        tflite_f16=folder / "f16.tflite",
        tflite_int8=folder / "int8.tflite",
        mmproj_f16=folder / "mmproj-f16.gguf",
        mmproj_q8=folder / "mmproj-q8.gguf",
        language=folder / "language.gguf",
    )
    write_float16(whole, made.tflite_f16)
    write_ranging_int8(whole, made.tflite_int8)
    whole.unlink()
    mmproj.write(tower, "bench", "none", made.mmproj_f16)
    write_q8(made.mmproj_f16, made.mmproj_q8)
    vocabulary = len(tokenizer.tokens())
    language = Language(Shape(width=shape.n_embd, layers=1, heads=1, mlp=32, vocabulary=vocabulary))
    language_gguf.write(language, "bench", "none", made.language)
    return made


def write_q8(source: Path, path: Path) -> None:
    """An mmproj GGUF with its matrices in Q8_0."""
    held, writer = gguf.GGUFReader(source), gguf.GGUFWriter(path, "clip")
    kind = gguf.GGMLQuantizationType.Q8_0
    for field in held.fields.values():
        if not field.name.startswith("GGUF.") and field.name != gguf.Keys.General.ARCHITECTURE:
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(field.name, field.contents(), field.types[0], inner)
    for tensor in held.tensors:
        is_matrix = tensor.tensor_type == gguf.GGMLQuantizationType.F16 and len(tensor.shape) == 2
        if is_matrix:
            rounded = gguf.quants.quantize(tensor.data.astype("float32"), kind)
            writer.add_tensor(tensor.name, rounded, raw_dtype=kind)
        else:
            writer.add_tensor(tensor.name, tensor.data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
