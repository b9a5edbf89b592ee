"""docs/models.md: the models of the catalogue, where they are, and how each one wants its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mortar import catalogue, resources
from mortar.catalogue import UNKNOWN, Entry, Frames, Model, Speech, Weights
from mortar.runtimes.manifest import Tiles

WEIGHTS = {
    Weights.BUNDLED: "come with Mortar",
    Weights.PUBLISHED: "published",
    Weights.NONE: "not published",
}
FRAMES = {None: "–", Frames.EACH: "a picture each", Frames.PAIRS: "in pairs"}

SEEING = ("model", "weights", "picture or tile", "patch", "reduction", "tokens of each", "tiles", "frames")
PARTS = ("model", "licence", "part", "format", "where", "size", "SHA-256")


def page(made_by: str) -> str:
    """What is to be had and where from, how each model sees, then what the tables have no column for."""
    known = catalogue.entries(resources.catalogue())
    models = {name: entry for name, entry in known.items() if isinstance(entry, Model)}
    lines = [
        made_by,
        "# Models\n",
        "What Mortar knows of models: `models/catalogue.toml`. The bundled one comes with Mortar;",
        "`mortar models pull NAME` installs the others, [installing-models.md](installing-models.md).\n",
        "## Parts\n",
        "Each part is a file in a repository on a hub: [Hugging Face](https://huggingface.co), or a mirror.",
        "Where the size or the SHA-256 is unknown, nobody has verified one: what the hub states when a model",
        "is first pulled is pinned then. A licence is that of the weights, as their makers name it: read it",
        "yourself before you rely on it.\n",
        *_table(PARTS, (row for name, entry in known.items() for row in _part_rows(name, entry))),
        "\nNot to be pulled: " + "; ".join(_absent(known)) + ".",
        "\n## How each one wants its pictures\n",
        "What tiles are stands in [large-pictures.md](large-pictures.md).\n",
        *_table(SEEING, ([f"`{name}`", *_cells(model)] for name, model in models.items())),
        "\n## About each",
    ]
    for name, entry in known.items():
        lines += [f"\n### {entry.title}\n"]
        lines += [f"{_in_one_line(entry.about)}\n"] if entry.about else []
        if isinstance(entry, Speech) and not entry.languages:
            lines += ["About a hundred languages.\n"]
        lines += [f"Source: {_in_one_line(entry.source)}. In the catalogue: `{name}`."]
    return "\n".join(lines) + "\n"


def _table(columns: tuple[str, ...], rows: Iterator[list[str]]) -> list[str]:
    return [
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
        *(f"| {' | '.join(cells)} |" for cells in rows),
    ]


def _part_rows(name: str, entry: Entry) -> Iterator[list[str]]:
    """Name and licence stand in the first row of each model."""
    first = [f"`{name}`", entry.licence]
    for role, part in entry.parts.items():
        where = f"{part.repository}, {part.file}"
        size = part.size_MB if part.size_MB == UNKNOWN else f"{part.size_MB:g} MB"
        yield [*first, role, part.format, where, str(size), part.sha256]
        first = ["", ""]


def _absent(known: Mapping[str, Entry]) -> Iterator[str]:
    for name, entry in known.items():
        if not entry.parts:
            yield f"`{name}` ({WEIGHTS[entry.weights]})"


def _cells(model: Model) -> list[str]:
    return [
        WEIGHTS[model.weights],
        f"{model.width_px} × {model.height_px}",
        f"{model.patch_px}",
        f"{model.merged} × {model.merged}" if model.merged > 1 else "none",
        f"{model.n_tok}",
        _tiles(model.tiles),
        FRAMES[model.frames],
    ]


def _tiles(tiles: Tiles | None) -> str:
    if tiles is None:
        return "none"
    return f"up to {tiles.most}, {tiles.most_across} across; {tiles.fit}; thumbnail {tiles.thumbnail}"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
