"""The tower as an mmproj GGUF, which an unmodified libmtmd runs (tools/mtmd/clip.cpp in llama.cpp).

Projector type lfm2: a SigLIP tower with learned positions and 2×2 pixel unshuffle, one picture a
prompt, between the texts <|image_start|> and <|image_end|>, which are our own marks. (Type idefics3
has the same tower, but always shows a picture twice, whole and in tiles, between marks of its own.)

libmtmd wants the picture at the model's size; it would cut a larger one into tiles. It also wants 64
to 256 image tokens, unless it is told how many there are:

    llama-mtmd-cli --jinja -m language-*.gguf --mmproj vision-mmproj-f16.gguf --temp 0 \\
        --image-min-tokens 16 --image-max-tokens 16 --image cards-128x128.png -p "what do you see"
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.training.model import Vision

PROJECTOR = "lfm2"
MARKS = ("<|image_start|>", "<|image_end|>")
"""What libmtmd writes around a picture of this type."""

BLOCK = {
    "ln1": "ln1",
    "qkv": "attn_qkv",
    "out": "attn_out",
    "ln2": "ln2",
    "up": "ffn_up",
    "down": "ffn_down",
}
"""A block's layers, here → there."""


def write(vision: Vision, name: str, licence: str, path: Path) -> None:
    """The tower, matrices in float16, all else in float32."""
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_name(name)
    writer.add_license(licence)
    add_shape(writer, vision)
    for key, array in tensors(vision).items():
        matrix = array.ndim > 1 and key != "v.position_embd.weight"
        writer.add_tensor(key, np.ascontiguousarray(array, np.float16 if matrix else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_shape(writer: gguf.GGUFWriter, vision: Vision) -> None:
    """The keys that libmtmd reads."""
    shape = vision.shape
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type(PROJECTOR)
    writer.add_vision_image_size(shape.picture)
    writer.add_vision_patch_size(shape.patch)
    writer.add_vision_embedding_length(shape.vision_width)
    writer.add_vision_feed_forward_length(shape.vision_mlp)
    writer.add_vision_block_count(shape.vision_layers)
    writer.add_vision_head_count(shape.vision_heads)
    writer.add_vision_attention_layernorm_eps(vision.post.eps)
    # The tanh form of GELU, as in torch.
    writer.add_vision_use_gelu(True)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_vision_projector_scale_factor(shape.shuffle)
    writer.add_vision_projection_dim(shape.width)


def tensors(vision: Vision) -> dict[str, NDArray[np.float32]]:
    """The weights under libmtmd's names."""
    weights = {key: value.detach().float().numpy() for key, value in vision.state_dict().items()}
    named = {"v.position_embd.weight": weights["position"]}
    for kind in ("weight", "bias"):
        named[f"v.patch_embd.{kind}"] = weights[f"patch.{kind}"]
        named[f"v.post_ln.{kind}"] = weights[f"post.{kind}"]
        for layer in range(vision.shape.vision_layers):
            for ours, theirs in BLOCK.items():
                named[f"v.blk.{layer}.{theirs}.{kind}"] = weights[f"blocks.{layer}.{ours}.{kind}"]
    return named | projector(weights["project.weight"])


def projector(matrix: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """lfm2's two layers with a GELU between them, made to be our one matrix without it.

    GELU(x) - GELU(-x) = x, so the first layer gives x and -x, and the second takes their difference.
    """
    width = len(matrix)
    unit = np.eye(width, dtype=np.float32)
    return {
        "mm.1.weight": np.concatenate([matrix, -matrix]),
        "mm.1.bias": np.zeros(2 * width, np.float32),
        "mm.2.weight": np.concatenate([unit, -unit], 1),
        "mm.2.bias": np.zeros(width, np.float32),
    }
