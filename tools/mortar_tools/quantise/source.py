"""The float model that is to be quantised."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
from gguf import GGMLQuantizationType

from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.export.quantise import quantise
from mortar_tools.quantise.hierarchy import Matrix, mean_bits, size_bytes
from mortar_tools.quantise.kinds import EIGHT_BIT, Kind, mostly

FLOATS = (GGMLQuantizationType.F32, GGMLQuantizationType.F16, GGMLQuantizationType.BF16)


@dataclass(frozen=True)
class Source:
    """A float GGUF, and what of it can be quantised."""

    path: Path
    matrices: tuple[Matrix, ...]
    types: Mapping[str, GGMLQuantizationType]
    """Of the matrices, by name."""
    rest_bytes: int
    """Of a file without its matrices: vocabulary, norms, names."""

    def size_bytes(self, kinds: Mapping[str, Kind]) -> int:
        """Of the file that has its matrices so."""
        return self.rest_bytes + size_bytes(self.matrices, kinds)

    def mean_bits(self, kinds: Mapping[str, Kind]) -> float:
        """Of a number of its matrices."""
        return mean_bits(self.matrices, kinds)

    def write(self, kinds: Mapping[str, Kind], path: Path) -> None:
        """Write it with some matrices in other kinds, and the others as they are."""
        tensors = {name: int(kind) for name, kind in self.types.items()}
        tensors |= {name: int(kind.tensor) for name, kind in kinds.items()}
        chosen = mostly((kinds[one.name], one.numbers) for one in self.matrices if one.name in kinds)
        # A file that is mostly f16 would not be looked through for what is to be something else.
        named = chosen if len(kinds) == len(self.matrices) and chosen.block > 1 else EIGHT_BIT
        quantise(self.path, named.file, path, tensors=tensors)


def language_of(given: Path) -> Path:
    """The GGUF that is meant by a file or a model folder. Raises MortarError where it is damaged."""
    if given.is_dir():
        folder = ModelFolder(given)
        return folder.verified(folder.manifest.language)
    return given


def opened(path: Path) -> Source:
    """Reads what there is in a GGUF. Raises UsageError where it is none, or not in floats.

    Which tensors llama.cpp would quantise it is asked: those that it turns into 8 bits.
    """
    types = _types(path)
    coarse = sorted(name for name, kind in types.items() if kind not in FLOATS)
    if coarse:
        raise UsageError(
            "source-quantised",
            f"{path} is quantised already ({coarse[0]} is {types[coarse[0]].name.lower()})",
            "give the model in f32 or f16: what was rounded once is not rounded better again",
        )
    with tempfile.TemporaryDirectory(prefix="mortar-quantise-") as folder:
        probe = Path(folder) / "q8_0.gguf"
        quantise(path, EIGHT_BIT.file, probe, pure=True)
        matrices = [
            Matrix(one.name, int(one.shape[0]), int(one.n_elements))
            for one in gguf.GGUFReader(probe).tensors
            if one.tensor_type == EIGHT_BIT.tensor
        ]
        probe_bytes = probe.stat().st_size
    if not matrices:
        raise UsageError("source-unsuitable", f"{path} has no matrix that can be quantised", "give another")
    eight = {one.name: EIGHT_BIT for one in matrices}
    own = {one.name: types[one.name] for one in matrices}
    return Source(path, tuple(_in_order(matrices)), own, probe_bytes - size_bytes(matrices, eight))


def _types(path: Path) -> dict[str, GGMLQuantizationType]:
    try:
        reader = gguf.GGUFReader(path)
        if "split.count" in reader.fields:
            raise ValueError("it is one part of several")
        return {one.name: one.tensor_type for one in reader.tensors}
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise UsageError(
            "source-unreadable",
            f"{path} is no whole GGUF of a language model ({str(error).strip().partition(chr(10))[0]})",
            "give a GGUF in f32 or f16, or a model folder whose language part is one",
        ) from None


def _in_order(matrices: Sequence[Matrix]) -> list[Matrix]:
    """Block by block, what lies outside of them first."""
    return sorted(matrices, key=lambda one: (int(one.block or -1), one.name))
