"""`mortar tools ...`: the developer's commands, as one table.

Each runs `main(argv)` of a module that is imported only when it is asked for: most need packages
that an assistant on a board does not carry.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

from mortar.errors import MortarError

TABLE: dict[tuple[str, str], tuple[str, str]] = {
    ("train", "cards"): ("mortar_tools.cards.training.train", "train the bundled picture-card model"),
    ("train", "export"): ("mortar_tools.cards.export.command", "export checkpoints to TFLite, GGUF and ONNX"),
    ("eval", "cards"): ("mortar_tools.cards.evaluate", "how good the picture-card model is"),
    ("eval", "agree"): (
        "mortar_tools.cards.evaluate.agree",
        "whether the files say what the checkpoint says",
    ),
    ("eval", "closeup"): (
        "mortar_tools.cards.evaluate.closeup",
        "whether a closer look helps with small cards",
    ),
    ("eval", "ears"): ("mortar_tools.ears.command", "how much of what is asked the ears understand"),
    ("eval", "wake"): ("mortar_tools.wake.command", "how often a wake word is missed, and heard for nothing"),
    ("eval", "watching"): (
        "mortar_tools.watching.command",
        "which changes in front of the camera are missed, and what is encoded for nothing",
    ),
    ("eval", "turns"): (
        "mortar_tools.cards.evaluate.turns",
        "what answers change where an old turn is cut out of the memory",
    ),
    ("eval", "echo"): ("mortar_tools.echo.command", "whether it talks to itself, and can be interrupted"),
    ("eval", "pauses"): ("mortar_tools.echo.pauses", "how many questions are cut off in a hesitation"),
    ("bench", "loop"): ("mortar_tools.bench.loop", "waits, memory and CPU of the whole assistant"),
    ("bench", "look"): ("mortar_tools.bench.look", "from picture to first token, against libmtmd"),
    ("bench", "vision"): ("mortar_tools.bench.vision", "vision encoders: time, memory, against libmtmd"),
    ("bench", "speculation"): (
        "mortar_tools.bench.speculation",
        "answers with guessed tokens, against one token at a time",
    ),
    ("bench", "watching"): ("mortar_tools.bench.watching", "encoding what has changed, against every frame"),
    ("bench", "language"): (
        "mortar_tools.bench.language",
        "waits, memory and speed of the language brick, against one block",
    ),
    ("bench", "handoff"): ("mortar_tools.bench.handoff", "token ring against a queue"),
    ("bench", "memory"): (
        "mortar_tools.bench.memory",
        "ways of placing a language model: time against memory",
    ),
    ("bench", "kill"): ("mortar_tools.bench.kill", "how long a killed process is missing"),
    ("tune", "language"): (
        "mortar_tools.tune.language",
        "how many tokens the language model reads at once on this board",
    ),
    ("tune", "tiles"): ("mortar_tools.tune.tile_batch", "how many tiles to encode in one run on this board"),
    ("tune", "vision"): (
        "mortar_tools.tune.command",
        "resolution, tiles, stride and tokens chosen together",
    ),
    ("make", "art"): (
        "mortar_tools.cards.world.art",
        "the pictograms that scenes are drawn from",
    ),
    ("make", "pictograms"): ("mortar_tools.cards.world.outlines", "the drawings that `mortar cards` prints"),
    ("make", "session"): ("mortar_tools.session", "recordings and pictures that `mortar run` plays"),
    ("make", "gallery"): ("mortar_tools.gallery.command", "docs/gallery.md, with what the model says today"),
    ("make", "words"): ("mortar_tools.dictionary", "how the words of a language are pronounced"),
    ("check", "vision"): (
        "mortar_tools.vision.check.command",
        "whether a vision encoder's compiled forms see what it sees",
    ),
    ("make", "toolkit"): (
        "mortar_tools.vision.toolkit.environment",
        "rknn-toolkit2, which converts for NPUs and simulates them",
    ),
    ("make", "docs"): ("mortar_tools.docs", "the pages and pictures in docs/ that are generated"),
    ("fake-model", ""): (
        "mortar_tools.fake_model.command",
        "a model in a published one's shape, with random weights",
    ),
    ("quantise", ""): (
        "mortar_tools.quantise.command",
        "the language model in fewer bits, where they count least",
    ),
    ("finetune", ""): ("mortar_tools.finetune.command", "a model learns your own pictures and questions"),
    ("make", "lesson"): ("mortar_tools.finetune.lesson", "pictures and questions to try fine-tuning with"),
    ("prune", ""): ("mortar_tools.prune.command", "blocks, heads and MLP channels out of the language model"),
    ("calibrate", ""): (
        "mortar_tools.calibrate.command",
        "from which score on an answer of each model is relied on",
    ),
    ("convert", ""): ("mortar_tools.vision.convert.command", "vision encoders for the CPU and for NPUs"),
}
"""(verb, subject) → module with `main(argv) -> exit status`, and what it does. No subject: the verb says it
all."""

PACKAGES_OF_EXTRA = (
    "ai_edge_litert",
    "ai_edge_quantizer",
    "gguf",
    "litert_torch",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "picosvg",
    "resvg_py",
    "tokenizers",
    "tomlkit",
    "torch",
)
"""What the tools extra brings; where one is missing, the error says so."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Join the command line of `mortar` (entry-point group mortar.commands)."""
    parser = subparsers.add_parser("tools", help="the developer's commands")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    subjects: dict[str, argparse._SubParsersAction[argparse.ArgumentParser]] = {}
    for (verb, subject), (module, title) in TABLE.items():
        if not subject:
            verbs.add_parser(verb, help=title, add_help=False).set_defaults(run=_runner(module), rest=None)
            continue
        if verb not in subjects:
            under = verbs.add_parser(verb, help=_titles(verb))
            subjects[verb] = under.add_subparsers(metavar="SUBJECT", required=True)
        command = subjects[verb].add_parser(subject, help=title, add_help=False)
        command.set_defaults(run=_runner(module), rest=None)


def _titles(verb: str) -> str:
    return "; ".join(title for (held, _), (_, title) in TABLE.items() if held == verb)


def _runner(module: str) -> Callable[[argparse.Namespace], int]:
    def run(args: argparse.Namespace) -> int:
        try:
            main: Callable[[list[str]], int] = import_module(module).main
            return main(args.rest)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.split(".")[0] not in PACKAGES_OF_EXTRA:
                raise
            raise MortarError(
                "tools-missing",
                f"this command needs the package {error.name}",
                "run make setup-tools (or pip install 'mortar[tools]')",
            ) from None

    return run
