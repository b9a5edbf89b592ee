"""From a checkpoint to the files that a board runs: TFLite, GGUF, and the manifest that ties them."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType, LlamaFileType, TokenType
from torch import Tensor, nn

from mortar_tools.cards import tokenizer
from mortar_tools.cards.model import Cards, Language, Vision
from mortar_tools.cards.recipe import read
from mortar_tools.cards.things import CARDS, WORK
from mortar_tools.cards.tokenizer import ANSWER, BOS, CONTROL, END, END_IMAGE, IMAGE, USER
from mortar_tools.cards.train import Run, resume

CONTEXT_TOK = 512
"""More than the longest prompt that the model was trained on, with room to spare."""
MOST_EARLIER_TURNS = 2
LICENCE = "Apache-2.0"

VISION = "vision-f32.tflite"
LANGUAGE = "language-q8_0.gguf"
MANIFEST = "manifest.toml"


class ChannelsLast(nn.Module):
    """The tower for a picture whose colours are innermost, as cameras and NPUs have them."""

    def __init__(self, vision: Vision) -> None:
        super().__init__()
        self.vision = vision

    def forward(self, picture: Tensor) -> Tensor:
        """[1, 128, 128, 3] → [1, 16, width]."""
        return self.vision(picture.permute(0, 3, 1, 2))  # type: ignore[no-any-return]


def write_vision(vision: Vision, path: Path) -> None:
    """The tower as TFLite, float32 throughout."""
    # A slow import that only exporting needs.
    import litert_torch  # type: ignore[import-untyped]

    edge = vision.shape.picture
    module = ChannelsLast(vision).eval()
    litert_torch.convert(module, (torch.zeros(1, edge, edge, 3),)).export(str(path))


def write_vocabulary(writer: gguf.GGUFWriter) -> None:
    """The tokenizer, as llama.cpp's byte-level BPE."""
    model = json.loads(tokenizer.FILE.read_text())["model"]
    tokens = tokenizer.tokens()
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    types = dict.fromkeys(CONTROL, TokenType.CONTROL) | dict.fromkeys(tokenizer.spare(), TokenType.UNUSED)
    writer.add_token_types([types.get(token, TokenType.NORMAL) for token in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokenizer.control(BOS))
    writer.add_eos_token_id(tokenizer.control(END))
    # The start mark is written by whoever writes the prompt, so that there is never a second one.
    writer.add_add_bos_token(False)


def write_language(language: Language, name: str, path: Path) -> None:
    """The decoder as GGUF: matrices in Q8_0, norms in float32."""
    shape = language.shape
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_license(LICENCE)
    writer.add_context_length(CONTEXT_TOK)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.mlp)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_eps)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    write_vocabulary(writer)
    for key, value in language.state_dict().items():
        array = value.detach().float().numpy()
        if array.ndim == 1:
            writer.add_tensor(key, array)
        else:
            kind = GGMLQuantizationType.Q8_0
            writer.add_tensor(key, gguf.quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def part(path: Path) -> dict[str, str | int]:
    """A file's name, hash and size."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"file": path.name, "sha256": digest, "size_bytes": len(content)}


def table(name: str, values: dict[str, str | int | float]) -> str:
    """One TOML table; JSON's spelling of strings and numbers is TOML's too."""
    rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return f"\n[{name}]\n{rows}"


def write_manifest(run: Run, folder: Path) -> None:
    """What the files are, and how they are to be fed."""
    shape, recipe = run.recipe.shape, run.recipe
    vision: dict[str, str | int | float] = {
        **part(folder / VISION),
        "n_tok": shape.image_tokens,
        "n_embd": shape.width,
        "width_px": shape.picture,
        "height_px": shape.picture,
    }
    prompt: dict[str, str | int | float] = {
        "begin": BOS,
        "before_image": IMAGE,
        "after_image": END_IMAGE,
        "before_question": USER,
        "before_answer": ANSWER,
        "end": END,
        "most_earlier_turns": MOST_EARLIER_TURNS,
    }
    about: dict[str, str | int | float] = {
        "version": recipe.version,
        "input": "float32 [1, 128, 128, 3] RGB, (value / 255 - 0.5) / 0.5",
        "parameters": sum(p.numel() for m in (run.model.vision, run.model.language) for p in m.parameters()),
        "trained_steps": run.step,
        "trained_minutes": round(run.seconds / 60, 1),
        "trained_pictures": recipe.training.pictures(run.step),
    }
    text = f"name = {json.dumps(recipe.name)}\nlicence = {json.dumps(LICENCE)}\n"
    text += table("vision", vision) + table("language", dict(part(folder / LANGUAGE)))
    (folder / MANIFEST).write_text(text + table("prompt", prompt) + table("about", about))


def export(run: Run, folder: Path) -> None:
    """Write all files of the model into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    model: Cards = run.model.eval()
    write_vision(model.vision, folder / VISION)
    write_language(model.language, f"mortar {run.recipe.name}", folder / LANGUAGE)
    write_manifest(run, folder)


def main(argv: list[str] | None = None) -> int:
    """Export the checkpoint."""
    parser = argparse.ArgumentParser(description="export the picture cards' model")
    parser.add_argument("--work", type=Path, default=WORK, help="where the checkpoint is")
    parser.add_argument("--out", type=Path, default=CARDS)
    options = parser.parse_args(argv)
    export(resume(read(), options.work), options.out)
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
