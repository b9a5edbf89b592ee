"""A language is data: all have the same keys, slots and intents, and the program asks for no others."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hassil import Intents

import mortar
from mortar import languages, settings
from mortar.assistant.grammar import sentence_grammar
from mortar.assistant.skills.board import ROUGHLY
from mortar.assistant.troubles import DEATHS, PARTS
from mortar.errors import MortarError, UsageError
from mortar.languages import Language
from mortar.languages.language import slots_of
from mortar.privacy import Device
from mortar.runtimes import choose
from mortar.runtimes.keyphrases import PHONES
from mortar.slowdowns import SLOWDOWNS
from mortar_tools import dictionary

PROGRAM = Path(mortar.__file__).parent
ENGLISH = languages.of()
EVERY = [languages.of(tag) for tag in languages.known()]
SATURDAY = datetime(2026, 11, 21)

every_language = pytest.mark.parametrize("language", EVERY, ids=lambda language: language.tag)


def slots(language: Language) -> dict[str, set[str]]:
    """Key → names of its slots."""
    found = {}
    for section, answers in language.answers.items():
        for name, answer in answers.items():
            texts = [answer] if isinstance(answer, str) else list(answer)
            found[f"{section}.{name}"] = {slot for text in texts for slot, _ in slots_of(text)}
    return found


def asked() -> Iterator[tuple[str, set[str]]]:
    """(key, the slots that are filled) wherever the program says an answer; "section.*" where the name is
    known only then."""
    for path in sorted(PROGRAM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in ("say", "answer"):
                filled = {"n" if word.arg == "n" else str(word.arg) for word in node.keywords}
                match node.args[0]:
                    case ast.Constant(value=str(key)) if re.fullmatch(r"[a-z]+\.\w+", key):
                        yield key, filled
                    case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                        yield f"{start.partition('.')[0]}.*", filled


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def test_the_program_fills_every_slot_of_every_answer_and_uses_all() -> None:
    """In each language; an answer that nobody gives any more leaves all of them."""
    wanted = slots(ENGLISH)
    used = set()
    for key, filled in asked():
        section, name = key.split(".")
        keys = {held for held in wanted if held.startswith(f"{section}.")} if name == "*" else {key}
        assert keys <= wanted.keys(), f"no language has {key}"
        for language in EVERY:
            for held in keys:
                assert slots(language)[held] <= filled, f"{language.tag}: {held}"
        used |= keys
    # Troubles are told by their code.
    assert {key for key in wanted if not key.startswith("troubles.")} == used - {
        key for key in used if key.startswith("troubles.")
    }


@every_language
def test_all_languages_have_the_same_keys_and_slots(language: Language) -> None:
    assert slots(language) == slots(ENGLISH)


@every_language
def test_all_languages_have_the_same_forms(language: Language) -> None:
    """What counts in one, counts in all: the program gives a number with it."""
    for section, answers in ENGLISH.answers.items():
        for name, answer in answers.items():
            assert isinstance(language.answers[section][name], str) is isinstance(answer, str), name


def spoken_slots(language: Language) -> dict[str, set[str]]:
    """Intent → the slots that its sentences may fill."""
    templates = Intents.from_files(language.sentences)

    def of(text: str) -> set[str]:
        """And of the rules that it names, wherever they are."""
        found = set(re.findall(r"\{(?:\w+:)?(\w+)\}", text))
        for rule in re.findall(r"<(\w+)>", text):
            found |= of(templates.expansion_rules[rule].text)
        return found

    return {
        name: {slot for data in intent.data for text in data.sentence_texts for slot in of(text)}
        for name, intent in templates.intents.items()
    }


@every_language
def test_all_languages_have_the_same_intents_and_slots(language: Language) -> None:
    """A skill finds what it looks for, and a model what it was taught, whatever was spoken."""
    assert spoken_slots(language) == spoken_slots(ENGLISH)


@every_language
def test_a_template_asks_for_cases_that_its_language_has(language: Language) -> None:
    for answers in language.answers.values():
        for answer in answers.values():
            for text in [answer] if isinstance(answer, str) else answer:
                assert {case for _, case in slots_of(text)} - {""} <= language.words.cases.keys(), text


@every_language
def test_what_the_program_names_has_words(language: Language) -> None:
    """Levels of the battery, reasons to be slow, parts that fail, switches, deaths."""
    assert language.answers["levels"].keys() == {name for _, name in ROUGHLY}
    assert language.answers["slowdowns"].keys() == {slowdown.name for slowdown in SLOWDOWNS}
    assert language.answers["parts"].keys() == {*PARTS, "voice", "store"}
    assert language.answers["switches"].keys() == {
        f"{device}_{state}" for device in Device for state in ("open", "closed")
    }
    assert all(trouble.spoken(language) for trouble in DEATHS.values())


@every_language
def test_every_answer_reads_well(language: Language) -> None:
    """No digits, signs or paths, one space between words, and a sentence ends as one."""
    for section, answers in language.answers.items():
        for answer in answers.values():
            for text in [answer] if isinstance(answer, str) else answer:
                assert text == " ".join(text.split()) and text
                assert not re.search(r"[0-9/<>*_]", re.sub(r"\{[^}]*\}", "", text)), text
                if section in ("troubles", "parts", "slowdowns", "switches", "assistant"):
                    assert text.endswith((".", "?")), text


@every_language
def test_every_minute_of_a_day_has_words_of_its_own(language: Language) -> None:
    """Letters alone, and nobody can mistake one minute for another."""
    said = Counter(language.time(SATURDAY + timedelta(minutes=minute)) for minute in range(1_440))
    assert len(said) == 1_440, [text for text, n in said.items() if n > 1]
    assert not any(character.isdigit() or character in "{}" for text in said for character in text)


@every_language
def test_every_day_and_length_has_words(language: Language) -> None:
    days = {language.day(datetime(2028, 1, 1) + timedelta(days=day)) for day in range(366)}
    lengths = {language.duration(seconds) for seconds in (*range(1, 4_000), 86_400, 90_061)}
    assert len(days) == 366 and len(lengths) == 4_001
    for words in days | lengths:
        for text in (words, *words.cases.values()):
            assert text and not any(character.isdigit() or character in "{}" for character in text)


@every_language
def test_stop_phrases_are_pronounceable_and_mean_stop(language: Language) -> None:
    stop = language.speech.stop
    assert {word for phrase in stop.phrases for word in phrase.split()} == stop.pronunciations.keys()


@pytest.mark.parametrize("language", dictionary.with_sounds(), ids=lambda language: language.tag)
def test_the_ears_can_pronounce_every_word(language: Language) -> None:
    """`mortar tools make words` was run after the last change of its sentences, and leaves no word over."""
    assert language.dictionary is not None
    entries = [line.partition(" ") for line in language.dictionary.read_text(encoding="utf-8").splitlines()]
    said = {entry.partition("(")[0] for entry, _, _ in entries}
    assert said == {*dictionary.words(language), *dictionary.wake_word_words()}
    assert {phone for _, _, phones in entries for phone in phones.split()} <= set(PHONES)
    table = dictionary.sounds(language)
    for word in dictionary.words(language)[::20]:
        own = [phones for entry, _, phones in entries if entry.partition("(")[0] == word]
        assert own == dictionary.ways(word, table), "words.dict is not what sounds.toml makes"


def test_settings_of_a_language_lie_below_all_others(tmp_path: Path) -> None:
    """It brings its voice and its ears along; who sets one of them has it."""
    file = tmp_path / "mine.toml"
    file.write_text('[assistant]\nlanguage = "de"')
    german = settings.load("host", file)
    assert (german.voice.language, german.listen.language) == ("de", "de")
    assert german.listen.engine is settings.Recogniser.POCKETSPHINX
    file.write_text('[assistant]\nlanguage = "de"\n[listen]\nengine = "whisper"\n[voice]\nlanguage = "de+f2"')
    mine = settings.load("host", file)
    assert mine.listen.engine is settings.Recogniser.WHISPER
    assert (mine.voice.language, mine.listen.language) == ("de+f2", "de")
    assert settings.load("host").voice.language == "en-us"


def test_english_ears_refuse_another_language() -> None:
    """In one line, instead of hearing nonsense."""
    with pytest.raises(MortarError, match="pocketsphinx"):
        choose.speech_to_text(
            settings.Listening(language="de"),
            lambda: sentence_grammar([]),
            languages.of("de"),
            should_stop=lambda: False,
        )


def test_an_unknown_language_lists_those_there_are(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[assistant]\nlanguage = "tlh"')
    with pytest.raises(UsageError, match=r"one of: .*en"):
        settings.load("host", file)
