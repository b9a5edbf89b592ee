"""A small rknn-toolkit2: its calls, its ways to fail, and a graph of four lines.

What config's custom_string says goes wrong. The graph's output is float32 [batch, 2, 3]: the mean colour of
the upper and of the lower half.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import torch

LAYERS = {"Conv": "first", "Reshape": "moved", "Gelu": "second"}
TABLE = """\
layer_name        simulator_error
                  entire            single
                  cos      euc      cos      euc
[Conv] first      0.99000 | 1.00000 0.99000 | 1.00000
[Reshape] moved   0.50000 | 9.00000 0.50000 | 9.00000
[Gelu] second     0.98000 | 2.00000 0.90000 | 2.00000
"""


class RKNN:
    def __init__(self, verbose: bool = False) -> None:
        print("I rknn-toolkit2 version: 2.5.0")
        self.about: dict[str, object] = {}

    def config(self, **given: object) -> int:
        self.given = given
        return 0

    def load_onnx(self, model: str) -> int:
        if not Path(model).exists():
            raise ValueError(f"Traceback (most recent call last):\n\x1b[1;31mModel file {model} not exists!")
        return 0

    def build(self, do_quantization: bool, dataset: str | None = None) -> int:
        trouble = self.given.get("custom_string")
        if trouble == "says no":
            print("\x1b[1;31mE\x1b[0m nothing of it fits")
            print("I OpFusing 0 :  45%|####     | 45/100 [00:00<00:00, 58.67it/s]", end="\r")
            return -1
        if trouble == "needs torch":
            torch.einsum("ij->ji")
        self.about = {"quantised": do_quantization, "samples": shapes(dataset)}
        return 0

    def hybrid_quantization_step1(self, dataset: str) -> int:
        Path("graph.model").touch()
        Path("graph.data").write_text(json.dumps(shapes(dataset)))
        Path("graph.quantization.cfg").write_text("custom_quantize_layers: {}\nquantize_parameters:\n")
        return 0

    def hybrid_quantization_step2(
        self, model_input: str, data_input: str, model_quantization_cfg: str
    ) -> int:
        written = Path(model_quantization_cfg).read_text()
        self.given = {}
        self.about = {
            "samples": json.loads(Path(data_input).read_text()),
            "layers": written.splitlines()[1:-1],
        }
        return 0

    def init_runtime(self) -> int:
        return 0

    def export_rknn(self, path: str) -> int:
        Path(path).write_text(json.dumps(self.about))
        return 0

    def inference(self, inputs: list[np.ndarray], data_format: list[str] | None) -> list[np.ndarray] | None:
        (pictures,) = inputs
        match self.given.get("custom_string"):
            case "dies":
                print("E the driver went away", flush=True)
                os._exit(3)
            case "hangs":
                signal.pause()
            case "gives nothing":
                print("E inference failed", flush=True)
                return None
        assert data_format == ["nhwc"]
        upper, lower = np.split(pictures.astype(np.float32), 2, 1)
        return [np.stack([upper.mean((1, 2)), lower.mean((1, 2))], 1) - self.given.get("mean_values", [0])[0]]

    def accuracy_analysis(self, inputs: list[str], output_dir: str) -> int:
        assert np.load(inputs[0]).shape[1] == 3
        Path(output_dir, "error_analysis.txt").write_text(TABLE)
        return 0

    def release(self) -> None:
        pass


def shapes(dataset: str | None) -> list[list[int]]:
    names = Path(dataset).read_text().split() if dataset else []
    return [list(np.load(name).shape) for name in names]
