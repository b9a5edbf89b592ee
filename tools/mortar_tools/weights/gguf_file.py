"""A language GGUF as its keys and its weights in float32, to be changed and written again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGUFValueType, LlamaFileType
from gguf.quants import dequantize
from numpy.typing import NDArray

from mortar.errors import MortarError

Weights = dict[str, NDArray[np.float32]]
"""llama.cpp's name of a tensor → its values; a matrix is [out, in]."""

ARCHITECTURE = "general.architecture"
DROPPED = ("general.file_type", "general.quantization_version")
"""Keys that say how the numbers were kept; all are float32 here."""


@dataclass(frozen=True)
class Value:
    """A key's value with the type that the file gives it."""

    content: Any
    type: GGUFValueType
    item_type: GGUFValueType | None = None
    """Of an array's items."""


@dataclass(frozen=True)
class GgufModel:
    """What a GGUF file holds."""

    architecture: str
    keys: dict[str, Value]
    """All but the architecture."""
    weights: Weights

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key; one that begins with "." is the architecture's own."""
        name = f"{self.architecture}{key}" if key.startswith(".") else key
        return self.keys[name].content if name in self.keys else default

    @property
    def parameters(self) -> int:
        """Numbers in all tensors."""
        return sum(values.size for values in self.weights.values())


def read(path: Path) -> GgufModel:
    """A GGUF file, dequantised. Raises MortarError where it is none, or of a type that has no decoder."""
    try:
        reader = gguf.GGUFReader(path)
        keys = {name: _value(field) for name, field in reader.fields.items() if not name.startswith("GGUF.")}
        architecture = keys.pop(ARCHITECTURE).content
        held = {one.name: dequantize(one.data, one.tensor_type) for one in reader.tensors}
    except KeyError as error:
        raise unreadable(path, f"has no {error.args[0]}") from None
    except (OSError, ValueError, IndexError, NotImplementedError) as error:
        raise unreadable(path, str(error).strip().partition("\n")[0]) from None
    # dequantize() leaves float16 as it is.
    return GgufModel(
        architecture, keys, {name: np.array(values, np.float32) for name, values in held.items()}
    )


def write(model: GgufModel, path: Path) -> None:
    """The model in float32."""
    writer = gguf.GGUFWriter(path, model.architecture)
    for name, value in model.keys.items():
        if name not in DROPPED:
            writer.add_key_value(name, value.content, value.type, value.item_type)
    writer.add_file_type(LlamaFileType.ALL_F32)
    for name, values in model.weights.items():
        writer.add_tensor(name, np.ascontiguousarray(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def unreadable(path: Path, why: str) -> MortarError:
    return MortarError(
        "weights-unreadable",
        f"{path} is no language model that can be changed: {why}",
        "take a GGUF file of architecture llama, in the shape of the bundled model",
    )


def _value(field: gguf.ReaderField) -> Value:
    if field.types[0] is GGUFValueType.ARRAY:
        return Value(field.contents(), GGUFValueType.ARRAY, field.types[-1])
    return Value(field.contents(), field.types[0])
