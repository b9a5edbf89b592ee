"""`mortar tools eval watching`: what it prints, what it refuses, and what a seed is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mortar.errors import UsageError
from mortar_tools.watching import command, sequences
from mortar_tools.watching.figures import curve, figures
from mortar_tools.watching.measures import MEASURES
from mortar_tools.watching.outcomes import Asked, Outcome, outcomes
from mortar_tools.watching.sequences import FRAMES, SEEDS, Kind


def outcome(kind: Kind, seen: tuple[bool, ...], alarms: tuple[bool, ...]) -> Outcome:
    limit = MEASURES["outside"].chosen
    return Outcome(kind, "outside", limit, 0.15, seen, alarms, encoded=1 + sum(alarms), n=1 + len(alarms))


def test_figures_count_changes_and_still_frames() -> None:
    """Two changes of four missed; one alarm in ten still frames."""
    found = [
        outcome(Kind.ENTERS, (True,), (False,) * 4),
        outcome(Kind.HAND, (True, False), (False,) * 2),
        outcome(Kind.MOVES, (False,), (False, True, False, False)),
    ]
    [point] = curve(found, "outside", seed=1)
    assert (point.missed.value, point.missed.n) == (0.5, 4)
    assert (point.alarms.value, point.alarms.n) == (0.1, 10)


def test_every_measure_and_every_kind_has_its_figure() -> None:
    found = [one for kind in Kind for one in outcomes(Asked(kind, SEEDS["tune"]))]
    named = {figure.name: figure for figure in figures(found, SEEDS["tune"])}
    assert {f"missed_{name}" for name in MEASURES} <= named.keys()
    assert {"missed_card_moved", "false_alarms_noise"} <= named.keys()
    assert all(figure.interval[0] <= figure.value <= figure.interval[1] for figure in named.values())


def test_a_seed_is_a_sequence() -> None:
    one, other = (sequences.draw(Kind.MOVES, SEEDS["tune"]) for _ in range(2))
    assert np.array_equal(one.frames, other.frames)
    assert FRAMES[0] <= len(one.frames) <= FRAMES[1]
    assert set(one.content.tolist()) == {0, 1}
    another = sequences.draw(Kind.MOVES, SEEDS["tune"] + 1)
    assert one.frames.shape != another.frames.shape or not np.array_equal(one.frames, another.frames)


def test_the_command_prints_one_figure_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here of the still table alone, so that it is quick."""
    monkeypatch.setattr(command, "Kind", (Kind.ENTERS, Kind.NOISE))
    monkeypatch.setattr("mortar_tools.watching.figures.Kind", (Kind.ENTERS, Kind.NOISE))
    assert command.main(["--n", "1", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"missed_outside", "false_alarms_outside"} <= {line["name"] for line in lines}
    assert all(line["seed"] == SEEDS["test"] for line in lines)


@pytest.mark.parametrize("wrong", [["--n", "0"], ["--seed", "-1"]])
def test_what_measures_nothing_is_refused(wrong: list[str]) -> None:
    with pytest.raises(UsageError, match="measures nothing"):
        command.main(wrong)
