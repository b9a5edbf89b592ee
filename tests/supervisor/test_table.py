"""Which processes a run has, and how they are linked."""

import pytest

from mortar.settings import RunOptions, Settings
from mortar.supervisor.table import TABLE, Conditions, Stage

ALL = {"ears", "eye", "listen", "language", "assistant", "voice"}


@pytest.mark.parametrize(
    ("run", "names"),
    [
        (RunOptions(), ALL),
        (RunOptions(mic="q.wav", camera="p.png", speaker="a.wav", once=True), ALL),
        (RunOptions(ask="What is it?", once=True), {"eye", "language", "assistant"}),
        (RunOptions(hear=True, once=True), {"ears", "listen", "assistant"}),
    ],
    ids=["run", "once", "describe", "hear"],
)
def test_a_run_has_the_processes_that_it_needs(run: RunOptions, names: set[str]) -> None:
    conditions = Conditions(run, Settings())
    assert {row.name for row in TABLE.rows if row.needed(conditions)} == names


def test_processes_end_from_input_to_output() -> None:
    order = [row.name for row in sorted(TABLE.rows, key=lambda row: row.stage)]
    assert order == ["ears", "eye", "listen", "language", "assistant", "voice"]
    assert [row.stage for row in TABLE.rows if row.name == "voice"] == [Stage.OUTPUT]


def test_the_assistant_is_linked_to_all_and_rings_link_their_two_ends() -> None:
    of_assistant = {name for link in TABLE.links if "assistant" in link for name in link}
    assert of_assistant == ALL
    assert {link for link in TABLE.links if "assistant" not in link} == {
        ("ears", "listen"),
        ("eye", "language"),
    }
