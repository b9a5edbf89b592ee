"""manifest.toml: which files a model folder has, and how they are to be fed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from mortar.runtimes.manifest import MANIFEST
from mortar_tools.cards.export.loss import Loss
from mortar_tools.cards.language.answers import UNANSWERABLE, UNKNOWN_WORD
from mortar_tools.cards.tokenizer import ANSWER, BOS, END, END_IMAGE, IMAGE, USER
from mortar_tools.cards.training.checkpoint import Run

LICENCE = "Apache-2.0"
MOST_EARLIER_TURNS = 2

LEAST_CONFIDENCE = 0.6
"""See `model_folder.Taught`: measured on the bundled model, larger or later ones may want another."""

Values = dict[str, str | int | float | list[str]]


def part(path: Path) -> Values:
    """A file's name, hash and size."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"file": path.name, "sha256": digest, "size_bytes": len(content)}


def table(name: str, values: Values) -> str:
    """One TOML table; JSON's spelling of strings and numbers is TOML's too."""
    rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return f"\n[{name}]\n{rows}"


def about(run: Run) -> Values:
    """Facts for people."""
    shape, recipe = run.recipe.shape, run.recipe
    trained = (run.model.vision, run.model.language)
    return {
        "version": recipe.version,
        "size": recipe.size,
        "input": f"float32 [1, {shape.picture}, {shape.picture}, 3] RGB, (value / 255 - 0.5) / 0.5",
        "parameters": sum(p.numel() for module in trained for p in module.parameters()),
        "trained_steps": run.step,
        "trained_minutes": round(run.seconds / 60, 1),
        "trained_pictures": run.pictures,
    }


LANGUAGES = ["en"]

PROMPT: Values = {
    "begin": BOS,
    "before_image": IMAGE,
    "after_image": END_IMAGE,
    "before_question": USER,
    "before_answer": ANSWER,
    "end": END,
    "most_earlier_turns": MOST_EARLIER_TURNS,
}

TAUGHT: Values = {"least_confidence": LEAST_CONFIDENCE, "cannot": [UNKNOWN_WORD, UNANSWERABLE]}


def write(
    run: Run,
    folder: Path,
    vision: Path,
    language: Path,
    extra: Mapping[str, Path],
    losses: Mapping[str, Loss],
) -> None:
    """The manifest of the files in a folder; `losses` of the types that the language model could have."""
    shape = run.recipe.shape
    fed: Values = {
        "n_tok": shape.image_tokens,
        "n_embd": shape.width,
        "width_px": shape.picture,
        "height_px": shape.picture,
        "closeup": run.recipe.training.closeups,
    }
    text = f"name = {json.dumps(run.recipe.name)}\nlicence = {json.dumps(LICENCE)}\n"
    text += f"languages = {json.dumps(LANGUAGES)}\n"
    text += table("vision", part(vision) | fed) + table("language", part(language)) + table("prompt", PROMPT)
    text += table("taught", TAUGHT)
    text += "".join(table(f"extra.{name}", part(path)) for name, path in extra.items())
    text += table("about", about(run))
    for name, loss in losses.items():
        text += table(f"about.language.{name}", {"loss_per_token": loss.nats, "exact": loss.exact})
    (folder / MANIFEST).write_text(text, encoding="utf-8")
