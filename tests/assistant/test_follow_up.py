"""A question that follows on an answer needs no wake word; what is no question leaves no trace."""

from __future__ import annotations

import msgspec
import pytest

from mortar.assistant.conversation import Conversation
from mortar.assistant.stages import Press
from mortar.assistant.turn import Dropped
from mortar.messages import Ask, Chime, Failure, Heard, Listen, Look, Rest, Said
from mortar.settings import Assistant, Settings
from talks import ListPort, ask_aloud, conversation, look_answered, sounds, speak_all


@pytest.fixture
def talk(port: ListPort) -> Conversation:
    """An answer has just been spoken."""
    talk = conversation(port)
    turn = look_answered(talk, port, "I see a cat. Ask me what time is it.")
    sounds(talk, turn)
    speak_all(talk, port)
    return talk


def follows(talk: Conversation, text: str | None, in_own_speech: bool = False) -> None:
    """Somebody speaks after the answer, with no wake word."""
    talk.speech_began(3_000.0)
    talk.speech_ended(2, 4_000.0, in_own_speech)
    talk.heard(Heard(2, text, 0.9, 4_100.0), 4_100.0)


def quiet(port: ListPort) -> None:
    """Forget what was said and played so far."""
    port.sent.clear()
    port.events.clear()
    port.ended.clear()


def test_after_an_answer_the_ears_listen_on(talk: Conversation, port: ListPort) -> None:
    assert port.sent[-1] == ("ears", Listen(2, Assistant().follow_up_ms))
    assert talk.turn is None


def test_silence_ends_it_with_a_goodbye(talk: Conversation, port: ListPort) -> None:
    """No complaint: the wake word is needed again, which a soft earcon of the last turn says, once."""
    quiet(port)
    talk.no_speech(7_000.0)
    assert port.sent == [("ears", Rest()), ("voice", Chime("goodbye", 1))]
    talk.said(Said(1, None, False, 7_300.0), 7_300.0)
    talk.no_speech(7_400.0)
    assert len(port.sent) == 2
    assert port.events == ["follow_up_end"]
    talk.speech_began(8_000.0)
    assert talk.turn is None


def test_a_follow_up_is_answered(talk: Conversation, port: ListPort) -> None:
    """The eye looks while it is spoken; the first earcon comes once it is understood."""
    quiet(port)
    talk.speech_began(3_000.0)
    assert port.sent == [("eye", Look(2))]
    talk.speech_ended(2, 4_000.0)
    assert port.to("voice", Chime) == []
    talk.heard(Heard(2, "where is the cat", 0.9, 4_100.0), 4_100.0)
    assert port.to("language", Ask) == [Ask(2, "where is the cat", look=True)]
    assert port.to("voice", Chime) == [Chime("done", 2)]


@pytest.mark.parametrize("text", [None, "what time is it"])
def test_what_is_no_question_leaves_no_trace(talk: Conversation, port: ListPort, text: str | None) -> None:
    """Not understood, or its own words come back: nothing is heard of it, and it is counted."""
    quiet(port)
    follows(talk, text, in_own_speech=True)
    assert port.to("voice", Chime) == [] and port.said == []
    assert [turn.dropped for turn in port.ended] == [
        Dropped.NOT_UNDERSTOOD if text is None else Dropped.OWN_WORDS
    ]
    assert talk.turn is None


def test_its_own_words_do_not_use_up_the_follow_up(talk: Conversation, port: ListPort) -> None:
    """The echo was no question: a person may still ask."""
    follows(talk, "what time is it", in_own_speech=True)
    assert isinstance(port.sent[-1][1], Listen)
    follows(talk, "what time is it")
    assert "nine" in port.said[-1]


def test_people_may_repeat_what_the_assistant_said(talk: Conversation, port: ListPort) -> None:
    """ "Ask me what time is it", it said, and a second later somebody does."""
    follows(talk, "what time is it")
    assert "nine" in port.said[-1]


def test_other_words_in_its_own_speech_are_a_question(talk: Conversation, port: ListPort) -> None:
    """Somebody was faster than the echo."""
    follows(talk, "what day is it", in_own_speech=True)
    assert "Saturday" in port.said[-1]


def test_a_command_that_woke_it_with_its_own_words_is_dropped(port: ListPort) -> None:
    """A self-wake and its self-command: no answer, no complaint."""
    talk = conversation(port)
    turn = look_answered(talk, port, "Ask me what time is it.")
    sounds(talk, turn)
    talk.woken(2_000.0)
    said = len(port.said)
    talk.speech_ended(2, 3_000.0, in_own_speech=True)
    talk.heard(Heard(2, "what time is it", 0.9, 3_100.0), 3_100.0)
    assert len(port.said) == said
    assert port.ended[-1].dropped is Dropped.OWN_WORDS


def test_a_wake_word_in_a_follow_up_is_no_interruption(talk: Conversation, port: ListPort) -> None:
    """People say it by habit: the same turn goes on, heard from now on, and looks once."""
    quiet(port)
    talk.speech_began(3_000.0)
    talk.woken(3_600.0)
    assert "interrupted" not in port.events
    assert port.to("eye", Look) == [Look(2)]
    assert port.to("voice", Chime) == [Chime("wake", 2)]
    talk.no_speech(9_000.0)
    assert len(port.said) == 1, "it was woken, so it says that it heard no question"


def test_the_button_ends_a_follow_up(talk: Conversation, port: ListPort) -> None:
    """Ears rest before the answer begins; what they heard of a follow-up is dropped."""
    talk.speech_began(3_000.0)
    quiet(port)
    talk.pressed(Press.SHORT, 3_500.0)
    assert port.ended[0].dropped is Dropped.GIVEN_WAY
    assert port.to("ears", Rest) == [Rest()]
    assert len(port.to("language", Ask)) == 1
    assert "interrupted" not in port.events


@pytest.mark.parametrize("peer", ["ears", "listen"])
def test_a_death_in_a_follow_up_is_not_spoken_of(talk: Conversation, port: ListPort, peer: str) -> None:
    """Nobody had asked for anything."""
    quiet(port)
    talk.speech_began(3_000.0)
    talk.peer_lost(peer, 3_500.0)
    assert port.said == [] and talk.turn is None


def test_a_microphone_that_goes_ends_a_follow_up(talk: Conversation, port: ListPort) -> None:
    """The ears rest once it is back; nobody is told that a question was not heard."""
    quiet(port)
    talk.failed("ears", Failure("microphone-gone", "the microphone is gone", "plug it in again"), 3_000.0)
    assert port.events == ["follow_up_end"] and port.said == []
    talk.speech_began(3_500.0)
    assert talk.turn is None


def test_it_can_be_switched_off(port: ListPort) -> None:
    settings = msgspec.convert({"assistant": {"follow_up_ms": 0}}, Settings)
    talk = conversation(port, settings)
    ask_aloud(talk, "what time is it")
    speak_all(talk, port)
    assert port.sent[-1] == ("ears", Rest())
    talk.speech_began(3_000.0)
    assert talk.turn is None


@pytest.mark.parametrize("thanks", ["thank you", "that is all"])
def test_who_thanks_has_ended_it(talk: Conversation, port: ListPort, thanks: str) -> None:
    """No answer, no earcon and no further waiting: the wake word is needed again."""
    quiet(port)
    follows(talk, thanks)
    assert port.said == [] and port.to("voice", Chime) == []
    assert port.sent[-1] == ("ears", Rest()) and port.to("ears", Listen) == []
    assert talk.turn is None


def test_nothing_follows_on_silence(port: ListPort) -> None:
    """ "Stop" has no answer, and so no follow-up."""
    talk = conversation(port)
    ask_aloud(talk, "stop")
    assert port.sent[-1] == ("ears", Rest())
