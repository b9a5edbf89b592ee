"""One way of pruning, tried: cut, measured, trained, measured again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.evaluate.figures import Figure
from mortar_tools.cards.export.quantise import FLOAT32, Type, quantise
from mortar_tools.cards.training.restored import language_of, language_weights
from mortar_tools.prune.choose import Wanted
from mortar_tools.prune.cut import cut
from mortar_tools.prune.recover import ROWS, Recovery, recover
from mortar_tools.prune.study import Study
from mortar_tools.weights import gguf_file
from mortar_tools.weights.gguf_file import GgufModel
from mortar_tools.weights.marker import mark
from mortar_tools.weights.quality import differences, figures


class Step(StrEnum):
    """Where on its way a model was measured."""

    BEFORE = "before"
    PRUNED = "pruned"
    RECOVERED = "recovered"


@dataclass(frozen=True)
class Row:
    """One measured model."""

    name: str
    step: Step
    parameters: int
    """Of the language model."""
    size_bytes: int
    """Of its file."""
    figures: tuple[Figure, ...]
    changes: tuple[Figure, ...] = ()
    """Against the model before, on the same scenes."""
    recovery: Recovery | None = None

    def figure(self, name: str) -> Figure:
        """One of them."""
        return next(one for one in self.figures if one.name == name)


def file_of(folder: Path, name: Type) -> Path:
    """Where a language model of a type lies in a folder."""
    return folder / f"language-{name.name}.gguf"


def write(model: GgufModel, wanted: Type, folder: Path) -> Path:
    """The model in a type; replaces what lies there."""
    wide, path = file_of(folder, FLOAT32), file_of(folder, wanted)
    gguf_file.write(model, wide)
    if wanted is not FLOAT32:
        quantise(wide, wanted, path)
        wide.unlink()
    return path


def original(folder: ModelFolder, study: Study) -> Row:
    """The model as it came."""
    path = folder.verified(folder.manifest.language)
    found = tuple(figures(study.before, study.seed))
    return Row(folder.manifest.name, Step.BEFORE, study.source.parameters, path.stat().st_size, found)


def measured(study: Study, model: GgufModel, name: str, step: Step, folder: Path) -> tuple[Row, Path]:
    """The model written and asked."""
    path = write(model, study.type, folder)
    marks = mark(path, study.examined_on, f"asking: {name}, {step}")
    found = tuple(figures(marks, study.seed))
    changes = tuple(differences(marks, study.before, study.seed))
    return Row(name, step, model.parameters, path.stat().st_size, found, changes), path


def tried(study: Study, wanted: Wanted, minutes: float, folder: Path) -> tuple[list[Row], Path]:
    """Prune, measure, recover where there is time for it, measure. The last one's file lies in `folder`."""
    pruned = cut(study.source, study.plan(wanted))
    row, path = measured(study, pruned, wanted.name, Step.PRUNED, folder)
    if minutes <= 0:
        return [row], path
    student, teacher = language_of(pruned), language_of(study.source)
    lessons = study.taught_with.without_end(min(ROWS, len(study.taught_with.truths)), study.seed)
    recovery = recover(student, teacher, lessons, minutes)
    again = replace(pruned, weights=language_weights(student))
    last, path = measured(study, again, wanted.name, Step.RECOVERED, folder)
    return [row, replace(last, recovery=recovery)], path
