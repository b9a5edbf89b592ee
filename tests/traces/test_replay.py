"""Runs of the real program, kept as they were: the conversation must lead to the same today.

Where it is meant to differ, look at `mortar replay FILE`, and record the run anew.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mortar.errors import MortarError
from mortar.traces.folder import read
from mortar.traces.replay import replay
from mortar.traces.trace import without_words
from talks import UNDERSTANDING

RUNS = sorted((Path(__file__).parent / "runs").glob("*.json"))


@pytest.mark.parametrize("file", RUNS, ids=lambda file: file.stem)
def test_the_conversation_does_what_it_did(file: Path) -> None:
    assert replay(read(file), UNDERSTANDING) == []


def test_the_runs_are_of_many_kinds() -> None:
    """A skill and questions about the picture; by voice and by the button; well and not."""
    traces = [read(file) for file in RUNS]
    assert {"Time", "LookDescribe", "LookCount"} <= {trace.intent for trace in traces}
    begun_by = {trace.events[0].event for trace in traces}
    assert begun_by == {"wake", "press"}
    assert {"language-died", "no-speech", None} <= {trace.trouble for trace in traces}
    assert any(event.event == "interrupted" for trace in traces for event in trace.events)


def test_without_words_there_is_no_replay() -> None:
    with pytest.raises(MortarError) as raised:
        replay(without_words(read(RUNS[0])), UNDERSTANDING)
    assert raised.value.code == "trace-not-replayable"


def test_messages_of_another_version_are_one_line() -> None:
    trace = read(RUNS[0])
    cue = msgspec.structs.replace(trace.cues[0], message={"type": "SmelledSomething", "what": "coffee"})
    with pytest.raises(MortarError) as raised:
        replay(msgspec.structs.replace(trace, cues=[cue]), UNDERSTANDING)
    assert raised.value.code == "trace-other-version"
    assert "\n" not in str(raised.value)
