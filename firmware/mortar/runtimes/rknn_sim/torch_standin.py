"""What rknn-toolkit2 uses of torch to convert an ONNX graph, in numpy.

The toolkit imports torch when it starts, for reading TorchScript files and for one way to quantise weights,
neither of which Mortar asks for, and reckons a few positions with it. So its environment has no torch, which
with all that it brings would be 4.9 GB of 5.6. Whatever else it should ask for is an error that says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Tensor(np.ndarray[Any, Any]):
    """An array that can be asked for as one."""

    def numpy(self) -> NDArray[Any]:
        return self.view(np.ndarray)


def arange(*bounds: int) -> Tensor:
    return np.arange(*bounds).view(Tensor)


def split(tensor: Tensor, sizes: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`sizes`: of every part, the last may be smaller; or of each part."""
    if isinstance(sizes, int):
        cuts = list(range(sizes, tensor.shape[dim], sizes))
    else:
        cuts = np.cumsum(sizes)[:-1].tolist()
    return tuple(part.view(Tensor) for part in np.split(tensor, cuts, dim))


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    return np.concatenate(tensors, dim).view(Tensor)


def no_grad() -> Callable[[Any], Any]:
    """A decorator, which has nothing to switch off here."""
    return lambda function: function


class Module:
    """What the toolkit's own networks derive from."""


class _Standin(ModuleType):
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"{self.__name__}.{name} is not in the toolkit's environment: this graph needs torch"
        )


def install() -> None:
    """Be torch for whoever imports it."""
    torch, nn = _Standin("torch"), _Standin("torch.nn")
    vars(torch).update(
        Tensor=Tensor, arange=arange, split=split, cat=cat, no_grad=no_grad, nn=nn, __path__=[]
    )
    vars(nn).update(Module=Module, __path__=[])
    sys.modules |= {"torch": torch, "torch.nn": nn}
