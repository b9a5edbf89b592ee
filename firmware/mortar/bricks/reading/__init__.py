"""Text as it is read aloud: markup and emoji are left out, numbers, units and signs become words.

How a language does it is data, LANGUAGE.toml beside this file; a language without one is read by
its engine as it is, without the markup.
"""

from mortar.bricks.reading.aloud import read_aloud, titles

__all__ = ["read_aloud", "titles"]
