"""The sentence templates as a grammar for speech: what can be heard is what is understood.

hassil expands what a template leaves open; its slot lists and expansion rules become lists of the grammar.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hassil import Intents, SlotList, WildcardSlotList, parse_sentence
from hassil.sample import sample_sentence

from mortar import languages, resources
from mortar.assistant.intents import in_words, needs_dictation, thing_lists
from mortar.languages import Language
from mortar.word_graph import Grammar, grammar


def sentence_grammar(
    wake_phrases: list[str], language: Language | None = None, things: Path | None = None
) -> Grammar:
    """Every sentence that `assistant.intents` recognises, but those with a place for any words.

    One of `wake_phrases` ("okay nabu") may stand before the sentence, since people ask in one breath.
    `things` is the table of what the model can name; without a `language` it is English.
    """
    templates, lists = phrases(language or languages.of(), things)
    if not wake_phrases:
        return grammar(templates, lists)
    asked = ["{sentence}", "{wake} {sentence}"]
    return grammar(asked, {"wake": wake_phrases, "sentence": templates, **lists})


def phrases(language: Language, things: Path | None = None) -> tuple[list[str], dict[str, list[str]]]:
    """Templates, in which {name} stands for any entry of the list of that name; and those lists.

    An entry of a list may name other lists.
    """
    intents = Intents.from_files(language.sentences)
    lists: dict[str, SlotList] = {
        **intents.slot_lists,
        **thing_lists(things or resources.bundled_model() / "things.toml", language),
    }
    kept = {name: parse_sentence(f"{{{name}}}") for name in intents.expansion_rules}
    sample = partial(sample_sentence, slot_lists=lists, language=intents.language, expand_lists=False)
    templates = [
        template
        for intent in intents.intents.values()
        for data in intent.data
        for sentence in data.sentences
        if not needs_dictation(sentence, intents)
        for template in sample(sentence, expansion_rules=kept)
    ]
    rules = {name: list(sample(body, expansion_rules=kept)) for name, body in intents.expansion_rules.items()}
    entries = {
        name: in_words(name, slots, intents.language)
        for name, slots in lists.items()
        if not isinstance(slots, WildcardSlotList)
    }
    return templates, rules | entries
