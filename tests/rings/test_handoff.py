"""What the hand-off bench shows, without its timings."""

import pytest

from mortar.errors import UsageError
from mortar_tools.bench import handoff


def test_the_ring_hands_over_the_memory_itself_and_the_queue_does_not():
    """The reader's address is the same bytes of the same memfd as the writer's, every time."""
    by_ring, by_queue = handoff.hand_over((576, 896), n=4)
    assert [held.same_memory for held in by_ring] == [True] * 4
    assert [held.same_memory for held in by_queue] == [False] * 4


def test_the_figures_cover_every_shape():
    """Ratio, and per way: time, page faults of the reader, whether the memory is the same."""
    names = [held.name for held in handoff.measure(n=1)]
    assert len(names) == len(set(names)) == 7 * len(handoff.SHAPES)


def test_a_senseless_number_of_rounds_is_refused():
    """No figure can be made of nothing."""
    with pytest.raises(UsageError):
        handoff.main(["--n", "0"])
