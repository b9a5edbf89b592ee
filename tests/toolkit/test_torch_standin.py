"""What stands in for torch in the toolkit's environment does what torch does, or says that it cannot."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mortar.runtimes.rknn_sim import torch_standin
from mortar.runtimes.rknn_sim.torch_standin import arange, cat, split


def test_positions_are_cut_and_put_together_as_torch_does() -> None:
    rows = arange(24).reshape(4, 6)
    parts = split(rows, [1, 2, 3], dim=1)
    assert [part.shape for part in parts] == [(4, 1), (4, 2), (4, 3)]
    assert [len(part) for part in split(arange(7), 3)] == [3, 3, 1]
    np.testing.assert_array_equal(cat(parts, dim=1).numpy(), np.arange(24).reshape(4, 6))
    assert type(rows.numpy()) is np.ndarray


def test_torch_itself_agrees() -> None:
    torch = pytest.importorskip("torch", reason="comes with the tools extra")
    theirs = torch.split(torch.arange(24).reshape(4, 6), [1, 2, 3], dim=1)
    ours = split(arange(24).reshape(4, 6), [1, 2, 3], dim=1)
    for one, other in zip(theirs, ours, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_the_toolkit_can_import_it_and_what_it_lacks_is_named() -> None:
    """In a program of its own, where nothing else is called torch."""
    program = """
import torch_standin
torch_standin.install()
import torch, torch.nn as nn
class Network(nn.Module): pass
@torch.no_grad()
def doubled(x): return 2 * x
assert doubled(2) == 4 and Network()
torch.einsum
"""
    folder = Path(torch_standin.__file__).parent
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.stderr.splitlines()[-1].startswith("AttributeError: torch.einsum is not in the toolkit's")
