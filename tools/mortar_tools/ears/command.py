"""`mortar tools eval ears`: how much of what is asked is understood, and what else is taken for a command.

The sound is synthetic, made from a seed: espeak-ng voices that ask what the templates have, say other
sentences and rows of words, in noise and in digital silence. Nobody's real voice is in these figures;
--folder takes recordings of your own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mortar.errors import UsageError
from mortar.languages import REFERENCE
from mortar.settings import Recogniser
from mortar_tools.cards.evaluate.figures import Figure, as_json, as_table
from mortar_tools.ears.corpus import CONDITIONS, SPEAKERS, Utterance, folder_utterances, utterances
from mortar_tools.ears.figures import Confusion, by_voice, conditions, confusions, figures
from mortar_tools.ears.hearing import Heard, hear
from mortar_tools.out import require_plots
from mortar_tools.processes import in_processes

ENGINES = (Recogniser.BUNDLED, Recogniser.POCKETSPHINX)
"""Those that need no model of one's own."""

SHOWN = 15
"""Pairs in the table of confusions; the most frequent ones."""


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="mortar tools eval ears", description=__doc__)
    found.add_argument("--n", type=int, default=20, help="questions of each voice (default: 20)")
    found.add_argument(
        *("--condition", "-c"),
        action="append",
        metavar="NAME",
        help=f"may be given again; of {', '.join(CONDITIONS)} (default: all)",
    )
    found.add_argument(
        "--engine",
        choices=[engine.value for engine in ENGINES],
        help=f"that listens (default: {ENGINES[0]}, and {ENGINES[1]} for other languages than English)",
    )
    found.add_argument(
        "--language", choices=list(SPEAKERS), default=REFERENCE, help=f"that is spoken (default: {REFERENCE})"
    )
    found.add_argument("--seed", type=int, default=7, help="another number, other sound (default: 7)")
    found.add_argument("--folder", type=Path, metavar="DIR", help="recordings of your own instead")
    found.add_argument("--out", type=Path, metavar="DIR", help="write ears.svg and ears.json")
    found.add_argument("--json", action="store_true", help="one JSON object a figure and a confusion")
    found.add_argument("--each", action="store_true", help="with --json: also one for each utterance")
    return found


def main(argv: list[str] | None = None) -> int:
    options = parser().parse_args(argv)
    corpus = checked(options)
    hears = partial(hear, _engine(options), options.language)
    heard = list(_printed(in_processes("hearing", hears, corpus), options.each))
    in_all, confused = list(figures(heard, options.seed)), confusions(heard)
    voices = {name: by_voice(heard, name, options.seed) for name in conditions(heard)}
    show([*in_all, *next(iter(voices.values())).values()], confused, options.json)
    if options.out is not None:
        write(options, in_all, voices, confused)
    return 0


def checked(options: argparse.Namespace) -> Sequence[Utterance]:
    """What will be heard. Raises UsageError for what would fail only after minutes."""
    chosen = options.condition or list(CONDITIONS)
    if unknown := [name for name in chosen if name not in CONDITIONS]:
        raise UsageError(
            "condition-unknown", f"there is no condition {unknown[0]!r}", f"choose of {', '.join(CONDITIONS)}"
        )
    if options.n < 1 or options.seed < 0:
        raise UsageError(
            "ears-options-wrong", "these numbers measure nothing", "give --n 1 or more, --seed 0 or more"
        )
    if options.folder is not None and options.condition:
        raise UsageError("condition-useless", "recordings are heard as they are", "leave out --condition")
    if options.each and not options.json:
        raise UsageError("each-needs-json", "--each prints JSON lines", "give --json too")
    if options.out is not None:
        require_plots(options.out)
    if options.folder is not None:
        return folder_utterances(options.folder, options.language)
    return utterances(options.n, options.seed, list(dict.fromkeys(chosen)), options.language)


def _engine(options: argparse.Namespace) -> Recogniser:
    if options.engine is not None:
        return Recogniser(options.engine)
    return Recogniser.BUNDLED if options.language == REFERENCE else Recogniser.POCKETSPHINX


def show(found: Sequence[Figure], confused: Sequence[Confusion], in_json: bool) -> None:
    """The figures, and what was taken for what."""
    if in_json:
        as_json(found)
        for confusion in confused:
            print(json.dumps(asdict(confusion)))
        return
    as_table(found)
    by_pair: dict[tuple[str, str | None], dict[str, int]] = {}
    for one in confused:
        by_pair.setdefault((one.asked, one.heard), {})[one.condition] = one.n
    names = list(dict.fromkeys(one.condition for one in confused))
    table = Table("asked", "heard", *names, box=None)
    for (asked, heard), counts in list(by_pair.items())[:SHOWN]:
        table.add_row(asked, heard or "(nothing)", *(str(counts.get(name, "")) for name in names))
    Console().print(table)
    if len(by_pair) > SHOWN:
        print(f"and {len(by_pair) - SHOWN} more, with --json")


def write(
    options: argparse.Namespace,
    found: Sequence[Figure],
    voices: Mapping[str, Mapping[str, Figure]],
    confused: Sequence[Confusion],
) -> None:
    """ears.svg and ears.json in --out; `voices` is condition → voice → share understood."""
    from mortar_tools.ears import plots  # plotting needs a package that measuring does not

    sound = "recordings" if options.folder else f"synthetic voices, seed {options.seed}"
    told = {
        "sound": sound,
        "figures": [asdict(figure) for figure in found],
        "voices": [asdict(figure) for own in voices.values() for figure in own.values()],
        "confusions": [asdict(confusion) for confusion in confused],
    }
    (options.out / "ears.json").write_text(json.dumps(told, indent=1) + "\n")
    plots.save(options.out / "ears.svg", sound, found, voices)


def _printed(heard: Iterable[Heard], each: bool) -> Iterator[Heard]:
    """As they come, so that a run that is broken off leaves what it heard."""
    for one in heard:
        if each:
            said = one.utterance
            told = {"kind": said.kind, "condition": said.condition, "voice": said.voice, "asked": said.asked}
            print(json.dumps(told | {"heard": one.text, "confidence": one.confidence}), flush=True)
        yield one
