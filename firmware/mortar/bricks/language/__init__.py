"""The language brick: reads the picture while the person still speaks, then answers the question."""

from mortar.bricks.language.brick import main

__all__ = ["main"]
