"""Text as it is read aloud: markup and emoji are left out, numbers, units and signs become words.

How a language does it is data, LANGUAGE.toml in this folder; a language without one is read by its
engine as it is, without the markup.
"""
