"""The language model on a GPU answers as on the CPU: on Mesa's software device (lavapipe).

Where llama.cpp was built for it: MORTAR_LLAMA=vulkan make test-all. ggml takes a device that is only software
when it is named (GGML_VK_VISIBLE_DEVICES), so nobody is given one by accident.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mortar import resources
from mortar.runtimes.llama.ggml import backends
from scenes import tokens_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif("Vulkan" not in backends(), reason="llama.cpp was not built for Vulkan"),
]

PICTURES = 3
"""A software device takes some 2 s of processor time for each of 4 questions about a picture."""

SOFTWARE = "llvmpipe"
"""What Mesa calls its software device."""

MODEL_LAYERS = 4
WHOLE = MODEL_LAYERS + 1
"""llama.cpp counts what is after the last layer as one more."""

CLOSE = 0.5
"""Largest difference between logits of one token, of which the answer's is about 10 above the next."""


def with_software_gpu(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "GGML_VK_VISIBLE_DEVICES": "0", **environment},
        capture_output=True,
        text=True,
        timeout=1200,
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the bundled vision encoder makes of the pictures that come with Mortar: [n, n_tok, n_embd]."""
    held = sorted(resources.session_folder().glob("*.png"))[:PICTURES]
    path = tmp_path_factory.mktemp("tokens") / "pictures.npy"
    np.save(path, np.stack([tokens_of(picture) for picture in held]))
    return path


@pytest.fixture(scope="module", params=[2, -1], ids=["two layers", "all layers"])
def both(request: pytest.FixtureRequest, pictures: Path) -> tuple[int, dict[str, Any]]:
    """How many layers are on the GPU, and what tests/llama_memory/both.py found."""
    ran = with_software_gpu(Path(__file__).with_name("both.py"), pictures, str(request.param))
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == "", "what Vulkan has to say is the log's"
    return (request.param if request.param > 0 else WHOLE), json.loads(ran.stdout)


def test_answers_are_the_same_token_by_token(both: tuple[int, dict[str, Any]]) -> None:
    """But where two tokens are as probable as each other: a device that rounds otherwise may then take the
    other one, and the text goes on from there."""
    told = both[1]["told"]
    assert sum(one["n_tok"] for one in told) > 80
    for one in told:
        assert 0 < one["largest_difference"] < CLOSE, one
        if one["margin"] is not None:
            assert one["margin"] <= 2 * one["largest_difference"], one
    parted = [one for one in told if one["margin"] is not None]
    assert len(parted) <= len(told) // 10, parted


def test_memory_is_told_by_placement(both: tuple[int, dict[str, Any]]) -> None:
    layers, found = both
    assert found["unit"].startswith(f"llama/vulkan:{SOFTWARE}")
    assert found["unit"].endswith(f", {layers} of {WHOLE} layers")
    held = {one["place"]: one for one in found["held"]}
    context_bytes = sum(one["context_bytes"] for one in held.values())
    on_gpu = held["Vulkan0"]
    # Each layer's cache lies where the layer does; what follows the last layer is placed first, and has none.
    assert on_gpu["context_bytes"] == context_bytes * (layers - 1) // MODEL_LAYERS
    assert on_gpu["model_bytes"] > 0 and on_gpu["compute_bytes"] > 0


def test_the_doctor_sees_it() -> None:
    ran = with_software_gpu("-m", "mortar.runtimes.llama.probe")
    found = json.loads(ran.stdout)
    assert "Vulkan" in found["backends"]
    assert [gpu["title"] for gpu in found["gpus"] if gpu["title"].startswith(SOFTWARE)]
