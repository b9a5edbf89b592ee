"""A tower as an mmproj GGUF, which an unmodified libmtmd runs (tools/mtmd in llama.cpp).

Projector type lfm2: a SigLIP tower with learned positions, pixel unshuffle and a two-layer projector, one
picture a prompt, between the texts <|image_start|> and <|image_end|>. janus_pro is the same without
reduction. idefics3, the type of SmolVLM, has the same tower and one matrix, but libmtmd always shows a
picture of it twice, whole and in tiles.

libmtmd wants the picture at the model's size; it would cut a larger one into tiles. For lfm2 it also wants
64 to 256 image tokens, unless it is told how many there are:

    llama-mtmd-cli --jinja -m language-*.gguf --mmproj vision-mmproj-f16.gguf --temp 0 \\
        --image-min-tokens 16 --image-max-tokens 16 --image cards-128x128.png -p "what do you see"
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from mortar.errors import MortarError
from mortar_tools.vision.towers.shape import Gelu, Projector, TowerShape
from mortar_tools.vision.towers.tower import Tower

Weights = dict[str, NDArray[np.float32]]


class Kind(StrEnum):
    """llama.cpp's projector types that we write and read."""

    LFM2 = "lfm2"
    JANUS_PRO = "janus_pro"
    IDEFICS3 = "idefics3"
    MLP = "mlp"
    """Read alone: the LLaVA graph leaves the last layer out unless it is told not to."""


MARKS = ("<|image_start|>", "<|image_end|>")
"""What libmtmd writes around a picture of type lfm2."""

BLOCK = {
    "ln1": "ln1",
    "qkv": "attn_qkv",
    "out": "attn_out",
    "ln2": "ln2",
    "up": "ffn_up",
    "down": "ffn_down",
}
"""A block's layers, here → there."""

LAYERS = {Kind.LFM2: (1, 2), Kind.JANUS_PRO: (0, 1)}
"""The numbers of the projector's two layers in `mm.N`."""

POSITION = "v.position_embd.weight"


def kind_of(shape: TowerShape) -> Kind:
    """The projector type that a tower is written as, unless another is asked for."""
    return Kind.LFM2 if shape.shuffle > 1 else Kind.JANUS_PRO


def write(tower: Tower, name: str, licence: str, path: Path, kind: Kind | None = None) -> None:
    """The tower, matrices in float16, all else in float32. Raises MortarError where llama.cpp has no such
    projector or no such GELU."""
    kind = kind or kind_of(tower.shape)
    _check(tower.shape, kind)
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_name(name)
    writer.add_license(licence)
    add_shape(writer, tower.shape, kind)
    for key, array in tensors(tower, kind).items():
        matrix = array.ndim > 1 and key != POSITION
        writer.add_tensor(key, np.ascontiguousarray(array, np.float16 if matrix else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _check(shape: TowerShape, kind: Kind) -> None:
    # libmtmd pads no grid: it shrinks or enlarges the picture until there is an even one.
    even = shape.shuffle > 1 and not shape.padding
    fits = {
        Kind.LFM2: even,
        Kind.JANUS_PRO: shape.shuffle == 1 and not shape.projector_norm,
        Kind.IDEFICS3: even and shape.projector is Projector.MATRIX and not shape.projector_norm,
        Kind.MLP: False,
    }
    if not fits[kind] or shape.gelu is not Gelu.TANH:
        raise MortarError(
            "mmproj-shape",
            f"llama.cpp has no projector type {kind} for this tower (grid {shape.grid}, shuffle "
            f"{shape.shuffle}, projector {shape.projector}, GELU {shape.gelu})",
            "use another projector type, or another form than mmproj",
        )


def add_shape(writer: gguf.GGUFWriter, shape: TowerShape, kind: Kind) -> None:
    """The keys that libmtmd reads."""
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type(str(kind))
    writer.add_vision_image_size(shape.picture_px)
    writer.add_vision_patch_size(shape.patch_px)
    writer.add_vision_embedding_length(shape.width)
    writer.add_vision_feed_forward_length(shape.mlp)
    writer.add_vision_block_count(shape.layers)
    writer.add_vision_head_count(shape.heads)
    writer.add_vision_attention_layernorm_eps(shape.norm_eps)
    # The tanh form of GELU, as in torch.
    writer.add_vision_use_gelu(True)
    writer.add_vision_image_mean(list(shape.mean))
    writer.add_vision_image_std(list(shape.std))
    writer.add_vision_projector_scale_factor(shape.shuffle)
    writer.add_vision_projection_dim(shape.n_embd)


def tensors(tower: Tower, kind: Kind) -> Weights:
    """The weights under libmtmd's names."""
    weights = {key: value.detach().float().numpy() for key, value in tower.state_dict().items()}
    named = {POSITION: weights["position"]}
    for one in ("weight", "bias"):
        named[f"v.patch_embd.{one}"] = weights[f"patch.{one}"]
        named[f"v.post_ln.{one}"] = weights[f"post.{one}"]
        if tower.shape.projector_norm:
            named[f"mm.input_norm.{one}"] = weights[f"project_norm.{one}"]
        for layer in range(tower.shape.layers):
            for ours, theirs in BLOCK.items():
                named[f"v.blk.{layer}.{theirs}.{one}"] = weights[f"blocks.{layer}.{ours}.{one}"]
    if kind is Kind.IDEFICS3:
        return named | {"mm.model.fc.weight": weights["project.weight"]}
    return named | two_layers(weights, tower.shape, *LAYERS[kind])


def two_layers(weights: Weights, shape: TowerShape, first: int, second: int) -> Weights:
    """The projector as two layers with a GELU between them, made to be our one without it where it is one.

    GELU(x) - GELU(-x) = x, so the first layer gives x and -x, and the second takes their difference.
    """
    if shape.projector is Projector.MLP:
        matrix, bias = weights["project.weight"], weights["project.bias"]
        out, shift = weights["project_out.weight"], weights["project_out.bias"]
    else:
        unit = np.eye(shape.n_embd, dtype=np.float32)
        matrix = np.concatenate([weights["project.weight"], -weights["project.weight"]])
        bias, out = np.zeros(2 * shape.n_embd, np.float32), np.concatenate([unit, -unit], 1)
        shift = weights.get("project.bias", np.zeros(shape.n_embd, np.float32))
    return {
        f"mm.{first}.weight": matrix,
        f"mm.{first}.bias": bias,
        f"mm.{second}.weight": out,
        f"mm.{second}.bias": shift,
    }
