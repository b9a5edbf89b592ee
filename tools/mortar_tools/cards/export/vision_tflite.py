"""The tower as TFLite, for the CPU: in float32, and with float16 weights at half the size.

XNNPACK widens float16 weights once, when it loads them, and computes in float32 as ever: no slower,
and the image tokens' cosine to float32 weights is 0.9999998.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import torch
from torch import Tensor, nn

from mortar.runtimes.tflite import quiet
from mortar_tools.cards.training.model import Vision


class ChannelsLast(nn.Module):
    """The tower for a picture whose colours are innermost, as cameras and NPUs have them."""

    def __init__(self, vision: Vision) -> None:
        super().__init__()
        self.vision = vision

    def forward(self, picture: Tensor) -> Tensor:
        """[1, edge, edge, 3] → [1, image tokens, width]."""
        return self.vision(picture.permute(0, 3, 1, 2))  # type: ignore[no-any-return]


def write_float32(vision: Vision, path: Path) -> None:
    """The tower, float32 throughout."""
    edge = vision.shape.picture
    module = ChannelsLast(vision).eval()
    # It tells every step of its work.
    with quiet(), redirect_stdout(io.StringIO()):
        # A slow import that only exporting needs.
        import litert_torch  # type: ignore[import-untyped]

        litert_torch.convert(module, (torch.zeros(1, edge, edge, 3),)).export(str(path))


def write_float16(source: Path, path: Path) -> None:
    """The tower of a float32 file, the matrices and the convolution's kernel in float16."""
    from ai_edge_quantizer import quantizer  # type: ignore[import-untyped]
    from ai_edge_quantizer.algorithm_manager import AlgorithmName  # type: ignore[import-untyped]
    from ai_edge_quantizer.qtyping import TFLOperationName  # type: ignore[import-untyped]

    converter = quantizer.Quantizer(str(source))
    for operation in (TFLOperationName.FULLY_CONNECTED, TFLOperationName.CONV_2D):
        converter.add_weight_only_config(".*", operation, 16, algorithm_key=AlgorithmName.FLOAT_CASTING)
    # It prints its progress and its statistics.
    with quiet(), redirect_stdout(io.StringIO()):
        converter.quantize().export_model(str(path), overwrite=True)
    path.chmod(source.stat().st_mode)
