"""The model in torch, out of the files of a model folder: they are all that is needed to train it further.

The language model's numbers are what its file keeps of them: out of a 4-bit file they come rounded. The
training heads are in no file; they begin anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from mortar.errors import MortarError
from mortar.runtimes.model_folder import MMPROJ, ModelFolder
from mortar_tools.cards.training.model import Cards, Language, Shape
from mortar_tools.vision.towers import read_mmproj
from mortar_tools.vision.towers.shape import Projector, TowerShape
from mortar_tools.weights import gguf_file
from mortar_tools.weights.gguf_file import GgufModel

ARCHITECTURE = "llama"
TOKENS = "tokenizer.ggml.tokens"

State = dict[str, Any]


def restore(path: Path) -> Cards:
    """The model of a folder. Raises MortarError where the folder holds another kind of model."""
    folder = ModelFolder(path)
    language = read_language(folder)
    if MMPROJ not in folder.manifest.extra:
        raise _foreign(path, f"its manifest names no {MMPROJ} file")
    tower = read_mmproj.read(folder.verified(folder.manifest.extra[MMPROJ]))
    model = Cards(shape_of(path, language, tower.shape))
    weights = {f"language.{name}": torch.from_numpy(values) for name, values in language.weights.items()}
    weights |= {f"vision.{name}": values for name, values in tower.state_dict().items()}
    wanted = {name for name in model.state_dict() if "_head." not in name}
    if differ := wanted ^ set(weights):
        raise _foreign(path, f"its tensors are others ({', '.join(sorted(differ)[:3])})")
    try:
        model.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise _foreign(path, " ".join(str(error).split())[:200]) from None
    return model.eval()


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


def read_language(folder: ModelFolder) -> GgufModel:
    """The language model of a folder."""
    return gguf_file.read(folder.verified(folder.manifest.language))


def language_weights(language: Language) -> gguf_file.Weights:
    """The weights under llama.cpp's names."""
    return {name: values.detach().float().numpy() for name, values in language.state_dict().items()}


def shape_of(path: Path, language: GgufModel, tower: TowerShape) -> Shape:
    """The sizes of both parts. Raises MortarError where they are no sizes of our model."""
    if language.architecture != ARCHITECTURE:
        raise _foreign(path, f"its language model is of architecture {language.architecture}")
    if tower.projector is not Projector.MATRIX or tower.projector_norm or tower.padding:
        raise _foreign(path, f"its projector is {tower.projector}")
    width, heads = language.get(".embedding_length"), language.get(".attention.head_count")
    if language.get(".attention.head_count_kv", heads) != heads:
        raise _foreign(path, "its attention heads share keys and values")
    return Shape(
        vision_width=tower.width,
        vision_layers=tower.layers,
        vision_heads=tower.heads,
        vision_mlp=tower.mlp,
        width=width,
        layers=language.get(".block_count"),
        heads=heads,
        mlp=language.get(".feed_forward_length"),
        vocabulary=len(language.get(TOKENS)),
        picture=tower.picture_px,
        patch=tower.patch_px,
        shuffle=tower.shuffle,
        rope_base=language.get(".rope.freq_base", 10000.0),
        # A float32 in the file.
        norm_eps=float(f"{language.get('.attention.layer_norm_rms_epsilon'):.6g}"),
    )


def _foreign(path: Path, why: str) -> MortarError:
    return MortarError(
        "model-foreign",
        f"{path} is no model in the shape of the bundled one: {why}",
        "take models/cards, or a folder that was trained, pruned or fine-tuned from it",
    )
