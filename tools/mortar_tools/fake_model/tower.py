"""The vision tower: libmtmd's names of its tensors and keys (tools/mtmd/clip-impl.h in llama.cpp)."""

from __future__ import annotations

from collections.abc import Iterator

import gguf

from mortar_tools.fake_model.shapes import Tower
from mortar_tools.fake_model.weights import Kind, Tensor, matrix, scale, vector

LONGEST_EDGE = "clip.vision.preproc_image_size"
SPAN_TWO_FRAMES = ("qwen2vl_merger", "qwen3vl_merger")
"""Projectors of towers with a kernel for each of two frames."""

FEATURE_LAYER = "clip.vision.feature_layer"


def tensors(shape: Tower, n_embd: int, kind: Kind) -> Iterator[Tensor]:
    """`n_embd`: width of the language model."""
    yield from _patches(shape)
    for layer in range(shape.layers):
        yield from _block(shape, f"v.blk.{layer}", kind)
    yield from _norm("v.post_ln", shape.width)
    yield from _projector(shape, n_embd, kind)


def _patches(shape: Tower) -> Iterator[Tensor]:
    kernel = (shape.width, 3, shape.patch_px, shape.patch_px)
    yield Tensor("v.patch_embd.weight", kernel, Kind.F16)
    if shape.projector in SPAN_TWO_FRAMES:
        yield Tensor("v.patch_embd.weight.1", kernel, Kind.F16)
    if shape.projector == "qwen2vl_merger":
        return  # its positions are rotary alone
    yield vector("v.patch_embd.bias", shape.width)
    yield Tensor("v.position_embd.weight", (shape.grid**2, shape.width), None)


def _block(shape: Tower, name: str, kind: Kind) -> Iterator[Tensor]:
    yield from _norm(f"{name}.ln1", shape.width)
    if shape.projector == "qwen3vl_merger":
        yield from _linear(f"{name}.attn_qkv", 3 * shape.width, shape.width, kind)
    else:
        for part in ("attn_q", "attn_k", "attn_v"):
            yield from _linear(f"{name}.{part}", shape.width, shape.width, kind)
    yield from _linear(f"{name}.attn_out", shape.width, shape.width, kind)
    yield from _norm(f"{name}.ln2", shape.width)
    yield from _linear(f"{name}.ffn_up", shape.mlp, shape.width, kind)
    yield from _linear(f"{name}.ffn_down", shape.width, shape.mlp, kind)


def _projector(shape: Tower, n_embd: int, kind: Kind) -> Iterator[Tensor]:
    merged = shape.width * shape.merged**2
    match shape.projector:
        case "idefics3":
            yield matrix("mm.model.fc.weight", n_embd, merged, kind)
        case "mlp":
            yield from _linear("mm.0", n_embd, merged, kind)
            yield from _linear("mm.2", n_embd, n_embd, kind)
        case "gemma3":
            yield matrix("mm.input_projection.weight", shape.width, n_embd, kind)
            yield scale("mm.soft_emb_norm.weight", shape.width)
        case "qwen2vl_merger" | "qwen3vl_merger":
            yield from _linear("mm.0", merged, merged, kind)
            yield from _linear("mm.2", n_embd, merged, kind)
            for layer in shape.deep:
                yield from _norm(f"v.deepstack.{layer}.norm", merged)
                yield from _linear(f"v.deepstack.{layer}.fc1", merged, merged, kind)
                yield from _linear(f"v.deepstack.{layer}.fc2", n_embd, merged, kind)


def _linear(name: str, rows: int, columns: int, kind: Kind) -> Iterator[Tensor]:
    yield matrix(f"{name}.weight", rows, columns, kind)
    yield vector(f"{name}.bias", rows)


def _norm(name: str, length: int) -> Iterator[Tensor]:
    yield scale(f"{name}.weight", length)
    yield vector(f"{name}.bias", length)


def add_keys(writer: gguf.GGUFWriter, shape: Tower, n_embd: int) -> None:
    """What libmtmd reads."""
    writer.add_type("mmproj")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type(shape.projector)
    writer.add_vision_image_size(shape.picture_px)
    writer.add_vision_patch_size(shape.patch_px)
    writer.add_vision_embedding_length(shape.width)
    writer.add_vision_feed_forward_length(shape.mlp)
    writer.add_vision_block_count(shape.layers)
    writer.add_vision_head_count(shape.heads)
    writer.add_vision_attention_layernorm_eps(shape.norm_eps)
    writer.add_vision_use_gelu(shape.gelu == "tanh")
    writer.add_vision_image_mean(list(shape.mean))
    writer.add_vision_image_std(list(shape.std))
    writer.add_vision_projection_dim(n_embd)
    if shape.merged > 1:
        writer.add_vision_projector_scale_factor(shape.merged)
    if shape.projector == "mlp":
        # libmtmd would leave the last layer out, as LLaVA 1.5 does.
        writer.add_array(FEATURE_LAYER, [shape.layers])
    if shape.longest_px:
        writer.add_uint32(LONGEST_EDGE, shape.longest_px)
