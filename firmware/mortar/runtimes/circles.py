"""Where nobody speaks, a recogniser may write the same words over and over."""

from __future__ import annotations

import zlib

LARGEST_COMPRESSION = 2.4
"""How much zlib may gain, as in OpenAI's program for Whisper."""


def goes_in_circles(text: str) -> bool:
    held = text.encode()
    return len(held) / len(zlib.compress(held)) > LARGEST_COMPRESSION
