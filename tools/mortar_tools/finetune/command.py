"""`mortar tools finetune`: teach a model your own pictures and questions.

DIR has pictures and one questions.jsonl or questions.csv: picture, question, answer. Low-rank adapters on the
language model and on the projector learn from most of the pictures; the others tell when to stop, and how
good it is. They are merged into the weights and written as a folder that `mortar describe --model` takes.
What the model knew before is rehearsed meanwhile, and measured too: on the cards' own scenes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.things import WORK
from mortar_tools.finetune.data import BadLine, Example, Split, read, split
from mortar_tools.weights.folder import drafted, require_new

if TYPE_CHECKING:
    from mortar_tools.cards.training.model import Cards
    from mortar_tools.finetune.fit import Fitted

TYPE = "q8_0"
"""Of the language model. What adapters change is small beside the steps of a 4-bit type, and weights that
came out of such a file lie just on them: rounding takes most of it back (docs/finetuning.md)."""
MOST_ANSWER_TOK = 96
"""As the language brick has it."""
ADAPTER = "adapter-lora.gguf"


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools finetune", description=__doc__)
    found.add_argument("model", type=Path, help="model folder")
    found.add_argument("--data", type=Path, required=True, metavar="DIR", help="pictures and questions")
    found.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    found.add_argument("--rank", type=int, default=16, help="of the adapters")
    found.add_argument("--alpha", type=float, default=32.0, help="their strength is alpha / rank")
    found.add_argument("--learning-rate", type=float, default=2e-3)
    found.add_argument("--minutes", type=float, default=5.0, help="of processor time, at most")
    found.add_argument("--patience", type=int, default=5, help="looks without progress before it stops")
    found.add_argument("--rehearsal", type=float, default=0.5, help="share of the cards' own scenes (0.5)")
    found.add_argument("--scenes", type=int, default=600, help="of the cards to rehearse")
    found.add_argument("--language-only", action="store_true", help="leave the vision files as they are")
    found.add_argument("--type", metavar="NAME", default=TYPE, help=f"f32, q8_0, q4_0, iq4_nl ... ({TYPE})")
    found.add_argument("--keep-adapter", action="store_true", help="keep the language's adapters as GGUF")
    found.add_argument("--n", type=int, default=200, help="of the cards' held-out scenes to measure on")
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--json", action="store_true", help="one JSON object a figure")
    found.add_argument("--work", type=Path, default=WORK, help="where the art of the cards is")
    return found


def main(argv: list[str] | None = None) -> int:
    """Learn, measure and write."""
    options = parser().parse_args(argv)
    _check(options)
    folder = ModelFolder(options.model)
    examples, bad = read(options.data)
    # Importing torch takes seconds; what is wrong with the command line has been said by now.
    from mortar_tools.cards.training.restored import restore
    from mortar_tools.finetune import tell
    from mortar_tools.finetune.merged import write_manifest, write_parts
    from mortar_tools.prune.study import type_named

    wanted = type_named(options.type)
    model = restore(options.model)
    good, long = _short_enough(folder, examples)
    for one in sorted((*bad, *long), key=lambda one: one.line):
        print(f"{options.data}, line {one.line}: left out: it {one.why}", file=sys.stderr)
    parts = split(good, options.seed)
    paper = tell.Paper(parts.test, options.n, options.seed, options.work)
    before = tell.asked(folder, paper, "before")
    with drafted(options.out) as draft:
        fitted = _learn(model, parts, options, draft)
        language = write_parts(folder, model, not options.language_only, wanted, draft)
        after = tell.asked(write_manifest(folder, draft, language, {}), paper, "after")
        report = tell.Report(before, after, parts, fitted, options.seed)
        write_manifest(folder, draft, language, report.about())
    tell.show(report, options.json)
    Console(stderr=True).print(f"written: {options.out}", markup=False)
    return 0


def _check(options: argparse.Namespace) -> None:
    positive = (options.rank, options.alpha, options.learning_rate, options.minutes, options.patience)
    if min(positive) <= 0 or options.n < 1 or options.scenes < 1 or not 0 <= options.rehearsal < 1:
        raise UsageError(
            "finetune-numbers",
            "numbers are above 0, and --rehearsal from 0 to below 1",
            "correct the numbers",
        )
    require_new(options.out)


def _short_enough(folder: ModelFolder, examples: Sequence[Example]) -> tuple[list[Example], list[BadLine]]:
    """Those whose answers the language brick would let it finish, and the others."""
    from mortar_tools.cards import tokenizer
    from mortar_tools.cards.training.restored import require_words

    require_words(folder)
    good, long = [], []
    for one in examples:
        n_tok = len(tokenizer.answer_ids(one.answer))
        if n_tok <= MOST_ANSWER_TOK:
            good.append(one)
        else:
            long.append(BadLine(one.line, f"has an answer of {n_tok} tokens, more than {MOST_ANSWER_TOK}"))
    return good, long


def _learn(model: Cards, parts: Split, options: argparse.Namespace, draft: Path) -> Fitted:
    """Train adapters and merge them into the model."""
    from mortar_tools.finetune.fit import How, fit
    from mortar_tools.finetune.lora import Rank, adapt, merge, write_adapter
    from mortar_tools.finetune.own import VIEWS, look
    from mortar_tools.prune import lessons

    own = look(model.vision, parts.train, VIEWS, options.seed)
    stop = look(model.vision, parts.stop, 1, options.seed)
    n_scenes = options.scenes if options.rehearsal else 1
    cards = lessons.look(model.vision, "train", n_scenes, options.work, model.vision.patches)
    rank = Rank(options.rank, options.alpha)
    model.requires_grad_(False)
    adapters = adapt(model.language.blk, rank)
    if not options.language_only:
        adapters += adapt(model.vision, rank, only="project")
    how = How(options.learning_rate, options.minutes, options.patience, options.rehearsal, options.seed)
    fitted = fit(model, adapters, own, stop, cards, how)
    if options.keep_adapter:
        write_adapter(model.language, rank, draft / ADAPTER)
    merge(model)
    return fitted


if __name__ == "__main__":
    raise SystemExit(main())
