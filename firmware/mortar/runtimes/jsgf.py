"""A grammar in the format that PocketSphinx reads: JSGF (JSpeech Grammar Format, W3C note of 2000)."""

from __future__ import annotations

from collections.abc import Mapping

from mortar.word_trees import END, Grammar, Tree

DIGITS = 40
"""Of a weight, behind the point."""


def jsgf(grammar: Grammar) -> str:
    """Its lists become rules."""
    lists = {_named(name): _choice(phrases) for name, phrases in grammar.lists.items()}
    return _text({"public <utterance>": _choice(grammar.sentences), **lists})


def weighted(sentences: Mapping[str, float]) -> str:
    """Only these, each with its weight, which is above 0."""
    # PocketSphinx reads no exponents.
    ways = " | ".join(f"/{weight:.{DIGITS}f}/ {sentence}" for sentence, weight in sentences.items())
    return _text({"public <utterance>": ways})


def _text(rules: Mapping[str, str]) -> str:
    body = "".join(f"{name} = {rule};\n" for name, rule in rules.items())
    return f"#JSGF V1.0;\ngrammar mortar;\n{body}"


def _named(word: str) -> str:
    return word.replace("{", "<").replace("}", ">")


def _choice(tree: Tree) -> str:
    """The tree as JSGF; an optional rest stands in brackets."""
    ways = [f"{_named(word)} {_choice(rest)}".strip() for word, rest in tree.items() if word != END]
    choice = ways[0] if len(ways) == 1 else f"( {' | '.join(ways)} )" if ways else ""
    return f"[ {choice} ]" if ways and END in tree else choice
