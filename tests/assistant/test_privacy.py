"""Muted, and the camera off, as the conversation takes them: what is asked for, dropped and said."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from mortar.assistant.conversation import Conversation
from mortar.assistant.stages import Press
from mortar.assistant.turn import Dropped
from mortar.messages import Ask, Chime, Failure, GoOn, Listen, Look, Privacy, Switch
from mortar.privacy import BOTH, NONE, Closed, Device
from mortar.store.database import FILE
from reminders.boards import Board
from talks import ListPort, ask_aloud, conversation, look_answered, speak_all

MUTED = Closed(microphone=True, camera=False)
CAMERA_OFF = Closed(microphone=False, camera=True)


def told(talk: Conversation, closed: Closed, trouble: str = "") -> None:
    talk.privacy_told(Privacy(closed, 1, trouble), 1_200.0)


@pytest.mark.parametrize(
    ("asked", "wanted", "closed", "said", "event", "earcon"),
    [
        (
            "mute yourself",
            Switch(Device.MICROPHONE, is_on=False),
            MUTED,
            "I am muted. Hold the button to unmute.",
            "muted",
            "mute",
        ),
        (
            "turn the camera off",
            Switch(Device.CAMERA, is_on=False),
            CAMERA_OFF,
            "The camera is off.",
            "camera_off",
            "camera_off",
        ),
    ],
)
def test_by_voice(
    talk: Conversation,
    port: ListPort,
    asked: str,
    wanted: Switch,
    closed: Closed,
    said: str,
    event: str,
    earcon: str,
) -> None:
    """The supervisor is asked; nothing is said before it is so."""
    ask_aloud(talk, asked)
    assert port.to("supervisor", Switch) == [wanted]
    assert port.said == []
    told(talk, closed)
    assert port.said == [said]
    assert event in port.events
    assert earcon in [chime.name for chime in port.to("voice", Chime) if isinstance(chime, Chime)]


def test_the_camera_is_switched_on_by_voice(talk: Conversation, port: ListPort) -> None:
    told(talk, CAMERA_OFF)
    ask_aloud(talk, "open your eyes")
    told(talk, NONE)
    assert port.said == ["The camera is on."]
    assert port.events.count("camera_on") == 1


@pytest.mark.parametrize(
    ("trouble", "but"),
    [
        ("privacy-unwritable", "But I could not write that down. My disk may be full."),
        ("device-stays-open", "But I could not close it. Please unplug it."),
    ],
)
def test_what_has_not_gone_well_is_said_too(
    talk: Conversation, port: ListPort, trouble: str, but: str
) -> None:
    ask_aloud(talk, "mute yourself")
    told(talk, MUTED, trouble)
    assert port.said == [f"I am muted. Hold the button to unmute. {but}"]


def test_somebody_else_mutes_and_the_question_in_progress_is_dropped(
    talk: Conversation, port: ListPort
) -> None:
    """In silence but for the earcon; the next wake word, heard before and told late, begins nothing."""
    talk.woken(0.0)
    told(talk, MUTED)
    assert talk.turn is None
    assert [turn.dropped for turn in port.ended] == [Dropped.MUTED]
    assert port.said == []
    talk.woken(1_300.0)
    assert talk.turn is None


def test_an_answer_goes_on_and_nobody_listens_after_it(talk: Conversation, port: ListPort) -> None:
    """It was asked before. One that was held, because somebody spoke over it, is said."""
    look_answered(talk, port, "I see a cat.")
    talk.spoken_over(True, 1_500.0)
    told(talk, MUTED)
    assert port.to("voice", GoOn) == [GoOn()]
    speak_all(talk, port)
    assert port.ended[0].answer == "I see a cat."
    assert port.to("ears", Listen) == []


def test_holding_the_button_unmutes_says_so_and_then_listens(talk: Conversation, port: ListPort) -> None:
    """Not before it has been said: who holds the button must know that they are heard."""
    told(talk, MUTED)
    talk.pressed(Press.LONG, 1_300.0)
    assert port.to("supervisor", Switch) == [Switch(Device.MICROPHONE, is_on=True)]
    assert port.to("ears", Listen) == []
    told(talk, NONE)
    assert port.said == ["I am listening again."]
    assert port.to("ears", Listen) == []
    speak_all(talk, port)
    assert len(port.to("ears", Listen)) == 1


def test_holding_the_button_while_it_rings_only_silences_that(tmp_path: Path) -> None:
    """Who wants quiet must not be heard for it."""
    board = Board(tmp_path / FILE, datetime(2026, 11, 21, 9, 0))
    board.ask("set a timer for one minute")
    told(board.talk, MUTED)
    board.passes(75)
    board.talk.pressed(Press.LONG, board.now_ms)
    n = len(board.chimes("alarm"))
    board.passes(300)
    assert len(board.chimes("alarm")) == n > 1
    assert board.stored == []
    assert board.port.to("supervisor", Switch) == []


@pytest.mark.parametrize("kind", [Press.SHORT, Press.DOUBLE])
def test_no_other_press_unmutes_or_listens(talk: Conversation, port: ListPort, kind: Press) -> None:
    """Short still says what is in front of the camera, double what was said last."""
    told(talk, MUTED)
    talk.pressed(kind, 1_300.0)
    speak_all(talk, port)
    assert port.to("supervisor", Switch) == []
    assert port.to("ears", Listen) == []
    assert bool(port.to("language", Ask)) is (kind is Press.SHORT)


def test_ears_that_were_muted_meanwhile_say_so(talk: Conversation, port: ListPort) -> None:
    """The button was held just before the news of it came."""
    talk.pressed(Press.LONG, 0.0)
    talk.failed("ears", Failure("microphone-muted", "it is muted", "hold the button"), 10.0)
    assert port.said == ["I am muted. Hold the button to unmute."]


def test_a_picture_question_with_the_camera_off_says_how_to_switch_it_on(
    talk: Conversation, port: ListPort
) -> None:
    told(talk, CAMERA_OFF)
    turn = ask_aloud(talk, "what do you see")
    assert port.to("eye", Look), "the eye decides, where the camera is"
    talk.failed("eye", Failure("camera-off", "the camera is switched off", "switch it on", turn), 1_300.0)
    assert port.said == ["The camera is off. To switch it on, say: turn the camera on."]


def test_how_it_is_at_the_start_is_told_once_and_interrupts_nothing(port: ListPort) -> None:
    """As events, for whoever shows it; open devices are nothing to tell."""
    told(conversation(port), NONE)
    assert port.events == []
    told(conversation(port), BOTH)
    assert port.events == ["muted", "camera_off"]
