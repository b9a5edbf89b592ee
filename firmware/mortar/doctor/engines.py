"""The engines and their models, loaded as they are configured: only that shows that their files are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from mortar import languages, resources
from mortar.assistant.grammar import sentence_grammar
from mortar.doctor.finding import Examined, Finding, Verdict, failed
from mortar.errors import MortarError
from mortar.runtimes import choose, wake_words
from mortar.runtimes.manifest import MANIFEST, UNKNOWN
from mortar.runtimes.model_folder import ModelFolder
from mortar.runtimes.places import places
from mortar.settings import Recogniser


def speech(examined: Examined) -> Iterator[Finding]:
    """The voice that is set says a sentence, to nobody."""
    try:
        with closing(choose.speech_synthesiser(examined.settings.voice)) as engine:
            yield Finding("speech", Verdict.OK, f"{engine.unit}, speaks {engine.language}")
    except MortarError as error:
        yield failed("speech", error)


def models(examined: Examined) -> Iterator[Finding]:
    """Vision-language models: the bundled one, and those that a person installed."""
    yield _model(resources.bundled_model(), is_own=False)
    for manifest in sorted((resources.data_folder() / "models").glob(f"*/{MANIFEST}")):
        yield _model(manifest.parent, is_own=True)


def _model(folder: Path, *, is_own: bool) -> Finding:
    try:
        model = ModelFolder(folder)
        parts = [one for one in (model.manifest.vision, model.manifest.language) if one is not None]
        for part in parts:
            model.verified(part)
    except MortarError as error:
        return failed("model", error, Verdict.NOTE if is_own else Verdict.BAD)
    is_known = all(part.sha256 != UNKNOWN for part in parts)
    told = "checksums hold" if is_known else "sizes hold, and nobody has given a checksum"
    return Finding("model", Verdict.OK, f"{model.manifest.name}: {told}", is_personal=is_own)


def seeing(examined: Examined) -> Iterator[Finding]:
    """Where the vision encoder of the bundled model can run, the best place first."""
    try:
        found = places(examined.settings.eye, ModelFolder(resources.bundled_model()))
    except MortarError as error:
        yield failed("vision", error)
        return
    used = next((place for place in found if place.is_usable), None)
    for place in found:
        told = "is used" if place is used else "can be used" if place.is_usable else "is not used"
        yield Finding("vision", Verdict.OK, f"{place.unit} {told}: {place.reason}")


def listening(examined: Examined) -> Iterator[Finding]:
    listen, language = examined.settings.listen, languages.of(examined.settings.assistant.language)
    try:
        engine = choose.speech_to_text(
            listen, partial(sentence_grammar, [], language), language, should_stop=lambda: False
        )
    except MortarError as error:
        yield failed("ears", error)
        return
    if listen.engine in (Recogniser.BUNDLED, Recogniser.POCKETSPHINX):
        yield Finding(
            "ears",
            Verdict.NOTE,
            f"the bundled ears ({engine.unit}) understand only the sentences in the templates",
            "ask 'what can you do' for examples; docs/dictation.md says how to go beyond",
        )
    else:
        model = f"model {listen.model}" if listen.model else "the model that comes with Mortar"
        told = f"free dictation: {engine.unit}, {model}"
        yield Finding("ears", Verdict.OK, told, is_personal=bool(listen.model))


def heard_words(examined: Examined) -> Iterator[Finding]:
    """Wake words: a person's own have names of their choice."""
    heard, known, own = examined.settings.ears.wake_words, wake_words.known(), wake_words.own()
    told = f"listens for {', '.join(heard)}; there are {', '.join(known)}"
    is_personal = bool(own) or not heard.keys() <= known.keys()
    yield Finding("wake words", Verdict.OK, told, is_personal=is_personal)
    for name in heard:
        if name not in known:
            see = "see docs/wake-words.md"
            yield Finding("wake words", Verdict.BAD, f"there is no {name}", see, is_personal=True)
    for name, description in own.items():
        try:
            word = choose.usable_wake_word(description)
        except MortarError as error:
            yield failed("wake words", error, Verdict.BAD if name in heard else Verdict.NOTE)
            continue
        told = f"{name}: {description}, cutoff {word.cutoff:.2f}"
        if name in heard:
            yield Finding("wake words", Verdict.OK, told, is_personal=True)
        else:
            told, do = f"{told}, is not listened for", f"add {name} = 0.5 under [ears.wake_words]"
            yield Finding("wake words", Verdict.NOTE, told, do, is_personal=True)
