"""The model in torch, out of the files of a model folder: they are all that is needed to train it further.

The language model's numbers are what its file keeps of them: out of a 4-bit file they come rounded. The
training heads are in no file; they begin anew.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mortar.errors import MortarError
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards import tokenizer
from mortar_tools.cards.training.model import Cards, Language, Shape
from mortar_tools.vision.towers import read_mmproj
from mortar_tools.vision.towers.shape import Projector, TowerShape
from mortar_tools.weights import gguf_file, llama_sizes
from mortar_tools.weights.gguf_file import GgufModel, Weights

TOKENS = "tokenizer.ggml.tokens"

State = dict[str, Any]


def restore(path: Path) -> Cards:
    """The model of a folder. Raises MortarError where the folder holds another kind of model."""
    folder = ModelFolder(path)
    if MMPROJ not in folder.manifest.extra:
        raise _foreign(f"{path} names no {MMPROJ} file")
    tower = read_mmproj.read(folder.verified(folder.manifest.extra[MMPROJ]))
    language = read_language(folder)
    model = Cards(with_tower(language_shape(language), tower.shape))
    model.language = language_of(language)
    fill(model.vision, dict(tower.state_dict()))
    return model.eval()


def read_language(folder: ModelFolder) -> GgufModel:
    """The language model of a folder."""
    return gguf_file.read(folder.verified(folder.manifest.language))


def require_words(folder: ModelFolder) -> None:
    """Raises MortarError where a folder's model has other words than the cards' tokenizer."""
    if read_language(folder).get(TOKENS) != tokenizer.tokens():
        raise _foreign("its words are not those of models/cards/tokenizer.json")


def language_of(model: GgufModel) -> Language:
    """The decoder of a GGUF. Raises MortarError where it is another kind of model."""
    language = Language(language_shape(model))
    weights = {name: torch.from_numpy(values) for name, values in model.weights.items()}
    for name, module in language.named_modules():
        # Blocks out of which something was cut are narrower.
        if isinstance(module, nn.Linear) and (values := weights.get(f"{name}.weight")) is not None:
            module.weight = nn.Parameter(torch.empty_like(values))
            module.out_features, module.in_features = values.shape
    fill(language, weights)
    return language.eval()


def language_weights(language: Language) -> Weights:
    """The weights under llama.cpp's names."""
    return {name: values.detach().float().numpy() for name, values in language.state_dict().items()}


def fill(module: nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Put weights into a part of the model. Raises MortarError where they are not its own."""
    if differ := set(module.state_dict()) ^ set(weights):
        raise _foreign(f"its tensors are others ({', '.join(sorted(differ)[:3])})")
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise _foreign(str(error).strip().split("\n")[-1].strip()) from None


def language_shape(language: GgufModel) -> Shape:
    """The decoder's sizes, those of the widest block. Raises MortarError where they are no sizes of ours."""
    if language.architecture not in (llama_sizes.UNIFORM, llama_sizes.UNEVEN):
        raise _foreign(f"its language model is of architecture {language.architecture}")
    head_count = language.get(".attention.head_count")
    if language.get(".attention.head_count_kv", head_count) != head_count:
        raise _foreign("its attention heads share keys and values")
    try:
        width = int(language.get(".embedding_length"))
        return Shape(
            width=width,
            layers=int(language.get(".block_count")),
            heads=width // llama_sizes.head_dim(language),
            mlp=max(llama_sizes.channels(language.weights)),
            vocabulary=len(language.get(TOKENS)),
            rope_base=language.get(".rope.freq_base", 10000.0),
            # A float32 in the file.
            norm_eps=float(f"{language.get('.attention.layer_norm_rms_epsilon'):.6g}"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign(f"a key or tensor of its language model is missing ({error})") from None


def with_tower(language: Shape, tower: TowerShape) -> Shape:
    """The sizes of both parts together. Raises MortarError where the tower is no tower of ours."""
    if tower.projector is not Projector.MATRIX or tower.projector_norm or tower.padding:
        raise _foreign(f"its projector is another ({tower.projector})")
    if tower.n_embd != language.width:
        raise _foreign(f"its image tokens are {tower.n_embd} wide, its language model {language.width}")
    return replace(
        language,
        vision_width=tower.width,
        vision_layers=tower.layers,
        vision_heads=tower.heads,
        vision_mlp=tower.mlp,
        picture=tower.picture_px,
        patch=tower.patch_px,
        shuffle=tower.shuffle,
    )


def state(path: Path) -> State:
    """The model of a folder as a checkpoint has it, without its optimiser and its training heads."""
    folder, model = ModelFolder(path), restore(path)
    about = folder.manifest.about
    return {
        "words": read_language(folder).get(TOKENS),
        "classes": [],
        "model": {name: value for name, value in model.state_dict().items() if "_head." not in name},
        "seconds": 60.0 * float(str(about.get("trained_minutes", 0))),
        "pictures": int(str(about.get("trained_pictures", 0))),
    }


def _foreign(why: str) -> MortarError:
    return MortarError(
        "model-foreign",
        f"this is no model in the shape of the bundled one: {why}",
        "take models/cards, or a folder that was trained, pruned or fine-tuned from it",
    )
