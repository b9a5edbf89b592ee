"""Every way to encode a picture that is compared: the reference, and the forms of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

from mortar.errors import MortarError
from mortar.runtimes.forms import Form, Installed, Role, Runtime, Unusable, found
from mortar.runtimes.interfaces import Floats, Pixels, VisionGraph
from mortar.runtimes.manifest import VisionPart
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.rknn_sim import toolkit
from mortar.runtimes.rknn_sim.graph import recipe_of
from mortar.runtimes.tflite import TfliteVisionGraph
from mortar_tools.vision.toolkit import Session

Encode = Callable[[Pixels], Floats]
"""Pictures uint8 [n, height_px, width_px, 3] → image tokens float32 [n, n_tok, n_embd]."""


@dataclass(frozen=True)
class Reference:
    """What forms are compared with."""

    name: str
    encode: Encode


def in_torch(model: ModelFolder) -> Reference | None:
    """The tower of the model's mmproj file, in torch; None where it has no such file."""
    mmproj = model.manifest.extra.get("mmproj")
    if mmproj is None:
        return None
    # A slow import that nothing else here needs.
    import torch

    from mortar_tools.vision.towers.read_mmproj import read

    tower, part = read(model.verified(mmproj)).eval(), model.manifest.vision

    def encode(pictures: Pixels) -> Floats:
        with torch.no_grad():
            tokens: Floats = tower(torch.from_numpy(normalised(pictures, part))).numpy()
        return tokens

    return Reference(f"torch, float32, {mmproj.file}", encode)


def own_file(model: ModelFolder) -> Reference:
    """The model's own file, on TensorFlow Lite."""
    part = model.manifest.vision
    graph = TfliteVisionGraph(model.verified(part), part, threads=1)
    return Reference(f"{part.file}, TensorFlow Lite", in_batches(through(graph, part), 1))


def through(graph: VisionGraph, part: VisionPart) -> Encode:
    """As many pictures as the graph takes, each time into memory of their own."""

    def run(pictures: Pixels) -> Floats:
        out = np.empty((graph.batch, part.n_tok, part.n_embd), np.float32)
        graph.run(pictures, out)
        return out

    return run


def reference(model: ModelFolder) -> Reference:
    """In torch where that can be, else by the model's own file."""
    return in_torch(model) or own_file(model)


def normalised(pictures: Pixels, part: VisionPart) -> Floats:
    """float32 [n, 3, height_px, width_px], as the weights want it."""
    mean, std = np.array(part.mean, np.float32), np.array(part.std, np.float32)
    scaled = (pictures / np.float32(255) - mean) / std
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def in_batches(run: Encode, batch: int) -> Encode:
    """Any number of pictures through a graph of a fixed number; what the last batch lacks is made up."""

    def encode(pictures: Pixels) -> Floats:
        lacking = -len(pictures) % batch
        filled = np.concatenate([pictures, pictures[:1].repeat(lacking, 0)])
        found = [run(filled[at : at + batch]) for at in range(0, len(filled), batch)]
        return np.concatenate(found)[: len(pictures)]

    return encode


def forms(model: ModelFolder, names: Sequence[str]) -> list[Installed]:
    """The forms to be checked, all or those whose name has one of `names` in it. Raises MortarError where
    there are none, or one is not of this model.

    Left out are halves of an encoder, and forms for pictures of another size, which have no reference.
    """
    chosen = [one for one in found(model) if not names or any(name in one.sidecar.stem for name in names)]
    for one in chosen:
        if isinstance(one, Unusable):
            raise MortarError("form-wrong", f"{one.sidecar} {one.why}", "convert it again, or remove it")
    own = model.manifest.vision
    whole = [
        one
        for one in chosen
        if isinstance(one, Installed) and one.form.role is Role.WHOLE and one.form.part(own) == own
    ]
    if not whole:
        named = f" with {' or '.join(names)} in its name" if names else ""
        raise MortarError(
            "forms-missing",
            f"there is no whole form of {model.manifest.name}{named}",
            "make one: mortar tools convert",
        )
    return whole


def by(form: Form) -> str:
    """What runs a form here, for the sidecar and for people."""
    names = {
        Runtime.RKNN: f"{toolkit.NAME} simulator",
        Runtime.TFLITE: "TensorFlow Lite",
        Runtime.ONNX: "onnxruntime",
    }
    return names[form.runtime]


@contextmanager
def opened(one: Installed, model: ModelFolder) -> Iterator[Encode]:
    """A form, ready to encode. Raises MortarError."""
    with ExitStack() as held:
        run = RUNNERS[one.form.runtime](one, model, held)
        yield in_batches(run, one.form.batch)


def _rknn(one: Installed, model: ModelFolder, held: ExitStack) -> Encode:
    one.verified()
    return held.enter_context(Session(recipe_of(one))).run


def _tflite(one: Installed, model: ModelFolder, held: ExitStack) -> Encode:
    part = model.manifest.vision
    graph = TfliteVisionGraph(one.verified(), part, threads=1, batch=one.form.batch)
    held.callback(graph.close)
    return through(graph, part)


def _onnx(one: Installed, model: ModelFolder, held: ExitStack) -> Encode:
    import onnxruntime

    session = onnxruntime.InferenceSession(one.verified(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()

    def run(pictures: Pixels) -> Floats:
        found: Floats = session.run(None, {given.name: normalised(pictures, model.manifest.vision)})[0]
        return found

    return run


RUNNERS: dict[Runtime, Callable[[Installed, ModelFolder, ExitStack], Encode]] = {
    Runtime.RKNN: _rknn,
    Runtime.TFLITE: _tflite,
    Runtime.ONNX: _onnx,
}
