"""Where a model's prompt comes from: its manifest, or its own chat template."""

from __future__ import annotations

from mortar.errors import MortarError
from mortar.runtimes import gguf_file
from mortar.runtimes.chat import Marks
from mortar.runtimes.chat_template import WRITE_IT, taken_apart
from mortar.runtimes.interfaces import LanguageModel
from mortar.runtimes.manifest import Prompt
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.projectors import projector


def prompt(folder: ModelFolder, model: LanguageModel, system: str) -> Prompt:
    """Raises MortarError where neither gives one."""
    if folder.manifest.prompt is not None:
        return folder.manifest.prompt
    if model.chat is None:
        raise MortarError(
            "chat-template-unusable", f"the model {folder.manifest.name} has no chat template", WRITE_IT
        )
    return taken_apart(model.chat, system, _marks(folder), model.control_tokens)


def _marks(folder: ModelFolder) -> Marks | None:
    """None for a model of text alone."""
    manifest = folder.manifest
    if manifest.vision is None:
        return None
    if manifest.mmproj is None:
        raise MortarError(
            "chat-template-unusable",
            f"the model {manifest.name} has no mmproj file, which says what stands around a picture",
            WRITE_IT,
        )
    known = projector(gguf_file.read(folder.path / manifest.mmproj.file))
    return Marks(known.begin, known.end)
