"""The languages that Mortar speaks: each is a folder here, and nothing of it is in the program.

    sentences/      what people may say, as templates for hassil
    answers.toml    what Mortar says, by the key that the program asks for
    words.toml      how numbers, times, days and lengths are put into words
    speech.toml     what the ears need to know beside the sentences
    things.toml     what the model can name, and how that is declined
    seen.toml       how the answers of a model that speaks another language are told
    settings.toml   settings that the language brings along; a profile and the user's file lie over them

docs/languages.md tells how to add one.
"""

from mortar.languages.language import REFERENCE, Language, known, of, settings

__all__ = ["REFERENCE", "Language", "known", "of", "settings"]
