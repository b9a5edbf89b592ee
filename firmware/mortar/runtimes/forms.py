"""The compiled forms of a model's vision encoder: one file each, with a sidecar that vouches for it.

`mortar tools convert` writes them, into the model's own folder or beside it, where a person's files are
(`data_folder()/forms/NAME`). The sidecar has the name of its file and the ending .toml; it ties the file to
the weights, the graph, the configuration and the toolkit that it was made with.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from mortar import resources
from mortar.runtimes.manifest import UNKNOWN, Count, Part, Table, VisionPart
from mortar.runtimes.model_folder import ModelFolder, verified_part

FOLDER = "forms"

MOST_LOST = 1.0
"""Points of answer accuracy that a form in integers may lose, by `mortar tools check vision`."""


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
    calibration_file: str = ""
    """Those pictures beside the form, where they were kept: .npy, uint8 [n, height_px, width_px, 3]."""
    float_layers: tuple[str, ...] = ()
    """Of a hybrid form: the toolkit's names of the layers that stay float16."""
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
    width_px: int = 0
    height_px: int = 0
    n_tok: int = 0
    """Of a form whose pictures are not the model's own size; 0: they are."""
    source: Source = Source()
    checked: Checked | None = None

    @property
    def holds(self) -> bool:
        """Whether it was checked, and the model answers as well with it as it should."""
        lost = self.checked.accuracy_lost if self.checked else None
        return lost is not None and lost <= MOST_LOST

    @property
    def ranges_itself(self) -> bool:
        """Whether it is INT8 that was calibrated with nothing: it finds the ranges of activations as they
        come, which not every engine can."""
        return self.precision is Precision.INT8 and self.source.calibration == 0

    def part(self, own: VisionPart) -> VisionPart:
        """What goes in and what comes out, `own` being the model's."""
        return replace(
            own,
            width_px=self.width_px or own.width_px,
            height_px=self.height_px or own.height_px,
            n_tok=self.n_tok or own.n_tok,
        )


class Installed(NamedTuple):
    """A form that was found."""

    form: Form
    sidecar: Path

    @property
    def name(self) -> str:
        return self.sidecar.stem

    def verified(self) -> Path:
        """Its file, after size and SHA-256 were found to be the sidecar's. Raises MortarError."""
        return verified_part(self.sidecar.parent, self.form, CONVERT)


class Unusable(NamedTuple):
    """A sidecar that is no form of the model."""

    sidecar: Path
    why: str


CONVERT = "convert it again: mortar tools convert"


def folders(model: ModelFolder) -> tuple[Path, Path]:
    """Where the forms of a model are looked for."""
    return model.path, resources.data_folder() / FOLDER / model.manifest.name


def found(model: ModelFolder) -> Iterator[Installed | Unusable]:
    """Whatever lies there, in the order of the names."""
    for folder in folders(model):
        for path in sorted(folder.glob("vision-*.toml")):
            yield _read(path, model)


def installed(model: ModelFolder, runtime: Runtime, soc: str | None = "") -> list[Installed]:
    """The forms of `model` for a runtime and a SoC; None: for any."""
    return [
        one
        for one in found(model)
        if isinstance(one, Installed) and one.form.runtime is runtime and soc in (None, one.form.soc)
    ]


def _read(path: Path, model: ModelFolder) -> Installed | Unusable:
    try:
        form = msgspec.toml.decode(path.read_bytes(), type=Form)
    except OSError as error:
        return Unusable(path, f"cannot be read ({error.strerror})")
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        return Unusable(path, f"is no sidecar ({error})")
    if model.vision.sha256 == UNKNOWN or form.vision_sha256 != model.vision.sha256:
        return Unusable(path, "was converted from other weights than the model has now")
    return Installed(form, path)
