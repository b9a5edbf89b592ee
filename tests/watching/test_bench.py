"""`mortar tools bench watching` on the real encoder."""

from __future__ import annotations

from pathlib import Path

from mortar_tools.bench import watching


def test_few_frames_are_encoded_and_the_rest_are_judged(tmp_path: Path) -> None:
    found = {figure.name: figure for figure in watching.measure(tmp_path, 1)}
    assert found.keys() == {
        "watch_cpu_ratio",
        "watch_still_cpu_ratio",
        "watch_encoded_ratio",
        "watch_gate_us",
        "watch_encode_ms",
    }
    assert 0 < found["watch_encoded_ratio"].value < 0.2
