"""Keeps what was chosen: ways of looking as forms of the model, and all of it in the board's settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import tomlkit
from msgspec.structs import asdict

from mortar.errors import UsageError
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Point, Settings, measured_file
from mortar.whole_files import UNFINISHED, written_whole
from mortar_tools.tune.space import Measured

if TYPE_CHECKING:
    from mortar_tools.tune.measure import Exported


def point(one: Measured, made: Exported) -> Point:
    """What the eye reads of it."""
    return Point(
        made.part.width_px,
        made.part.height_px,
        made.part.n_tok,
        str(one.way.precision),
        one.way.tiles,
        accuracy=one.accuracy,
        wait_ms=one.cost.wait_ms,
        memory_MB=one.cost.memory_MB,
        energy_mJ=one.energy_mJ,
    )


def keep(steps: Sequence[Measured], made: Sequence[Exported], model: ModelFolder, board: str) -> Path:
    """Install the forms first, then name them: an interrupted run leaves no point without its form."""
    from mortar_tools.tune.export import install

    by_way = {one.way: one for one in made}
    for step in steps:
        install(by_way[step.way], model)
    return write_points([point(step, by_way[step.way]) for step in steps], board)


def write_points(points: Sequence[Point], board: str) -> Path:
    """Put the points into what was measured on this board."""
    rows = tomlkit.aot()
    for one in points:
        row = tomlkit.table()
        row.update(asdict(one))
        rows.append(row)
    return write("points", rows, board)


def write(key: str, value: object, board: str, section: str = "eye") -> Path:
    """Put `SECTION.KEY` into what was measured on this board, and leave the rest of that file as it is."""
    path = measured_file(board)
    held = _held(path)
    held.setdefault(section, tomlkit.table())[key] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path, path.with_name(UNFINISHED), mode=0o644) as file:
        file.write(tomlkit.dumps(held).encode())
    return path


def _held(path: Path) -> Any:
    if not path.exists():
        return tomlkit.document()
    try:
        held = tomlkit.parse(path.read_text(encoding="utf-8"))
        msgspec.convert(held.unwrap(), Settings)
    except (ValueError, OSError) as error:
        raise UsageError("settings-invalid", f"{path}: {error}", "mend or remove the file") from None
    return held
