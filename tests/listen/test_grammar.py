"""The grammar takes what the templates mean, and nothing else."""

from __future__ import annotations

from functools import cache, partial

import pytest
from pocketsphinx import Decoder

from mortar import languages, resources
from mortar.assistant.grammar import sentence_grammar
from mortar.assistant.intents import Understanding, thing_lists
from mortar.errors import MortarError
from mortar.runtimes import choose, fsg
from mortar.runtimes.wake_words import spoken
from mortar.settings import Listening
from mortar.word_graph import Grammar, grammar


def accepts(held: Grammar, sentence: str) -> bool:
    """Whether PocketSphinx finds a way for it."""
    return bool(fsg.sentences(decoder(), held).accept(sentence))


@cache
def decoder() -> Decoder:
    return Decoder(loglevel="FATAL", lm=None)


def test_every_template_can_be_heard_and_is_understood() -> None:
    """What hassil can make of the templates is in the grammar, and means the same intent."""
    understanding = Understanding()
    held = sentence_grammar(["okay nabu"])
    sentences = [(intent, text.strip()) for intent, text in understanding.sentences(entries=2)]
    assert len(sentences) > 500
    for intent, sentence in sentences:
        assert accepts(held, sentence), sentence
        understood = understanding.understand(sentence)
        assert understood is not None and understood.name == intent, sentence


@pytest.mark.parametrize(
    ("sentence", "slot"),
    [
        ("where is the {}", "thing"),
        ("how many {} are there", "things"),
        ("is there {}", "a_thing"),
        ("what color is the {}", "shape"),
        ("what is between the cat and the {}", "shape"),
        ("are there more {} than dogs", "shapes"),
        ("is there {}", "a_shape"),
        ("where is the {} circle", "colour"),
        ("is there {} circle", "a_colour"),
    ],
)
def test_every_thing_shape_and_colour_can_be_heard(sentence: str, slot: str) -> None:
    """Whatever the model can name, in every form."""
    held = sentence_grammar(["okay nabu"])
    entries = thing_lists(resources.bundled_model() / "things.toml", languages.of())[slot].values
    assert entries
    for entry in entries:
        assert accepts(held, sentence.format(entry.text_in.text)), entry.text_in.text


def test_colours_go_with_shapes_only() -> None:
    """There is no red cat, and nobody asks for the colour of something that was named with it."""
    held = sentence_grammar(["okay nabu"])
    for sentence in ("where is the red cat", "what color is the red circle", "how many red"):
        assert not accepts(held, sentence)


def test_the_wake_word_may_stand_in_front() -> None:
    """People ask in one breath."""
    held = sentence_grammar(["okay nabu"])
    assert accepts(held, "okay nabu what do you see")


def test_any_of_several_wake_words_may_stand_in_front() -> None:
    """Two that begin alike, and one that does not."""
    held = sentence_grammar(["hey jarvis", "hey mycroft", "alexa"])
    for wake in ("hey jarvis", "hey mycroft", "alexa"):
        assert accepts(held, f"{wake} what do you see")
    assert not accepts(held, "hey what do you see")
    assert not accepts(held, "okay nabu what do you see")


def test_without_a_wake_word_in_the_grammar_there_are_the_sentences() -> None:
    """A wake word that is no English stays out of it."""
    phrases = choose.pronounceable(["hey zorbleflux", "okay nabu"], languages.of())
    assert phrases == ["okay nabu"]
    assert accepts(sentence_grammar([]), "what do you see")


@pytest.mark.parametrize("sentence", ["what do", "see you do what", "okay nabu", "how many"])
def test_parts_and_jumbles_are_not_sentences(sentence: str) -> None:
    """Only whole sentences are taken."""
    assert not accepts(sentence_grammar(["okay nabu"]), sentence)


def test_a_sentence_may_begin_another() -> None:
    """ "help" and "help me", with a list in the middle of a third."""
    held = grammar(["help", "help me", "count the {things} now"], {"things": ["cats", "hot dogs"]})
    for sentence in ("help", "help me", "count the hot dogs now"):
        assert accepts(held, sentence)
    assert not accepts(held, "count the now")


def test_a_word_without_pronunciation_is_named() -> None:
    """Found when the recogniser is built, not when somebody says it."""
    held = grammar(["where is the zorbleflux"], {})
    with pytest.raises(MortarError, match="zorbleflux") as raised:
        choose.speech_to_text(Listening(), lambda: held, languages.of(), should_stop=lambda: False)
    assert raised.value.code == "words-unknown"


@pytest.mark.parametrize("wake_word", ["okay_nabu", "alexa", "hey_jarvis", "hey_mycroft"])
def test_every_wake_word_can_be_pronounced(wake_word: str) -> None:
    """A recogniser can be built for each wake word that the settings allow."""
    held = partial(sentence_grammar, [spoken(wake_word)])
    engine = choose.speech_to_text(Listening(), held, languages.of(), should_stop=lambda: False)
    assert engine.unit == "pocketsphinx+moonshine/cpu"
    assert accepts(held(), f"{spoken(wake_word)} what do you see")
