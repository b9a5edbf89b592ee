"""What language models put into text for the eye: Markdown, links, emoji."""

from __future__ import annotations

import re

_EMOJI = (
    "\u200d\u20e3\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f"
)
"""Emoji with what joins and colours them, and pictures of the same kind: stars, boxes, dingbats."""

_SPOKEN_ARROWS = "→"
"""Inside those ranges, and read as a word."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), instead)
    for pattern, instead in (
        (r"^\s*(?:```|~~~)\w*\s*$", ""),
        (r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1"),  # [text](address)
        (r"(?:https?://|www\.)[^\s<>]*[^\s<>.,;:!?)\"'”’]", "\ufffc"),
        (r"</?[A-Za-z][^<>\n]*>", " "),
        (r"^\s*(?:#{1,6}|>|[-*+•])\s+", ""),  # a heading, a quotation, an item
        (r"^\s*(\d{1,2})[.)]\s+", r"\1, "),  # a numbered item
        (r"\\(?=[^\w\s]|_)", ""),
        (r"`+|~~", ""),
        # Not the sign in 2*3 or 2 * 3, and not what joins the words of a name.
        (r"(?<!\d)\*+(?=\S)|(?<=\S)\*+(?!\d)", ""),
        (r"(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)", ""),
        (r"^\s*\||\|\s*$", ""),
        (r"\s*\|\s*", ", "),  # the columns of a table
        (f"(?![{_SPOKEN_ARROWS}])[{_EMOJI}]", " "),
    )
)

_GAP = re.compile(r" (?=[.,;:!?](?: |$))")
"""Left where an emoji or a tag stood before a sentence's end."""


def without_markup(text: str, link: str = "") -> str:
    """`text` as words on one line; an address becomes `link`."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return _GAP.sub("", " ".join(text.replace("\ufffc", link).split()))
