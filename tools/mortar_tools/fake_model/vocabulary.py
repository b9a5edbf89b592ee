"""A byte-level BPE vocabulary that is made: the size and control tokens of a model's own, other words.

The real ones can't be carried along, and random weights know no words. Made are the 256 bytes, then letters
joined to ever longer pieces, with and without the space before them, so that a word of English becomes one to
three tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from string import ascii_lowercase

import numpy as np
from gguf import TokenType

from mortar_tools.fake_model.shapes import Tokenizer

SPACE, NEWLINE = "Ġ", "Ċ"
"""Their bytes, as byte-level BPE writes them (GPT-2, bytes_to_unicode)."""


@dataclass(frozen=True)
class Vocabulary:
    tokens: list[str]
    types: list[TokenType]
    merges: list[str]
    """Two pieces and a space between them; the earlier is joined first."""


def made(tokenizer: Tokenizer, size: int) -> Vocabulary:
    """A vocabulary of `size` tokens, control tokens where the model has them.

    Numbers above the first block of words that no control token has are unused, as in the model.
    """
    special = tokenizer.numbered
    padding = _padding(special, size)
    n_words = size - len(special) - len(padding)
    pairs = list(islice(_pairs(), n_words - 256))
    words = iter([*_bytes(), *("".join(pair) for pair in pairs)])
    tokens, types = [], []
    for number in range(size):
        if number in special:
            tokens.append(special[number])
            types.append(TokenType.CONTROL)
        elif number in padding:
            tokens.append(f"[PAD{number}]")
            types.append(TokenType.UNUSED)
        else:
            tokens.append(next(words))
            types.append(TokenType.NORMAL)
    return Vocabulary(tokens, types, [" ".join(pair) for pair in pairs])


def _padding(special: dict[int, str], size: int) -> set[int]:
    """Numbers behind the control tokens that end the words."""
    tail = min((number for number in special if number > size // 2), default=size)
    return set(range(tail, size)) - set(special)


def _bytes() -> list[str]:
    """A character for each byte; the printable ones stand for themselves."""
    kept = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in kept]
    characters = {byte: chr(byte) for byte in kept}
    characters |= {byte: chr(256 + i) for i, byte in enumerate(others)}
    return [characters[byte] for byte in range(256)]


def _pairs() -> Iterator[tuple[str, str]]:
    """What is joined: two newlines (a token that libmtmd wants), then pieces of two, three, four letters."""
    yield NEWLINE, NEWLINE
    yield from ((SPACE, letter) for letter in ascii_lowercase)
    for length in (1, 2, 3):
        beginnings = ["".join(letters) for letters in product(ascii_lowercase, repeat=length)]
        ends = list(product(beginnings, ascii_lowercase))
        # Any order will do but the alphabet's, which would leave half of it out where there is no more room.
        for i in np.random.default_rng(length).permutation(len(ends)):
            beginning, letter = ends[i]
            yield SPACE + beginning, letter
            yield beginning, letter
