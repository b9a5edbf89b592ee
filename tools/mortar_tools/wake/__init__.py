"""How well a wake word is heard, and how often something else is taken for it."""
