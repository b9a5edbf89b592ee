"""Pictures drawn by other code than the model's recipe, emoji on white cards in a row; and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mortar import resources
from mortar.bricks.views import views
from mortar.runtimes import choose
from mortar.runtimes.model_folder import ModelFolder
from mortar.settings import Settings

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
STRIKE_px = 109
"""The one size at which Noto Color Emoji has bitmaps."""

EMOJI = {"cat": "🐱", "dog": "🐶", "apple": "🍎", "car": "🚗", "banana": "🍌", "pizza": "🍕", "key": "🔑"}


def card(thing: str, size_px: int) -> Image.Image:
    """A white square card with the thing in its middle."""
    font = ImageFont.truetype(str(FONT), STRIKE_px)
    glyph = Image.new("RGBA", (136, 128))
    ImageDraw.Draw(glyph).text((0, 0), EMOJI[thing], font=font, embedded_color=True)
    glyph = glyph.resize((size_px * 3 // 4, size_px * 3 // 4))
    held = Image.new("RGBA", (size_px, size_px), "white")
    held.alpha_composite(glyph, (size_px // 8, size_px // 8))
    return held


def table(things: Sequence[str], path: Path, size_px: tuple[int, int] = (640, 480)) -> Path:
    """Cards side by side on a plain grey table, saved to `path`."""
    picture = Image.new("RGB", size_px, (142, 140, 136))
    width_px = size_px[0] // len(things)
    side_px = int(min(width_px, size_px[1]) * 0.7)
    for index, thing in enumerate(things):
        left = index * width_px + (width_px - side_px) // 2
        picture.paste(card(thing, side_px), (left, (size_px[1] - side_px) // 2))
    picture.save(path)
    return path


def tokens_of(picture: Path, folder: Path | None = None) -> np.ndarray:
    """What a model's encoder, by default the bundled one's, makes of a picture with no brick around it.

    float32 [tokens, 256]
    """
    model = ModelFolder(folder or resources.bundled_model())
    part = model.manifest.vision
    seen = views(Image.open(picture).convert("RGB"), part)
    out = np.zeros((len(seen), part.n_tok, part.n_embd), np.float32)
    encoder = choose.vision_encoder(Settings().eye, model)
    encoder.encode(seen, out)
    encoder.close()
    return out.reshape(-1, part.n_embd)
