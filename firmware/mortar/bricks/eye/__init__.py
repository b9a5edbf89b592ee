"""The eye brick: takes a picture when told to look, and hands its tokens to the language brick."""

from mortar.bricks.eye.brick import main

__all__ = ["main"]
