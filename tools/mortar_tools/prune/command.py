"""`mortar tools prune`: a smaller language model, really smaller, and what that costs.

Whole blocks, attention heads and MLP channels are cut out of the tensors of a model folder's language model;
what is left is trained for a while to say what the whole one says, and written as a folder that
`mortar describe --model` takes. The vision encoder stays as it is. Scenes that decide what leaves are of the
validation split, those that it is trained on of the training split, and those that it is measured on of the
test split.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.things import WORK
from mortar_tools.out import require_plots
from mortar_tools.prune.choose import Wanted
from mortar_tools.weights.folder import copy_vision, drafted, finish, require_new

if TYPE_CHECKING:
    from mortar_tools.prune.trial import Row

SWEEP = (
    Wanted(mlp=0.25),
    Wanted(mlp=0.5),
    Wanted(mlp=0.75),
    Wanted(heads=0.25),
    Wanted(heads=0.5),
    Wanted(blocks=1),
    Wanted(blocks=2),
    Wanted(mlp=0.5, heads=0.25),
    Wanted(mlp=0.5, uniform=True),
)
"""What `--sweep` tries."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools prune", description=__doc__)
    found.add_argument("model", type=Path, help="model folder")
    found.add_argument("--out", type=Path, metavar="FOLDER", help="where the pruned model goes: a new folder")
    found.add_argument("--blocks", type=int, default=0, metavar="N", help="whole blocks that leave")
    found.add_argument("--mlp", type=float, default=0.0, metavar="SHARE", help="of the channels that leave")
    found.add_argument("--heads", type=float, default=0.0, metavar="SHARE", help="of the heads that leave")
    found.add_argument("--uniform", action="store_true", help="as many from every block")
    found.add_argument(
        "--by",
        choices=("activation", "taylor", "random"),
        default="activation",
        help="what decides about channels",
    )
    found.add_argument("--minutes", type=float, default=5.0, help="of processor time to recover in; 0: none")
    found.add_argument("--scenes", type=int, default=3000, help="to recover with")
    found.add_argument("--n", type=int, default=400, help="held-out scenes to measure on, 6 questions each")
    found.add_argument("--type", metavar="NAME", help="f32, q8_0, q4_0, iq4_nl ... (default: as it was)")
    found.add_argument("--sweep", action="store_true", help="several ratios, as a table and a plot")
    found.add_argument("--plots", type=Path, metavar="DIR", help="save the table and a plot")
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--json", action="store_true", help="one JSON object a figure")
    found.add_argument("--work", type=Path, default=WORK, help="where the art of the pictures is")
    return found


def main(argv: list[str] | None = None) -> int:
    """Prune, and say what it cost."""
    options = parser().parse_args(argv)
    ways = SWEEP if options.sweep else (Wanted(options.blocks, options.mlp, options.heads, options.uniform),)
    _check(options)
    folder = ModelFolder(options.model)
    # Importing torch takes seconds; what is wrong with the command line has been said by now.
    from mortar_tools.prune import tell
    from mortar_tools.prune.study import How, study
    from mortar_tools.prune.trial import original, tried

    n_taught = options.scenes if options.minutes else 1
    how = How(options.by, options.seed, options.type, options.n, n_taught, options.work)
    known = study(folder, ways, how)
    _tell_blocks(known.block_table(), options.json)
    rows = [original(folder, known)]
    with tempfile.TemporaryDirectory(prefix="mortar-prune-") as scratch:
        for wanted in ways:
            found, path = tried(known, wanted, options.minutes, Path(scratch))
            rows += found
            if options.plots is not None:
                _save(rows, options.plots)
        tell.show(rows, options.json)
        if options.out is not None:
            _keep(folder, path, rows[-1], options.out)
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.sweep == (options.out is not None):
        raise UsageError("prune-out", "it is either --out or --sweep", "say where the model goes, or sweep")
    if options.n < 1 or options.scenes < 1 or options.minutes < 0:
        raise UsageError("prune-numbers", "--n and --scenes are 1 or more, --minutes 0 or more", "correct it")
    if options.out is not None:
        require_new(options.out)
    if options.plots is not None:
        require_plots(options.plots)


def _keep(folder: ModelFolder, language: Path, row: Row, out: Path) -> None:
    """The pruned model as a folder of its own."""
    with drafted(out) as draft:
        shutil.copyfile(language, draft / language.name)
        copy_vision(folder, draft)
        about: dict[str, object] = {"parameters_language": row.parameters, "pruned": row.name}
        about |= {one.name: one.value for one in row.figures}
        finish(folder, draft, draft / language.name, about, "pruned")
    Console(stderr=True).print(f"written: {out}", markup=False)


def _tell_blocks(found: Sequence[tuple[float, float]], quiet: bool) -> None:
    """How much each block is needed."""
    table = Table("block", "loss without it", "Block Influence", box=None, header_style="dim")
    for number, (growth, influence) in enumerate(found):
        table.add_row(str(number), f"+{growth:.3f} nats a token", f"{influence:.3f}")
    Console(stderr=quiet).print(table)


def _save(rows: Sequence[Row], folder: Path) -> None:
    from mortar_tools.prune import plot, tell

    tell.save(rows, folder)
    plot.save(rows, folder / "front.svg")


if __name__ == "__main__":
    raise SystemExit(main())
