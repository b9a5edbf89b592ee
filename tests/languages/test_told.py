"""What the bundled model can say is told in each language that tells it, and nothing else is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import msgspec
import numpy as np
import pytest

from mortar import languages, resources
from mortar.assistant.intents import Understanding
from mortar.assistant.replies import LOOKS
from mortar.bricks.language.interpreter import Interpreter, interpreter
from mortar.bricks.language.teller import Teller
from mortar.errors import MortarError
from mortar.languages import Language
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.cards.language import answers, interview
from mortar_tools.cards.language.nouns import any_colour, by_class
from mortar_tools.cards.things import UNKNOWN, colours, printed, shapes
from mortar_tools.cards.world.layout import arrange
from mortar_tools.cards.world.pool import Truth
from mortar_tools.cards.world.scene import MOST_THINGS, Seen, pick_kinds

SCENES = 500
TURNS = 12

EVERY = [languages.of(tag) for tag in languages.known()]
TELLING = [language for language in EVERY if language.told is not None]

every_teller = pytest.mark.parametrize("language", TELLING, ids=lambda language: language.tag)


@pytest.fixture(scope="module")
def german() -> Interpreter:
    return between(languages.of("de"))


def between(language: Language) -> Interpreter:
    made = interpreter(language, ModelFolder(resources.bundled_model()).manifest)
    assert made is not None
    return made


def truths(seed: int) -> Iterator[Truth]:
    """Ground truth of scenes as they are drawn; some are dark."""
    rng = np.random.default_rng(seed)
    for number in range(SCENES):
        n = int(rng.integers(0, MOST_THINGS + 1))
        places = zip(pick_kinds(rng, n), arrange(rng, n), strict=True)
        yield Truth(tuple(Seen(kind, place.x, place.y) for kind, place in places), dark=number % 50 == 0)


@cache
def can_be_said() -> frozenset[str]:
    return frozenset(_said())


def _said() -> Iterator[str]:
    """Answers of the interviews that the model is trained on, and every noun in every form."""
    rng = np.random.default_rng(5)
    for truth in truths(5):
        yield from (turn.answer for turn in interview(rng, truth, TURNS))
    for noun in (*by_class()[:UNKNOWN], *any_colour().values()):
        yield answers.count((), noun)
        yield from (answers.yes_no((), noun, plural) for plural in (False, True))
        yield f"The {noun.name} is at the top left."
    for noun in by_class():
        yield f"I see {noun.listed(1)} on the left and {noun.listed(2)} on the right."


@every_teller
def test_all_that_the_model_can_say_is_told(language: Language) -> None:
    """In the words of that language alone: none of the model's is left, and no slot."""
    told, said = between(language), can_be_said()
    assert len(said) > 2_000
    english = re.compile(r"\b(I|see|the|and|is|are|on|there|any|not|of)\b|[{}]")
    for sentence in said:
        text = told.told(sentence)
        assert not english.search(text) and text.endswith("."), (sentence, text)
        assert text == " ".join(text.split()) and text[0].isupper()


@every_teller
def test_every_template_is_of_a_sentence_that_the_model_says(language: Language) -> None:
    """What is never said is not in the file."""
    assert language.told is not None and language.things is not None
    for said, tell in language.told.sentences.items():
        alone = msgspec.structs.replace(language.told, sentences={said: tell})
        teller = Teller(language, language.things, alone, resources.bundled_model() / "things.toml")
        assert any(tells(teller, sentence) for sentence in can_be_said()), said


def tells(teller: Teller, sentence: str) -> bool:
    try:
        teller.told(sentence)
    except MortarError:
        return False
    return True


@every_teller
def test_every_thing_shape_and_colour_has_words(language: Language) -> None:
    """Of its own in every form of one: nobody could tell two things apart else."""
    things = language.things
    assert things is not None
    names = [thing.name for thing in (*printed(), *shapes())]
    for form in ("the", "to_the", "a", "no", "many", "the_many", "no_many"):
        words = [things.form(form, name) for name in names]
        assert len(set(words)) == len(names), form
    assert len({things.adjective(colour.name) for colour in colours()}) == len(colours())


@every_teller
def test_every_question_about_the_picture_is_asked_in_the_models_words(language: Language) -> None:
    """And means there what it meant: one of each template, with things, shapes and colours in its places."""
    tell = between(language)
    understanding, model = Understanding(language), Understanding()
    asked = Counter[str]()
    for name, text in understanding.sentences(entries=2):
        if name in LOOKS:
            meant = understanding.understand(text)
            assert meant is not None and model.understand(tell.question(text)) == meant, text
            asked[name] += 1
    assert set(asked) == LOOKS


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "I see a cat on the left and two dogs on the right.",
            "Ich sehe eine Katze links und zwei Hunde rechts.",
        ),
        (
            "I see a red circle, a lion and two cards I do not know.",
            "Ich sehe einen roten Kreis, einen Löwen und zwei unbekannte Karten.",
        ),
        ("There is one cat.", "Ich sehe eine Katze."),
        ("There are three things.", "Ich sehe drei Dinge."),
        ("I see no black squares.", "Ich sehe keine schwarzen Quadrate."),
        ("The cat is at the top left.", "Die Katze ist oben links."),
        ("The purple square is in the middle.", "Das lila Quadrat ist in der Mitte."),
        ("Yes, there is an orange circle.", "Ja, ich sehe einen orange Kreis."),
        ("Yes, there are two hearts and no bears.", "Ja, ich sehe zwei Herzen und keine Bären."),
        ("No, I do not see a yellow square.", "Nein, ich sehe kein gelbes Quadrat."),
        ("No, I do not see any cats or dogs.", "Nein, ich sehe weder Katzen noch Hunde."),
        ("On the left I see a cow.", "Links sehe ich eine Kuh."),
        ("I see nothing in the middle.", "In der Mitte sehe ich nichts."),
        ("The circles are red.", "Die Kreise sind rot."),
        ("One cross is red and one is blue.", "Die zwei Kreuze sind rot und blau."),
        (
            "Between the elephant and the blue circle I see a snail.",
            "Zwischen dem Elefanten und dem blauen Kreis sehe ich eine Schnecke.",
        ),
        ("I do not see a cat or an owl.", "Ich sehe weder eine Katze noch eine Eule."),
    ],
)
def test_german_is_declined(german: Interpreter, said: str, told: str) -> None:
    assert german.told(said) == told


@pytest.mark.parametrize(
    "said", ["", "I see a wug.", "I see a cat and.", "The cat is happy.", "Ich sehe eine Katze."]
)
def test_what_the_model_was_not_taught_to_say_is_not_told(german: Interpreter, said: str) -> None:
    with pytest.raises(MortarError) as caught:
        german.told(said)
    assert caught.value.code == "answer-not-told"


@pytest.mark.parametrize("text", ["erzähl mir einen witz", "what do you see", "wie spät ist es"])
def test_what_the_model_was_not_taught_is_not_asked(german: Interpreter, text: str) -> None:
    """No template has it, or a skill's."""
    with pytest.raises(MortarError) as caught:
        german.question(text)
    assert caught.value.code == "question-not-taught"
