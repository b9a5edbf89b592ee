"""The conversation, driven message by message with no process and no clock."""

from __future__ import annotations

import pytest

from mortar.assistant import troubles
from mortar.assistant.conversation import Conversation
from mortar.assistant.stages import MAY_FOLLOW, Press, Stage
from mortar.messages import (
    Ask,
    Cancel,
    Chime,
    Context,
    Failure,
    Heard,
    Hush,
    Listen,
    Look,
    Looked,
    Partial,
    Rest,
    Said,
    Say,
    Sentence,
)
from mortar.settings import Settings
from talks import ListPort, answer, ask_aloud, conversation, speak_all


@pytest.fixture
def port() -> ListPort:
    return ListPort()


@pytest.fixture
def talk(port: ListPort) -> Conversation:
    return conversation(port)


def until(talk: Conversation, t_ms: float) -> None:
    """Nothing happens until then but what the conversation wants to be woken for."""
    while talk.deadline_ms is not None and talk.deadline_ms <= t_ms:
        talk.overdue(talk.deadline_ms)


def ticks(port: ListPort) -> list[Chime]:
    return [chime for chime in port.to("voice", Chime) if chime == Chime("thinking", chime.turn)]


def test_looking_starts_at_the_wake_word(talk: Conversation, port: ListPort) -> None:
    """The picture is asked for before the person has said anything."""
    talk.woken(0.0)
    assert port.to("eye", Look) == [Look(1)]


def test_no_early_look_where_it_is_switched_off(port: ListPort) -> None:
    """`assistant.early_looking = false`: the eye is asked only once a question needs it."""
    import msgspec

    settings = msgspec.convert({"assistant": {"early_looking": False}}, Settings)
    talk = conversation(port, settings)
    talk.woken(0.0)
    assert port.to("eye", Look) == []
    talk.speech_ended(1, 1.0)
    talk.heard(Heard(1, "what do you see", 0.9, 1.0), 1.0)
    assert port.to("eye", Look) == [Look(1)]


def test_free_text_goes_to_the_language_brick_as_it_was_said(talk: Conversation, port: ListPort) -> None:
    """Dictation hears what no template has; a template that is met all the same is not missed."""
    turn = ask_aloud(talk, "Tell me a story, please.")
    assert port.to("language", Ask) == [Ask(turn, "Tell me a story, please.", look=True)]
    talk.answered(answer(turn, ""), 1_500.0)
    speak_all(talk, port)
    ask_aloud(talk, "What time is it?")
    assert port.said[-1].startswith("It is nine")
    assert len(port.to("language", Ask)) == 1


def test_words_are_shown_while_they_are_spoken(talk: Conversation, port: ListPort) -> None:
    """Between the wake word and what was heard, and at no other time; they decide nothing."""
    talk.partly_heard(Partial(1, "tell", 100.0))
    assert "partial" not in port.events
    talk.woken(200.0)
    talk.partly_heard(Partial(1, "tell me", 300.0))
    talk.speech_ended(1, 400.0)
    talk.partly_heard(Partial(1, "tell me a", 500.0))
    talk.heard(Heard(1, "what time is it", 0.9, 600.0), 600.0)
    talk.partly_heard(Partial(1, "tell me a story", 700.0))
    assert port.events.count("partial") == 2
    assert port.to("language", Ask) == []


def test_a_picture_question_goes_to_the_language_brick(talk: Conversation, port: ListPort) -> None:
    """Sentences are spoken while the rest is generated; the turn ends when all is said."""
    turn = ask_aloud(talk, "what do you see")
    assert port.to("language", Ask) == [Ask(turn, "what do you see", look=True)]
    talk.looked(Looked(turn, 1, 16, 30.0, 1_200.0), 1_200.0)
    talk.sentence(Sentence(turn, 0, "I see a cat.", 1_300.0), 1_300.0)
    assert port.said == ["I see a cat."]
    talk.said(Said(turn, 0, False, 1_400.0), 1_400.0)
    assert talk.turn is not None, "more sentences may come"
    talk.answered(answer(turn, "I see a cat."), 1_500.0)
    assert talk.turn is None
    assert port.ended[0].answer == "I see a cat."


@pytest.mark.parametrize(
    "question",
    [
        "what colour is the circle",
        "are there more cups than cats",
        "what is between the cat and the red square",
        "is there a robot",
        "how heavy is the cat",
    ],
)
def test_every_question_goes_in_the_words_it_was_asked(
    talk: Conversation, port: ListPort, question: str
) -> None:
    """Also where no template matches: dictated or typed, only the model knows what it doesn't know."""
    turn = ask_aloud(talk, question)
    talk.asked(question, 2_000.0)
    assert port.to("language", Ask) == [Ask(turn, question, look=True), Ask(turn + 1, question, look=True)]


def test_a_skill_answers_without_the_language_brick(talk: Conversation, port: ListPort) -> None:
    """The time is told at once, from the templates."""
    ask_aloud(talk, "what time is it")
    assert port.to("language", Ask) == []
    assert "nine" in port.said[0]
    speak_all(talk, port)
    assert port.ended[0].trouble is None


def test_words_may_overtake_the_end_of_the_speech(talk: Conversation, port: ListPort) -> None:
    """Ears and listen have a link each: what was heard may arrive before the end of the speech."""
    talk.woken(0.0)
    talk.heard(Heard(1, "what time is it", 0.9, 1_000.0), 1_000.0)
    assert port.said == []
    talk.speech_ended(1, 1_000.0)
    assert "nine" in port.said[0]


def test_the_next_turn_is_reminded_of_the_last_answer(talk: Conversation, port: ListPort) -> None:
    """The image leaves after the turn, its text stays."""
    turn = ask_aloud(talk, "what do you see")
    talk.sentence(Sentence(turn, 0, "I see a cat.", 0.0), 0.0)
    talk.answered(answer(turn, "I see a cat."), 0.0)
    speak_all(talk, port)
    context = port.to("language", Context)[-1]
    assert isinstance(context, Context)
    assert [exchange.answer for exchange in context.earlier] == ["I see a cat."]


def test_the_wake_word_interrupts_an_answer(talk: Conversation, port: ListPort) -> None:
    """Voice falls silent, the language brick stops, ears keep what they are capturing."""
    turn = ask_aloud(talk, "what do you see")
    talk.sentence(Sentence(turn, 0, "I see a cat.", 0.0), 0.0)
    port.sent.clear()
    talk.woken(1_600.0)
    assert ("voice", Hush()) in port.sent
    assert ("language", Cancel(turn)) in port.sent
    assert port.to("ears", Rest) == []
    talk.sentence(Sentence(turn, 1, "And a dog.", 0.0), 0.0)
    assert "And a dog." not in port.said, "what the old turn still sends is not spoken"


@pytest.mark.parametrize(
    ("peer", "code", "sentence"),
    [
        ("eye", "camera-missing", "I have no camera to look with."),
        ("eye", "anything", troubles.of_death("eye").spoken),
        ("language", "anything", troubles.of_death("language").spoken),
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
    assert port.said == [troubles.of_death(peer).spoken]


def test_a_question_to_ears_that_are_down_is_not_waited_for(talk: Conversation, port: ListPort) -> None:
    """Speech to text has died before the wake word, and is not back when the question is over."""
    talk.peer_lost("listen", 0.0)
    talk.woken(100.0)
    talk.speech_ended(1, 1_000.0)
    assert port.said == [troubles.of_death("listen").spoken]


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


def test_a_long_press_without_ears_is_not_waited_for(talk: Conversation, port: ListPort) -> None:
    port.down.add("ears")
    talk.pressed(Press.LONG, 0.0)
    assert port.said == [troubles.of_death("ears").spoken]


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


def test_no_speech_and_nonsense_are_said_aloud(talk: Conversation, port: ListPort) -> None:
    """Woken for nothing, or not understood."""
    talk.woken(0.0)
    talk.no_speech(5_000.0)
    assert port.said == [troubles.NO_SPEECH.spoken]
    ask_aloud(talk, None)
    assert port.said[-1] == troubles.NOT_UNDERSTOOD.spoken


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
    assert port.said == [troubles.SPOKEN[code]] != [troubles.NOT_UNDERSTOOD.spoken]
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


def test_a_turn_that_takes_too_long_is_given_up_twice(talk: Conversation, port: ListPort) -> None:
    """First with an apology; where not even that is spoken, in silence."""
    ask_aloud(talk, "what do you see")
    until(talk, 60_000.0)
    assert port.said == [troubles.TOO_LONG.spoken]
    assert talk.turn is not None and talk.deadline_ms == 120_000.0
    until(talk, 120_000.0)
    assert talk.turn is None


def test_a_slow_answer_is_waited_for_with_ticks(talk: Conversation, port: ListPort) -> None:
    """From 1.5 s after the question on, every 2 s, until there is something to say."""
    turn = ask_aloud(talk, "what do you see")  # understood at 1,100 ms
    until(talk, 2_599.0)
    assert ticks(port) == []
    until(talk, 6_599.0)
    assert ticks(port) == [Chime("thinking", turn)] * 2
    talk.sentence(Sentence(turn, 0, "I see a cat.", 6_600.0), 6_600.0)
    until(talk, 20_000.0)
    assert len(ticks(port)) == 2


def test_a_quick_answer_and_a_skill_have_no_tick(talk: Conversation, port: ListPort) -> None:
    """They are there, or ask nobody: what is waited for then is the voice."""
    turn = ask_aloud(talk, "what do you see")
    talk.sentence(Sentence(turn, 0, "I see a cat.", 1_300.0), 1_300.0)
    until(talk, 20_000.0)
    talk.answered(answer(turn, "I see a cat."), 20_000.0)
    speak_all(talk, port)
    ask_aloud(talk, "what time is it")
    until(talk, 20_000.0)
    assert ticks(port) == []


def test_an_interrupted_answer_ticks_no_more(talk: Conversation, port: ListPort) -> None:
    """The next question has a wait of its own."""
    ask_aloud(talk, "what do you see")
    until(talk, 3_000.0)
    talk.woken(3_100.0)
    port.sent.clear()
    until(talk, 20_000.0)
    assert ticks(port) == []


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_said_does_not_wait_for_a_tick(talk: Conversation, port: ListPort, fails: bool) -> None:
    """A tick that has not been played is cut: before the first sentence, and before the error tone."""
    turn = ask_aloud(talk, "what do you see")
    until(talk, 2_600.0)
    port.sent.clear()
    if fails:
        talk.peer_lost("language", 2_610.0)
        talk.said(Said(turn, None, True, 2_620.0), 2_620.0)
    else:
        talk.sentence(Sentence(turn, 0, "I see a cat.", 2_610.0), 2_610.0)
        talk.sentence(Sentence(turn, 1, "And a dog.", 2_620.0), 2_620.0)
    to_voice = [type(message) for peer, message in port.sent if peer == "voice"]
    assert to_voice == ([Hush, Chime, Say] if fails else [Hush, Say, Say])


def test_a_tick_that_is_over_needs_no_cut(talk: Conversation, port: ListPort) -> None:
    """What was played is left alone, and the answer is the first thing said of the turn."""
    turn = ask_aloud(talk, "what do you see")
    until(talk, 2_600.0)
    talk.said(Said(turn, None, False, 2_700.0), 2_700.0)
    talk.sentence(Sentence(turn, 0, "I see a cat.", 2_800.0), 2_800.0)
    assert port.to("voice", Hush) == []


def test_the_button(talk: Conversation, port: ListPort) -> None:
    """Short describes, short again stops, double repeats, long listens."""
    talk.pressed(Press.SHORT, 0.0)
    assert [type(message) for _, message in port.sent] == [Rest, Look, Ask]
    talk.pressed(Press.SHORT, 100.0)
    assert talk.turn is None
    talk.pressed(Press.DOUBLE, 200.0)
    assert port.said == [troubles.NOTHING_TO_REPEAT]
    talk.pressed(Press.LONG, 300.0)
    assert len(port.to("ears", Listen)) == 1
    assert len(port.to("eye", Look)) == 2


def test_a_model_that_says_nothing_is_apologised_for(talk: Conversation, port: ListPort) -> None:
    turn = ask_aloud(talk, "what do you see")
    talk.answered(answer(turn, "", n_tok=0), 1_400.0)
    assert port.said == [troubles.NO_ANSWER.spoken]
    speak_all(talk, port)
    assert [held.trouble.code for held in port.ended if held.trouble] == ["no-answer"]


def test_a_typed_question_is_answered_as_one_that_was_said(talk: Conversation, port: ListPort) -> None:
    """A skill at once; what no skill knows goes to the language model, in its words. It ends what went on."""
    talk.typed("who are you", 0.0)
    assert port.said[-1].startswith("I am Mortar")
    talk.typed("is there a cat", 100.0)
    assert port.events.count("interrupted") == 1
    assert [(turn.heard, turn.intent) for turn in port.ended] == [("who are you", "WhoAreYou")]
    assert [ask.question for ask in port.to("language", Ask) if isinstance(ask, Ask)] == ["is there a cat"]


def test_stages_only_follow_those_that_the_table_names(talk: Conversation, port: ListPort) -> None:
    """What listen or ears say in the wrong stage changes nothing."""
    talk.heard(Heard(9, "what time is it", 0.9, 0.0), 0.0)
    talk.speech_ended(9, 0.0)
    talk.no_speech(0.0)
    assert port.sent == [] and port.events == []
    assert Stage.LOOK not in MAY_FOLLOW
    assert MAY_FOLLOW[Stage.UNDERSTAND] == {Stage.LISTEN}


def test_events_of_a_whole_turn_come_in_order(talk: Conversation, port: ListPort) -> None:
    """Every stage that starts also ends."""
    turn = ask_aloud(talk, "what do you see")
    talk.looked(Looked(turn, 1, 16, 30.0, 0.0), 0.0)
    talk.sentence(Sentence(turn, 0, "I see a cat.", 0.0), 0.0)
    talk.answered(answer(turn, "I see a cat."), 0.0)
    speak_all(talk, port)
    assert port.events == [
        "listen_start",
        "look_start",
        "listen_end",
        "understand_start",
        "understand_end",
        "answer_start",
        "look_end",
        "sentence",
        "speak_start",
        "answer_end",
        "speak_end",
        "follow_up_start",
    ]


def test_a_typed_question_needs_no_voice(port: ListPort) -> None:
    """`mortar describe` has no speaker: the turn ends with the answer."""
    talk = conversation(port, speaks=False)
    talk.asked("what do you see", 0.0)
    talk.sentence(Sentence(1, 0, "I see a cat.", 1.0), 1.0)
    talk.answered(answer(1, "I see a cat."), 2.0)
    assert [turn.answer for turn in port.ended] == ["I see a cat."]
    assert port.said == []
