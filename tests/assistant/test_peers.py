"""A brick that fails, or a process that dies, ends in one spoken sentence, or harms nothing."""

from __future__ import annotations

import pytest

from mortar.assistant import troubles
from mortar.assistant.conversation import Conversation
from mortar.messages import (
    Chime,
    Failure,
    Heard,
    Look,
    Looked,
)
from talks import ENGLISH, ListPort, ask_aloud, speak_all


@pytest.mark.parametrize(
    ("peer", "code", "sentence"),
    [
        ("eye", "camera-missing", "I have no camera to look with."),
        ("eye", "anything", troubles.of_death("eye").spoken(ENGLISH)),
        ("language", "anything", troubles.of_death("language").spoken(ENGLISH)),
    ],
)
def test_a_brick_that_fails_ends_in_a_spoken_sentence(
    talk: Conversation, port: ListPort, peer: str, code: str, sentence: str
) -> None:
    """An error tone at once, then one sentence, then listening again."""
    turn = ask_aloud(talk, "what do you see")
    talk.failed(peer, Failure(code, "it failed", "do something", turn), 1_200.0)
    assert Chime("error", turn) in port.to("voice", Chime)
    assert port.said == [sentence]
    speak_all(talk, port)
    assert talk.turn is None
    assert port.ended[0].trouble is not None and port.ended[0].trouble.code == code


def test_a_blind_eye_does_not_spoil_a_question_that_needs_none(talk: Conversation, port: ListPort) -> None:
    """The early look failed, but only the time was asked for."""
    talk.woken(0.0)
    talk.failed("eye", Failure("camera-missing", "no camera", "plug one in", 1), 100.0)
    talk.speech_ended(1, 1_000.0)
    talk.heard(Heard(1, "what time is it", 0.9, 1_100.0), 1_100.0)
    speak_all(talk, port)
    assert port.ended[0].trouble is None


@pytest.mark.parametrize("peer", ["ears", "listen"])
def test_a_death_while_listening_is_said_aloud(talk: Conversation, port: ListPort, peer: str) -> None:
    """Ears or speech to text died while the person spoke."""
    talk.woken(0.0)
    talk.peer_lost(peer, 500.0)
    assert port.said == [troubles.of_death(peer).spoken(ENGLISH)]


def test_a_question_to_ears_that_are_down_is_not_waited_for(talk: Conversation, port: ListPort) -> None:
    """Speech to text has died before the wake word, and is not back when the question is over."""
    talk.peer_lost("listen", 0.0)
    talk.woken(100.0)
    talk.speech_ended(1, 1_000.0)
    assert port.said == [troubles.of_death("listen").spoken(ENGLISH)]


def test_words_of_listen_that_died_after_them_are_answered(talk: Conversation, port: ListPort) -> None:
    """And one that is back is waited for."""
    talk.peer_lost("listen", 0.0)
    talk.woken(100.0)
    talk.heard(Heard(1, "what time is it", 0.9, 900.0), 900.0)
    talk.speech_ended(1, 1_000.0)
    assert len(port.said) == 1 and "nine" in port.said[0]
    talk.peer_back("listen", 1_500.0)
    talk.woken(2_000.0)
    talk.speech_ended(2, 3_000.0)
    assert len(port.said) == 1


def test_language_dying_before_the_question_means_looking_again(talk: Conversation, port: ListPort) -> None:
    """The picture it had read went with it."""
    talk.woken(0.0)
    talk.looked(Looked(1, 1, 16, 30.0, 100.0), 100.0)
    talk.peer_lost("language", 200.0)
    talk.peer_back("language", 700.0)
    talk.speech_ended(1, 1_000.0)
    talk.heard(Heard(1, "what do you see", 0.9, 1_100.0), 1_100.0)
    assert len(port.to("eye", Look)) == 2


def test_a_restarted_voice_says_what_was_unsaid(talk: Conversation, port: ListPort) -> None:
    """Nothing of an answer is lost when voice dies in the middle of it."""
    ask_aloud(talk, "what time is it")
    port.sent.clear()
    talk.peer_lost("voice", 1_200.0)
    talk.peer_back("voice", 1_500.0)
    assert len(port.said) == 1 and "nine" in port.said[0]


@pytest.mark.parametrize("code", ["audio-lost", "dictation-failed", "listen-too-slow"])
@pytest.mark.parametrize("early", [False, True])
def test_ears_that_fail_do_not_say_that_they_did_not_understand(
    talk: Conversation, port: ListPort, code: str, early: bool
) -> None:
    """What went wrong is said, also where it is known before the speech has ended."""
    talk.woken(0.0)
    heard = Heard(1, None, 0.0, 1_100.0, failure=Failure(code, "it failed", "do something"))
    if early:
        talk.heard(heard, 900.0)
        assert port.said == []
    talk.speech_ended(1, 1_000.0)
    if not early:
        talk.heard(heard, 1_100.0)
    assert port.said == [ENGLISH.say(f"troubles.{code}")] != [troubles.NOT_UNDERSTOOD.spoken(ENGLISH)]
    speak_all(talk, port)
    assert port.ended[0].trouble is not None and port.ended[0].trouble.code == code


def test_a_failure_of_an_earlier_question_is_not_said_of_this_one(talk: Conversation, port: ListPort) -> None:
    """Woken again while listen still worked on what was said before."""
    talk.woken(0.0)
    talk.speech_ended(1, 1_000.0)
    talk.woken(1_200.0)
    late = Failure("listen-too-slow", "it failed", "wait")
    talk.heard(Heard(1, None, 0.0, 1_300.0, failure=late), 1_300.0)
    assert port.said == []


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("note-unreadable", ENGLISH.say("troubles.note-unreadable")),
        ("speaker-on-fire", ENGLISH.say("parts.voice")),
    ],
)
def test_what_voice_cannot_say_is_spoken_of_whatever_its_code(
    talk: Conversation, port: ListPort, code: str, sentence: str
) -> None:
    """The turn goes on: the rest of it can be said."""
    turn = ask_aloud(talk, "what time is it")
    talk.failed("voice", Failure(code, "it failed", "do something", turn), 1_200.0)
    assert port.said[1:] == [sentence]
    speak_all(talk, port)
    assert port.ended[0].trouble is None


@pytest.mark.parametrize("peer", ["eye", "language"])
def test_what_does_not_come_back_is_not_asked_for_again(
    talk: Conversation, port: ListPort, peer: str
) -> None:
    """A question that needs it hears what is so; and it is no matter for one that does not."""
    port.down.add(peer)
    talk.peers_given_up([peer])
    ask_aloud(talk, "what do you see")
    assert port.said == [troubles.GIVEN_UP[peer].spoken(ENGLISH)]
    speak_all(talk, port)
    assert port.ended[0].trouble == troubles.GIVEN_UP[peer]
    ask_aloud(talk, "what time is it")
    assert "nine" in port.said[-1]


def test_one_that_is_given_up_speaks_for_no_other(talk: Conversation, port: ListPort) -> None:
    talk.peers_given_up(["eye"])
    port.down.add("language")
    ask_aloud(talk, "what do you see")
    assert port.said == [troubles.DEATHS["language"].spoken(ENGLISH)]
