"""Picture files: read as upright 8-bit RGB, whatever they are; bad ones end in one clear line."""

from __future__ import annotations

import stat
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mortar.errors import MortarError

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What cameras and people make. Pillow knows more, some of which start other programs (EPS)."""

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})

MOST_PIXELS = 50_000_000
"""Larger pictures are refused before they are decoded: 50 megapixels are 150 MB as RGB."""

JPEG_QUALITY = 90
"""Of 100. A frame of 640×480 is about 100 kB then."""


def read_picture(path: Path) -> Image.Image:
    """The picture, mode RGB, turned as its EXIF orientation says, transparency over white.

    Raises MortarError where the file is missing, empty, truncated, larger than MOST_PIXELS,
    or no picture.
    """
    _check_is_file(path)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures; the limit below is lower, and an error.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise _too_large(path, f"{image.width}×{image.height} pixels")
                return to_rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise MortarError(
            "picture-unknown", f"{path} is not a picture", f"use one of {', '.join(FORMATS)}"
        ) from None
    except Image.DecompressionBombError:
        raise _too_large(path, "far more pixels") from None
    # Pillow's decoders report damage in each of these ways.
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise MortarError(
            "picture-damaged", f"{path} cannot be decoded ({error})", "use an undamaged copy"
        ) from None


def pictures_in(folder: Path) -> list[Path]:
    """The folder's pictures, by suffix, in the order of their names: at least one."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise MortarError("picture-missing", f"{folder}: {error.strerror}", "check the path") from None
    if not found:
        raise MortarError(
            "picture-missing", f"{folder} has no pictures", f"put a {', '.join(FORMATS)} file there"
        )
    return found


def to_rgb(image: Image.Image) -> Image.Image:
    """`image` as 8-bit RGB: 16-bit grey scaled down, CMYK and palettes converted, alpha over white."""
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion would clip it to white
        grey = np.asarray(image).astype(np.int64).clip(0, 0xFFFF) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def jpeg(image: Image.Image) -> bytes:
    """`image`, RGB, as a JPEG file of its size, with no word in it about where and when."""
    file = BytesIO()
    Image.fromarray(np.asarray(image)).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def _check_is_file(path: Path) -> None:
    """A named pipe or a device would never end."""
    try:
        found = path.stat()
    except OSError as error:
        raise MortarError("picture-missing", f"{path}: {error.strerror}", "check the path") from None
    if not stat.S_ISREG(found.st_mode):
        raise MortarError("picture-unknown", f"{path} is not a file", "use a picture file")
    if found.st_size == 0:
        raise MortarError("picture-damaged", f"{path} is empty (0 bytes)", "use an undamaged copy")


def _too_large(path: Path, size: str) -> MortarError:
    return MortarError(
        "picture-too-large",
        f"{path} has {size}, more than {MOST_PIXELS // 1_000_000} megapixels",
        "scale it down first",
    )
