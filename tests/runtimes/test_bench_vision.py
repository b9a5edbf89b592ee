"""The bench of vision encoders: real processes, each told apart in time and memory."""

from __future__ import annotations

import pytest

from mortar import resources
from mortar.errors import MortarError
from mortar.runtimes.manifest import MMPROJ
from mortar.runtimes.model_folder import ModelFolder
from mortar_tools.bench.encoders import Candidate, Encoder
from mortar_tools.bench.vision import measure_bundled

MODEL = ModelFolder(resources.bundled_model())
PART = MODEL.manifest.vision


def test_the_bundled_encoder_is_held_against_libmtmd_on_the_same_weights() -> None:
    figures = {one.name: one for one in measure_bundled(MODEL.path, 2)}
    assert figures["bundled_tflite_f16_to_libmtmd_f16_cosine"].spread[0] > 0.999
    for engine in ("tflite_f16", "libmtmd_f16"):
        assert figures[f"bundled_{engine}_ms"].n == 2 and figures[f"bundled_{engine}_ms"].value > 0
        assert figures[f"bundled_{engine}_peak_MB"].value >= figures[f"bundled_{engine}_anonymous_MB"].value
    ratio = figures["bundled_tflite_f16_to_libmtmd_f16_peak_ratio"].value
    ours, theirs = (figures[f"bundled_{one}_peak_MB"].value for one in ("tflite_f16", "libmtmd_f16"))
    assert ratio == pytest.approx(ours / theirs, rel=1e-3)


def test_memory_of_the_weights_is_in_the_figure() -> None:
    """libmtmd reads its weights into memory of its own: all of the file is there."""
    mmproj, language = map(MODEL.verified, (MODEL.manifest.extra[MMPROJ], MODEL.manifest.language))
    with Encoder(Candidate("libmtmd_f16", mmproj, PART, 1, language)) as encoder:
        encoder.encode(1)
        assert encoder.held().peak_MB > mmproj.stat().st_size / 2**20


def test_an_encoder_that_does_not_load_is_said_in_one_line() -> None:
    damaged = Candidate("tflite_f16", MODEL.path / "manifest.toml", PART, 1)
    with pytest.raises(MortarError) as caught:
        Encoder(damaged)
    assert "manifest.toml is no model" in caught.value.what and "\n" not in caught.value.what
