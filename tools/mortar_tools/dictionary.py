"""`mortar tools make words`: how the words of a language are said, for ears that know English phones.

For each language with a sounds.toml: espeak-ng says every word of its sentences as IPA, and the table there
has the nearest phones of English. The wake words are said as in English. What comes of it, words.dict, is
committed, so that no espeak-ng is asked when Mortar starts.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, product
from pathlib import Path

import msgspec

from mortar import languages
from mortar.assistant.grammar import sentence_grammar
from mortar.languages import Language
from mortar.runtimes import wake_words
from mortar.runtimes.pocketsphinx import DICTIONARY

STRESS = re.compile("[ˈˌ]|\\([a-z-]+\\)")
"""And espeak-ng's marks where it changes to another language and back."""

WAYS_TRIED = 4_096


class Sounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    voice: str
    """Of espeak-ng."""
    most: int
    """Ways to say a word."""
    phones: dict[str, list[str]]
    """IPA → phones of CMUdict, the best first."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mortar tools make words", description=__doc__)
    parser.parse_args(argv)
    for language in with_sounds():
        text = dictionary(language, sounds(language))
        (language.folder / "words.dict").write_text(text, encoding="utf-8")
    return 0


def with_sounds() -> list[Language]:
    """Languages whose words are made so."""
    every = [languages.of(tag) for tag in languages.known()]
    return [language for language in every if _file(language).exists()]


def sounds(language: Language) -> Sounds:
    return msgspec.convert(tomllib.loads(_file(language).read_text(encoding="utf-8")), Sounds)


def words(language: Language) -> list[str]:
    """All that its grammar has, sorted."""
    return sentence_grammar([], language).words


def wake_word_words() -> list[str]:
    """Of the wake words that come with Mortar."""
    return sorted({part for name in wake_words.known() for part in wake_words.spoken(name).split()})


def dictionary(language: Language, table: Sounds) -> str:
    """A file as CMUdict's."""
    english = _english(wake_word_words())
    own = {word: ways(word, table) for word in words(language)}
    lines = []
    for word, said in sorted({**own, **english}.items()):
        for n, phones in enumerate(said, start=1):
            lines.append(f"{word}{f'({n})' if n > 1 else ''} {phones}\n")
    return "".join(lines)


def ways(word: str, table: Sounds) -> list[str]:
    """To say a word: first with the best phone for each sound, then with one other of them, and so on."""
    each = [table.phones[sound] for sound in ipa(word, table.voice)]
    numbered = product(*(range(len(phones)) for phones in each))
    chosen = sorted(islice(numbered, WAYS_TRIED), key=lambda numbers: (sum(map(bool, numbers)), numbers))
    said = (" ".join(" ".join(held[n] for held, n in zip(each, way, strict=True)).split()) for way in chosen)
    return list(dict.fromkeys(said))[: table.most]


def ipa(word: str, voice: str) -> Sequence[str]:
    """Its sounds, as espeak-ng says it."""
    command = ["espeak-ng", "-v", voice, "-q", "--ipa", "--sep=_", word]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [sound for sound in STRESS.sub("", text).strip().split("_") if sound]


def _english(wanted: Iterable[str]) -> Mapping[str, list[str]]:
    """Pronunciations in CMUdict, or beside it."""
    beside = languages.of().speech.pronunciations
    found: dict[str, list[str]] = {word: [beside[word]] for word in wanted if word in beside}
    for line in DICTIONARY.read_text(encoding="utf-8").splitlines():
        entry, _, phones = line.partition(" ")
        word = entry.partition("(")[0]
        if word in wanted:
            found.setdefault(word, []).append(phones)
    return found


def _file(language: Language) -> Path:
    return language.folder / "sounds.toml"
