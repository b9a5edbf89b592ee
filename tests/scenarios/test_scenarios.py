"""Scenarios: what is said, shown and pressed, what goes wrong, and what must come of it, in the real program.

Each is a file in told/. Those that need no assistant of their own share one, and bring it back to rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mortar import languages
from mortar.assistant import troubles
from mortar.assistant.skills import SKILLS
from scenarios.script import FOLDER, load, steps_of
from scenarios.stage import Missed
from scenarios.theatre import Theatre, cast_of
from virtual_sound import VirtualSound

SCENARIOS = {file: load(file) for file in sorted(FOLDER.glob("*.toml"))}

STEPS_TOLD = [step for file, scenario in SCENARIOS.items() for step in steps_of(file, scenario)]

TESTS = Path(__file__).parents[1]

ELSEWHERE = {
    "answer-not-told": "languages/test_told.py",
    "audio-lost": "listen/test_listen.py",
    "camera-driver-missing": "cameras/test_picamera.py",
    "camera-no-frame": "cameras/v4l2_streams.py",
    "device-stays-open": "supervisor/test_switches.py",
    "dictation-failed": "listen/test_dictation.py",
    "language-context-full": "language/test_llama.py",
    "language-engine-failed": "language/test_llama.py",
    "language-too-slow": "language/test_language.py",
    "listen-too-slow": "listen/test_listen.py",
    "microphone-muted": "assistant/test_privacy.py",
    "model-speaks-other": "language/test_taught.py",
    "models-differ": "language/test_language.py",
    "no-answer": "assistant/test_conversation.py",
    "note-lost": "notes/test_bricks.py",
    "note-unreadable": "notes/test_bricks.py",
    "note-unwritable": "notes/test_note_files.py",
    "picture-too-long": "language/test_language.py",
    "photo-undeletable": "photos/test_photos.py",
    "photo-unwritable": "photos/test_eye.py",
    "privacy-unwritable": "assistant/test_privacy.py",
    "ring-too-small": "rings/test_token_ring.py",
    "vision-too-slow": "eye/test_tiles.py",
    "wake-word-unusable": "ears/test_wake_words.py",
}
"""Errors that are said aloud and that no scenario brings about, and the file of tests that makes them."""


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    folder = tmp_path_factory.mktemp("scenarios")
    with VirtualSound(folder / "sound") as sound:
        held = Theatre(folder, sound)
        yield held
        held.close()


def in_order() -> list[Path]:
    """Those that share an assistant one after the other."""
    return sorted(SCENARIOS, key=lambda file: (SCENARIOS[file].fresh, str(cast_of(SCENARIOS[file])), file))


@pytest.mark.parametrize("file", in_order(), ids=lambda file: file.stem)
def test_scenario(theatre: Theatre, file: Path) -> None:
    """What its file says."""
    try:
        theatre.play(file, SCENARIOS[file])
    except Missed as missed:
        told = str(missed)
    else:
        return
    pytest.fail(told, pytrace=False)


def test_every_skill_has_a_scenario() -> None:
    """And its answer is checked in it."""
    assert {step.more["intent"] for step in STEPS_TOLD if "intent" in step.more} >= set(SKILLS)


def test_every_error_that_is_said_aloud_has_a_scenario() -> None:
    """Or it is named where it is shown otherwise."""
    told = {step.more["trouble"] for step in STEPS_TOLD if "trouble" in step.more}
    said = {held.code for held in vars(troubles).values() if isinstance(held, troubles.Trouble)}
    said |= {held.code for held in (*troubles.DEATHS.values(), *troubles.GIVEN_UP.values())}
    said |= set(languages.of().answers["troubles"])
    assert told <= said
    assert said - told == ELSEWHERE.keys()
    assert all(code in (TESTS / place).read_text(encoding="utf-8") for code, place in ELSEWHERE.items())
