"""How well a wake word is heard, and how often something else is taken for it."""

from mortar_tools.wake.command import main

__all__ = ["main"]
