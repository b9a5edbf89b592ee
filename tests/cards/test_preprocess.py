"""Any picture becomes the same small array."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mortar.bricks.picture import preprocess


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
@pytest.mark.parametrize("size", [(128, 128), (640, 480), (1, 1), (31, 900)])
def test_shape_and_range(mode: str, size: tuple[int, int]) -> None:
    array = preprocess(Image.new(mode, size))
    assert array.shape == (1, 128, 128, 3)
    assert array.dtype == np.float32
    assert -1 <= array.min() <= array.max() <= 1


def test_transparency_lies_over_white() -> None:
    assert np.all(preprocess(Image.new("RGBA", (9, 9), (0, 0, 0, 0))) == 1)


def test_16_bit_grey_is_scaled() -> None:
    grey = Image.fromarray(np.full((9, 9), 0x8080, np.uint16))
    assert np.allclose(preprocess(grey), preprocess(Image.new("L", (9, 9), 0x80)))


def test_a_turned_photograph_is_set_upright() -> None:
    upright = Image.new("RGB", (60, 20), "black")
    upright.paste("white", (0, 0, 30, 20))
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6  # "turn clockwise to view"
    assert np.array_equal(preprocess(turned), preprocess(upright))


def test_training_sees_the_same_numbers() -> None:
    pytest.importorskip("torch", reason="training comes with the tools extra")
    from mortar_tools.cards.training.batches import to_pictures

    pixels = np.random.default_rng(0).integers(0, 256, (1, 128, 128, 3), dtype=np.uint8)
    shown = to_pictures(pixels).permute(0, 2, 3, 1).numpy()
    assert np.allclose(shown, preprocess(Image.fromarray(pixels[0])), atol=1e-6)
