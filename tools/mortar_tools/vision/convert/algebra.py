"""Weights of one layer made to do the work of its neighbours too, in float64."""

from __future__ import annotations

from torch import Tensor, nn

Layer = nn.Linear | nn.Conv2d


def put(layer: Layer, weight: Tensor, bias: Tensor) -> None:
    """Set a layer's weights."""
    layer.weight.copy_(weight)
    assert layer.bias is not None
    layer.bias.copy_(bias)


def centred(layer: Layer) -> tuple[Tensor, Tensor]:
    """A layer's weight and bias with the mean over its outputs taken off."""
    weight, bias = layer.weight.double(), layer.bias
    assert bias is not None
    return weight - weight.mean(0, keepdim=True), bias.double() - bias.double().mean()


def behind(norm: nn.LayerNorm, linear: nn.Linear) -> tuple[Tensor, Tensor]:
    """Weight and bias of a linear layer that takes a norm's gain and shift on itself.

    The layer may take several rows of the norm side by side.
    """
    times = linear.in_features // len(norm.weight)
    gain, shift = norm.weight.double().repeat(times), norm.bias.double().repeat(times)
    weight = linear.weight.double()
    bias = weight @ shift
    if linear.bias is not None:
        bias = bias + linear.bias.double()
    return weight * gain, bias
