"""The sentence templates as a speech grammar (JSGF): what can be heard is what is understood.

hassil expands what a template leaves open; its slot lists and expansion rules become rules of the
grammar. Sentences that begin alike share their beginning, which keeps the recogniser's search small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from hassil import Intents, ListReference, SlotList, parse_sentence, sample_expression
from hassil.sample import sample_sentence

from mortar import resources
from mortar.assistant.intents import SENTENCES, thing_lists

WORD = re.compile(r"[\w']+|\{\w+\}")
"""A spoken word or the name of a rule; hyphens and punctuation part words."""

PRONUNCIATIONS = {"nabu": "N AA B UW", "mycroft": "M AY K R AO F T"}
"""Words that CMUdict lacks, in its phones."""

END = ""
"""Stands in a tree where a sentence may end."""


class Tree(dict[str, "Tree"]):
    """Words that may come next, each with what may follow it."""


def sentence_grammar(wake_phrases: list[str], things: Path | None = None) -> str:
    """JSGF text of every sentence that `assistant.intents` recognises.

    One of `wake_phrases` ("okay nabu") may stand before the sentence, since people ask in one breath.
    `things` is the table of what the model can name.
    """
    templates, lists = phrases(things)
    return jsgf(templates, lists, wake_phrases)


def phrases(things: Path | None = None) -> tuple[list[str], dict[str, list[str]]]:
    """Templates, in which {name} stands for any entry of the list of that name; and those lists.

    An entry of a list may name other lists.
    """
    intents = Intents.from_files(sorted(SENTENCES.glob("*.yaml")))
    lists: dict[str, SlotList] = {
        **intents.slot_lists,
        **thing_lists(things or resources.bundled_model() / "things.toml"),
    }
    kept = {name: parse_sentence(f"{{{name}}}") for name in intents.expansion_rules}
    sample = partial(sample_sentence, slot_lists=lists, language=intents.language, expand_lists=False)
    templates = [
        template
        for intent in intents.intents.values()
        for data in intent.data
        for sentence in data.sentences
        for template in sample(sentence, expansion_rules=kept)
    ]
    rules = {name: list(sample(body)) for name, body in intents.expansion_rules.items()}
    entries = {
        name: list(sample_expression(ListReference(name), lists, language=intents.language)) for name in lists
    }
    return templates, rules | entries


def jsgf(templates: Iterable[str], lists: Mapping[str, Iterable[str]], wake_phrases: list[str]) -> str:
    """JSGF text; a word {name} of a template stands for any entry of lists[name]."""
    wake = f"[ {_rule(wake_phrases)} ]" if wake_phrases else ""
    rules = {
        "public <utterance>": f"{wake} <sentence>".strip(),
        "<sentence>": _rule(templates),
        **{f"<{name}>": _rule(entries) for name, entries in lists.items()},
    }
    body = "".join(f"{name} = {rule};\n" for name, rule in rules.items())
    return f"#JSGF V1.0;\ngrammar mortar;\n{body}"


def _rule(phrases: Iterable[str]) -> str:
    return _choice(tree(phrases))


def tree(phrases: Iterable[str]) -> Tree:
    """Phrases that begin alike share their beginning."""
    root = Tree()
    for phrase in phrases:
        at = root
        for word in WORD.findall(phrase.lower()):
            at = at.setdefault(word, Tree())
        at[END] = Tree()
    return root


def _choice(tree: Tree) -> str:
    """The tree as JSGF; an optional rest stands in brackets."""
    ways = [
        f"{word.replace('{', '<').replace('}', '>')} {_choice(rest)}".strip()
        for word, rest in tree.items()
        if word != END
    ]
    choice = ways[0] if len(ways) == 1 else f"( {' | '.join(ways)} )" if ways else ""
    return f"[ {choice} ]" if ways and END in tree else choice
