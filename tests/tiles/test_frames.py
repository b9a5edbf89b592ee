"""Several frames merged into one picture's worth of tokens."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar.bricks.frames import pool


@settings(deadline=None)
@given(st.integers(1, 40))
def test_a_scene_that_stands_still_gives_its_own_tokens(n: int) -> None:
    """However many frames it was watched for."""
    frame = np.random.default_rng(n).standard_normal((16, 256), np.float32)
    out = np.empty_like(frame)
    pool(np.repeat(frame[np.newaxis], n, axis=0), out)
    assert np.allclose(out, frame, rtol=1e-5, atol=1e-6)


def test_each_token_is_the_mean_of_its_own_place() -> None:
    frames = np.zeros((4, 3, 2), np.float32)
    frames[1, 0] = 8  # for one frame of four, in the first place alone
    out = np.full((3, 2), 7, np.float32)
    pool(frames, out)
    assert out.tolist() == [[2, 2], [0, 0], [0, 0]]


def test_it_is_written_where_it_is_wanted() -> None:
    """Into a slot of the token ring, and nowhere beside it."""
    around = np.full((3, 2, 2), 7, np.float32)
    pool(np.ones((5, 2, 2), np.float32), around[1])
    assert (around[1] == 1).all() and (around[[0, 2]] == 7).all()
