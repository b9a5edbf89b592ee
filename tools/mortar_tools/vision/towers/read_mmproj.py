"""A tower out of an mmproj GGUF, so that what llama.cpp runs can be converted too.

Read are the projector types lfm2, idefics3, janus_pro and mlp, of SigLIP's shape: learned positions, no
class token, no norm before the blocks, GELU in its tanh form.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf.quants import dequantize

from mortar.errors import MortarError
from mortar_tools.vision.towers.mmproj import BLOCK, LAYERS, POSITION, Kind, Weights
from mortar_tools.vision.towers.shape import Projector, TowerShape
from mortar_tools.vision.towers.tower import Tower

MLP_LAYERS = LAYERS | {Kind.MLP: (0, 2)}

TRIPLE = ("attn_q", "attn_k", "attn_v")
"""What attn_qkv is made of where it is not one."""


def read(path: Path) -> Tower:
    """The tower of an mmproj GGUF. Raises MortarError where it is none, or one of another shape."""
    try:
        reader = gguf.GGUFReader(path)
        keys = {name: field.contents() for name, field in reader.fields.items()}
        held = {one.name: dequantize(one.data, one.tensor_type) for one in reader.tensors}
        # dequantize() leaves float16 as it is.
        tensors = {name: np.asarray(values, np.float32) for name, values in held.items()}
        return _tower(keys, tensors)
    except KeyError as error:
        raise _wrong(path, f"has no {error.args[0]}") from None
    except (OSError, ValueError, IndexError, NotImplementedError) as error:
        raise _wrong(path, str(error).strip().partition("\n")[0]) from None


def _wrong(path: Path, why: str) -> MortarError:
    return MortarError(
        "mmproj-unreadable",
        f"{path} is no mmproj GGUF of a tower that can be converted: {why}",
        "take one of projector type lfm2, idefics3, janus_pro or mlp, or an ONNX file of the encoder",
    )


def _tower(keys: Mapping[str, Any], tensors: Weights) -> Tower:
    """Raises KeyError or ValueError, which say what is missing or wrong."""
    kind = _kind(keys)
    _refuse_others(keys, tensors)
    layers = _layers(keys, kind)
    weights = _blocks(tensors, layers, keys["clip.vision.embedding_length"])
    weights |= _projector(tensors, kind)
    tower = Tower(_shape(keys, weights, layers))
    wanted = tower.state_dict()
    if (differ := set(wanted) ^ set(weights)) or (differ := _misshapen(wanted, weights)):
        raise ValueError(f"its tensors do not fit together ({', '.join(sorted(differ)[:3])})")
    tower.load_state_dict({name: torch.tensor(values) for name, values in weights.items()})
    return tower.eval()


def _kind(keys: Mapping[str, Any]) -> Kind:
    name = keys["clip.projector_type"]
    if name not in list(Kind):
        raise ValueError(f"its projector type is {name}")
    return Kind(name)


def _misshapen(wanted: Mapping[str, torch.Tensor], weights: Weights) -> set[str]:
    return {name for name, values in wanted.items() if tuple(values.shape) != weights[name].shape}


def _refuse_others(keys: Mapping[str, Any], tensors: Weights) -> None:
    others = {
        "v.class_embd": "it has a class token",
        "v.pre_ln.weight": "it has a norm before its blocks",
        "v.image_newline": "it has rows of tokens that end in one of their own",
    }
    for name, what in others.items():
        if name in tensors:
            raise ValueError(what)
    if not keys.get("clip.use_gelu", False):
        raise ValueError("its activation is not GELU")


def _layers(keys: Mapping[str, Any], kind: Kind) -> int:
    """Blocks that are run: the LLaVA graph of llama.cpp leaves the last one out unless it is named."""
    held = int(keys["clip.vision.block_count"])
    if kind is not Kind.MLP:
        return held
    named = keys.get("clip.vision.feature_layer", [held - 1])
    if len(named) != 1:
        raise ValueError("it puts the outputs of several layers side by side")
    return int(named[0])


def _shape(keys: Mapping[str, Any], weights: Weights, layers: int) -> TowerShape:
    two = "project_out.weight" in weights
    last = weights["project_out.weight" if two else "project.weight"]
    one = Projector.LINEAR if "project.bias" in weights else Projector.MATRIX
    return TowerShape(
        picture_px=keys["clip.vision.image_size"],
        patch_px=keys["clip.vision.patch_size"],
        width=keys["clip.vision.embedding_length"],
        layers=layers,
        heads=keys["clip.vision.attention.head_count"],
        mlp=len(weights["blocks.0.up.bias"]),
        n_embd=len(last),
        shuffle=keys.get("clip.vision.projector.scale_factor", 1),
        projector=Projector.MLP if two else one,
        hidden=len(weights["project.weight"]) if two else 0,
        projector_norm="project_norm.weight" in weights,
        # A float32 in the file.
        norm_eps=float(f"{keys['clip.vision.attention.layer_norm_epsilon']:.6g}"),
        mean=tuple(round(value, 6) for value in keys["clip.vision.image_mean"]),
        std=tuple(round(value, 6) for value in keys["clip.vision.image_std"]),
    )


def _blocks(tensors: Weights, layers: int, width: int) -> Weights:
    found = {"position": tensors[POSITION]}
    for one in ("weight", "bias"):
        found[f"patch.{one}"] = tensors[f"v.patch_embd.{one}"]
        found[f"post.{one}"] = tensors[f"v.post_ln.{one}"]
        for layer in range(layers):
            there = f"v.blk.{layer}"
            for ours, theirs in BLOCK.items():
                name = f"{there}.{theirs}.{one}"
                if ours == "qkv" and name not in tensors:
                    parts = [tensors[f"{there}.{part}.{one}"] for part in TRIPLE]
                    found[f"blocks.{layer}.qkv.{one}"] = np.concatenate(parts)
                else:
                    found[f"blocks.{layer}.{ours}.{one}"] = tensors[name]
    for layer in range(layers):
        # Older files have the two the other way round, which llama.cpp puts right as well.
        if len(found[f"blocks.{layer}.up.bias"]) == width < len(found[f"blocks.{layer}.down.bias"]):
            for one in ("weight", "bias"):
                up, down = f"blocks.{layer}.up.{one}", f"blocks.{layer}.down.{one}"
                found[up], found[down] = found[down], found[up]
    return found


def _projector(tensors: Weights, kind: Kind) -> Weights:
    if kind is Kind.IDEFICS3:
        return {"project.weight": tensors["mm.model.fc.weight"]}
    first, second = MLP_LAYERS[kind]
    found = {"project.weight": tensors[f"mm.{first}.weight"], "project.bias": tensors[f"mm.{first}.bias"]}
    if f"mm.{second}.weight" in tensors:
        found["project_out.weight"] = tensors[f"mm.{second}.weight"]
        found["project_out.bias"] = tensors[f"mm.{second}.bias"]
        found = _one_layer(found)
    for one in ("weight", "bias"):
        if f"mm.input_norm.{one}" in tensors:
            found[f"project_norm.{one}"] = tensors[f"mm.input_norm.{one}"]
    return found


def _one_layer(found: Weights) -> Weights:
    """Two layers that `mmproj.two_layers` made of one are one again."""
    matrix, out = found["project.weight"], found["project_out.weight"]
    n_embd = len(out)
    unit = np.eye(n_embd, dtype=np.float32)
    doubled = len(matrix) == 2 * n_embd and not found["project.bias"].any()
    if not (
        doubled
        and np.array_equal(matrix[:n_embd], -matrix[n_embd:])
        and np.array_equal(out, np.concatenate([unit, -unit], 1))
    ):
        return found
    one = {"project.weight": matrix[:n_embd]}
    return one | ({"project.bias": found["project_out.bias"]} if found["project_out.bias"].any() else {})
