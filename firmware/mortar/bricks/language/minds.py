"""The models of the cascade that are on this board: the small one always, a larger one once it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from mortar import languages, resources
from mortar.bricks.language.interpreter import Interpreter, interpreter
from mortar.bricks.language.mind import Mind
from mortar.bricks.language.pictures import Pictures
from mortar.bricks.language.speculation.prepare import Speculation, prepare
from mortar.bricks.language.state_files import StateFiles
from mortar.errors import MortarError
from mortar.runtimes import choose
from mortar.runtimes.interfaces import Held, Interrupted, LanguageModel
from mortar.runtimes.manifest import Manifest
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Language
from mortar.tiers import Tier
from mortar.worker import Worker

PREFIXES = "prefixes"
"""Folder of what prompts begin with, in the cache folder."""

LOAD_DEADLINE_MS = 120_000
"""Longest time to verify and load a model: some gigabytes from a slow card."""


class Minds:
    """Belongs to the event loop; models are loaded in the worker's thread."""

    def __init__(self, worker: Worker, models: Sequence[Tier], should_stop: Callable[[], bool]) -> None:
        self._worker = worker
        self._models = models
        self._should_stop = should_stop
        self._files = StateFiles(resources.cache_folder() / PREFIXES, _complaints(worker))
        self._loaded: dict[int, Mind] = {}
        self._pictures: dict[int, Pictures] = {}
        """The eye offers a ring once, so they outlast their model."""

    def __len__(self) -> int:
        """How many there are to ask, loaded or not."""
        return len(self._models)

    @property
    def loaded(self) -> Sequence[Mind]:
        return tuple(self._loaded.values())

    @property
    def held(self) -> list[Held]:
        """Memory of those that are loaded."""
        return [held for mind in self.loaded for held in mind.held]

    def name(self, tier: int) -> str:
        return self._models[tier].name

    def at(self, tier: int) -> Mind | None:
        """None: it is not loaded."""
        return self._loaded.get(tier)

    async def load(self, tier: int) -> Mind:
        """Raises MortarError where it cannot be; Interrupted where it is not wanted any more."""
        if (mind := self._loaded.get(tier)) is not None:
            return mind
        name, folder = self._models[tier].name, ModelFolder(self._models[tier].folder)
        settings = self._worker.settings.language
        model, speculation = await self._worker.job(
            f"load {name}", LOAD_DEADLINE_MS, _load, settings, folder, self._should_stop
        )
        if speculation.trouble is not None:
            self._worker.failed(speculation.trouble)
        pictures = self._pictures.setdefault(tier, Pictures(model.n_embd))
        between = _between(self._worker, folder.manifest)
        prompt = choose.prompt(settings, folder, model)
        mind = Mind(name, model, folder, prompt, settings, speculation, pictures, between, self._files)
        await self._worker.job(f"restore the prefix of {name}", LOAD_DEADLINE_MS, mind.restore)
        self._loaded[tier] = mind
        return mind

    def unload_larger(self) -> None:
        """All but the first; none of them may be at work."""
        for tier in [tier for tier in self._loaded if tier > 0]:
            self._loaded.pop(tier).close()


def _load(
    settings: Language, folder: ModelFolder, should_stop: Callable[[], bool]
) -> tuple[LanguageModel, Speculation]:
    model = choose.language_model(settings, folder, should_stop)
    try:
        return model, prepare(settings, model, folder, should_stop)
    except (Interrupted, MortarError):
        model.close()
        raise


def _complaints(worker: Worker) -> Callable[[MortarError], None]:
    """For the worker's thread: what concerns no question is told to the supervisor alone."""
    loop = asyncio.get_running_loop()

    def complain(error: MortarError) -> None:
        loop.call_soon_threadsafe(worker.failed, error)

    return complain


def _between(worker: Worker, manifest: Manifest) -> Interpreter | MortarError | None:
    """Where the model does not speak what people do. Who asks from the command line has chosen the words."""
    spoken, known = worker.settings.assistant.language, manifest.languages
    if not known or spoken in known or worker.run.ask is not None:
        return None
    return interpreter(languages.of(spoken), manifest) or MortarError(
        "model-speaks-other",
        f"the model {manifest.name} speaks {', '.join(known)} alone, and people here speak {spoken}",
        f"set assistant.language to {known[0]}, or run a model that speaks {spoken} (--model)",
    )
