"""A prompt's begin that comes from the disk, against reading it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mortar.bricks.language.memory import Memory
from mortar.bricks.language.prefix import LEAST_TOK, Prefix
from mortar.bricks.language.prompt import Composer
from mortar.bricks.language.state_files import StateFiles
from mortar.clock import now_ms
from mortar.errors import MortarError
from mortar.runtimes import choose
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.bench.figures import Figure, figure, repeated
from mortar_tools.bench.models import Measured

AGAINST = "reading it"
WARM_UP = 1


def measure(measured: Measured, folder: Path, n: int) -> Iterator[Figure]:
    """`n` times each way, taking turns; nothing of a model whose prompts begin with too little to be kept."""
    settings, model_folder = measured.settings.language, ModelFolder(measured.folder)
    read_ms, restored_ms = [], []
    with closing(choose.language_model(settings, model_folder, lambda: False)) as model:
        composer = Composer(model, choose.prompt(settings, model_folder, model), settings.answer_tok)
        tokens = composer.begin()
        if len(tokens) < LEAST_TOK:
            return  # read about as soon as it would be found on the disk
        identity = model_folder.identity(model_folder.manifest.language)
        for _ in repeated(f"{measured.name}: warm start", WARM_UP + n):
            model.keep(0)
            prefix = Prefix(tokens, identity, model, StateFiles(folder / "states", _fail))
            began_ms = now_ms()
            Memory(model, settings.chunk_tok).bring(tokens, None)
            read_ms.append(now_ms() - began_ms)
            prefix.was_read(model)
            prefix.write()
            began_ms = now_ms()
            assert prefix.restore(model)
            restored_ms.append(now_ms() - began_ms)
    ratios = [warm / cold for warm, cold in zip(restored_ms, read_ms, strict=True)]
    yield figure(f"{measured.name}_prefix_tok", [len(tokens)], "tok")
    yield figure(f"{measured.name}_prefix_read_ms", read_ms[WARM_UP:], "ms")
    yield figure(f"{measured.name}_warm_start_ratio", ratios[WARM_UP:], "ratio", AGAINST)


def _fail(error: MortarError) -> None:
    raise error
