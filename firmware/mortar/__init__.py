"""Mortar: a pocket assistant that sees, hears and speaks with no network."""

__version__ = "0.1.0"
