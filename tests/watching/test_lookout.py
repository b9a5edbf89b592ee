"""Being told when something is seen, as the conversation has it."""

from __future__ import annotations

import pytest

from mortar.assistant.conversation import Conversation
from mortar.assistant.intents import Understanding
from mortar.languages import of
from mortar.messages import NO_TURN, Answered, Ask, Failure, Privacy, Say, Watch
from mortar.privacy import Closed
from mortar.settings import Settings
from talks import NINE, ListPort, conversation, no_store, speak_all

DOG = Ask(NO_TURN, "is there a dog", look=True)


def answered(text: str, *, is_sure: bool = True, cancelled: bool = False) -> Answered:
    return Answered(NO_TURN, text, 5, 0.9, 50.0, cancelled, 3_000.0, is_sure)


def watching(port: ListPort, text: str = "tell me when you see a dog") -> Conversation:
    """For a dog, and nobody has a turn."""
    talk = conversation(port)
    talk.typed(text, 0.0)
    speak_all(talk, port)
    assert talk.turn is None
    return talk


def test_it_says_what_it_watches_for_and_asks_each_new_picture() -> None:
    port = ListPort()
    talk = watching(port)
    assert port.said == ["I will tell you when I see a dog."]
    assert port.to("eye", Watch) == [Watch(True)]
    for _ in range(2):
        talk.watched()
    assert port.to("language", Ask) == [DOG, DOG]


def test_a_yes_is_told_once_and_ends_it() -> None:
    port = ListPort()
    talk = watching(port)
    talk.watched()
    talk.answered(answered("No, I do not see a dog."), 2_000.0)
    assert talk.turn is None
    talk.answered(answered("Yes, there is one dog."), 3_000.0)
    assert port.said[1:] == ["You wanted to know: there is one dog."]
    assert port.to("eye", Watch) == [Watch(True), Watch(False)]
    assert "spotted" in port.events
    speak_all(talk, port)
    assert port.ended[-1].rings  # nobody asked: it is no exchange
    talk.watched()
    talk.answered(answered("Yes, there is one dog."), 4_000.0)
    assert len(port.to("voice", Say)) == 2


@pytest.mark.parametrize(
    "unsure",
    [
        answered("Yes, there is one dog.", is_sure=False),
        answered("Yes, there", cancelled=True),
        answered("Sorry, I do not know that word."),
        answered("Yesterday there was a dog."),
        answered(""),
    ],
    ids=["not sure", "broken off", "cannot", "no yes", "nothing"],
)
def test_what_is_no_plain_yes_is_not_told(unsure: Answered) -> None:
    port = ListPort()
    talk = watching(port)
    talk.watched()
    talk.answered(unsure, 2_000.0)
    assert talk.turn is None and len(port.said) == 1
    talk.answered(answered("Yes."), 3_000.0)
    assert port.said[1:] == ["You wanted to know: Yes."]


def test_nobody_is_interrupted() -> None:
    """While somebody asks, no picture is asked about, and a late yes waits for the picture after the turn."""
    port = ListPort()
    talk = watching(port)
    talk.watched()
    talk.woken(1_000.0)
    assert talk.turn is not None
    turn = talk.turn.number
    talk.watched()
    talk.answered(answered("Yes, there is one dog."), 2_000.0)
    assert port.to("language", Ask) == [DOG] and len(port.said) == 1
    talk.no_speech(3_000.0)
    speak_all(talk, port)
    assert port.ended[-1].number == turn  # upon which the eye hands over what is there
    talk.watched()
    talk.answered(answered("Yes, there is one dog."), 5_000.0)
    assert port.said[-1] == "You wanted to know: there is one dog."


def test_another_thing_takes_its_place() -> None:
    port = ListPort()
    talk = watching(port)
    talk.typed("let me know when you see a red circle", 5_000.0)
    speak_all(talk, port)
    assert port.said[-1] == "I will tell you when I see a red circle, and no longer a dog."
    talk.watched()
    assert port.to("language", Ask) == [Ask(NO_TURN, "is there a red circle", look=True)]


def test_it_is_ended_in_words() -> None:
    port = ListPort()
    talk = watching(port)
    for said in ("I no longer watch for a dog.", "I am not watching for anything."):
        talk.typed("you can stop watching", 5_000.0)
        speak_all(talk, port)
        assert port.said[-1] == said
    assert port.to("eye", Watch)[-1] == Watch(False)
    talk.watched()
    assert port.to("language", Ask) == []


def test_with_the_camera_off_it_says_so() -> None:
    port = ListPort()
    talk = conversation(port)
    talk.privacy_told(Privacy(Closed(microphone=False, camera=True), 1), 0.0)
    talk.typed("tell me when you see a dog", 1_000.0)
    assert port.said == ["I cannot watch, the camera is off."]
    assert port.to("eye", Watch) == []


def test_without_an_eye_it_says_so() -> None:
    port = ListPort(down={"eye"})
    talk = conversation(port)
    talk.typed("tell me when you see a dog", 0.0)
    assert talk.turn is not None and talk.turn.trouble is not None
    assert talk.turn.trouble.code == "eye-died"


def test_an_eye_that_died_is_told_again() -> None:
    port = ListPort()
    talk = watching(port)
    talk.peer_lost("eye", 2_000.0)
    talk.peer_back("eye", 3_000.0)
    assert port.to("eye", Watch) == [Watch(True), Watch(True)]


def test_a_picture_that_cannot_be_asked_about_disturbs_nobody() -> None:
    port = ListPort()
    talk = watching(port)
    talk.watched()
    talk.failed("language", Failure("language-too-slow", "it was slow", "wait", NO_TURN), 2_000.0)
    assert talk.turn is None and len(port.said) == 1
    talk.watched()
    assert port.to("language", Ask) == [DOG, DOG]


def test_in_german() -> None:
    """Question and answer are the language brick's to interpret; here they are German."""
    port = ListPort()
    german = Understanding(of("de"))
    talk = Conversation(port, Settings(), german, lambda: NINE, no_store())
    talk.typed("Sag mir, wenn du einen Hund siehst.", 0.0)
    speak_all(talk, port)
    talk.watched()
    assert port.to("language", Ask) == [Ask(NO_TURN, "siehst du einen hund", look=True)]
    talk.answered(answered("Ja, ich sehe einen Hund."), 2_000.0)
    assert port.said == [
        "Ich sage dir, wenn ich einen Hund sehe.",
        "Du wolltest es wissen: ich sehe einen Hund.",
    ]


def test_the_next_turn_knows_what_is_watched_for() -> None:
    """What a trace begins with: replayed, a turn ends the same wish."""
    port = ListPort()
    past = watching(port).past(5_000.0)
    assert past is not None and past.wish is not None and past.wish.named == "a dog"
