"""The compiled forms of a model's vision encoder: one file each, with a sidecar that vouches for it.

`mortar tools convert` writes them, into the model's own folder or beside it, where a person's files are
(`data_folder()/forms/NAME`). The sidecar has the name of its file and the ending .toml; it ties the file to
the weights, the graph, the configuration and the toolkit that it was made with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from mortar import resources
from mortar.runtimes.model_folder import MANIFEST, Count, ModelFolder, Part, Table, verified_part

FOLDER = "forms"


class Runtime(StrEnum):
    """What runs the file."""

    TFLITE = "tflite"
    RKNN = "rknn"
    ONNX = "onnx"
    """The graph that a .rknn was made of: rknn-toolkit2's simulator runs it, on a computer."""


class Role(StrEnum):
    """Which part of the vision encoder the graph is."""

    WHOLE = "whole"
    PATCHES = "patches"
    """From the picture to its patches' embeddings, positions among them."""
    BLOCKS = "blocks"
    """From there to the image tokens."""


class Precision(StrEnum):
    F32 = "f32"
    F16 = "f16"
    INT8 = "int8"
    HYBRID = "hybrid"
    """INT8, except for the layers that suffer from it."""


class Source(Table, frozen=True):
    """What the file was built from."""

    onnx: str = ""
    """The graph's file beside the form, where it was kept."""
    onnx_sha256: str = ""
    calibration: int = 0
    """Pictures that INT8 was calibrated with."""
    calibration_sha256: str = ""
    config: dict[str, object] = msgspec.field(default_factory=dict)
    """The toolkit's own configuration."""


class Checked(Table, frozen=True):
    """How far the file is from the reference, as `mortar tools check vision` found."""

    cosine: float
    """Mean cosine of the image tokens."""
    worst: float
    """Least cosine of any picture's token."""
    against: str
    by: str
    """What ran the graph: a simulator runs not the file, but what it was made of."""
    pictures: Count
    accuracy_lost: float | None = None
    """Points of answer accuracy that the whole model loses with it."""


class Form(Part, frozen=True):
    """One compiled file."""

    runtime: Runtime
    role: Role
    precision: Precision
    batch: Count
    toolkit: str
    vision_sha256: str
    """Of the model folder's own vision file, whose weights these are."""
    soc: str = ""
    """rk3588 ...; empty: any processor."""
    source: Source = Source()
    checked: Checked | None = None


@dataclass(frozen=True)
class Sidecar:
    """A sidecar that was found: its form, or why it is none."""

    path: Path
    form: Form | None
    trouble: str = ""

    @property
    def file(self) -> Path:
        """The compiled file."""
        assert self.form is not None
        return self.path.with_name(self.form.file)


def folders(model: ModelFolder) -> tuple[Path, Path]:
    """Where the forms of a model are looked for."""
    return model.path, resources.data_folder() / FOLDER / model.manifest.name


def sidecars(model: ModelFolder) -> list[Sidecar]:
    """All forms of `model`, those of other weights among them as trouble."""
    found = [path for folder in folders(model) for path in sorted(folder.glob("vision-*.toml"))]
    return [_read(path, model) for path in found if path.name != MANIFEST]


def usable(model: ModelFolder, runtime: Runtime, soc: str = "") -> Iterator[Sidecar]:
    """The forms of `model` for a runtime and a SoC, in the order of their names."""
    for one in sidecars(model):
        if one.form is not None and one.form.runtime is runtime and one.form.soc == soc:
            yield one


def verified(sidecar: Sidecar) -> Path:
    """The form's file, after its size and SHA-256 were found to be the sidecar's. Raises MortarError."""
    assert sidecar.form is not None
    return verified_part(sidecar.path.parent, sidecar.form, CONVERT)


CONVERT = "convert it again: mortar tools convert"


def _read(path: Path, model: ModelFolder) -> Sidecar:
    try:
        form = msgspec.toml.decode(path.read_bytes(), type=Form)
    except OSError as error:
        return Sidecar(path, None, f"cannot be read ({error.strerror})")
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        return Sidecar(path, None, f"is no sidecar ({error})")
    if form.vision_sha256 != model.manifest.vision.sha256:
        return Sidecar(path, None, "was converted from other weights than the model has now")
    return Sidecar(path, form)
