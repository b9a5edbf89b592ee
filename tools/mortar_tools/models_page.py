"""docs/models.md: the models of the catalogue, and how each one's vision encoder wants its pictures."""

from __future__ import annotations

from mortar import catalogue
from mortar.catalogue import Frames, Model, Weights
from mortar.runtimes.model_folder import Tiles

WEIGHTS = {
    Weights.BUNDLED: "come with Mortar",
    Weights.PUBLISHED: "published",
    Weights.NONE: "not published",
}
FRAMES = {None: "–", Frames.EACH: "a picture each", Frames.PAIRS: "in pairs"}

COLUMNS = ("model", "weights", "picture or tile", "patch", "reduction", "tokens of each", "tiles", "frames")


def page(made_by: str) -> str:
    """One table for all, then what the table has no column for."""
    known = catalogue.load()
    lines = [
        made_by,
        "# Models\n",
        "What Mortar knows of vision-language models: how each one's vision encoder wants its pictures.",
        "The bundled one comes with Mortar; there is no command yet that installs the others. What tiles",
        "are stands in [large-pictures.md](large-pictures.md), and all of this in `models/catalogue.toml`.\n",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| `{name}` | {' | '.join(_cells(model))} |" for name, model in known.items()),
    ]
    for name, model in known.items():
        lines += [f"\n## {model.title}\n"]
        lines += [f"{_in_one_line(model.about)}\n"] if model.about else []
        lines += [f"Source: {_in_one_line(model.source)}. In the catalogue: `{name}`."]
    return "\n".join(lines) + "\n"


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
