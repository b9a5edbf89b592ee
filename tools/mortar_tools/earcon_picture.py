"""The picture of the earcons in docs/voice.md: their waveforms, drawn as SVG."""

from __future__ import annotations

from mortar.bricks.earcons import EARCONS, earcon

RATE_Hz = 16_000
COLUMN_ms = 2
"""One column of the picture; each shows the highest and the lowest sample in it."""
LOUD_px = 160
"""Half the picture's height at full scale: earcons reach a quarter of it, the alarm half."""
HEIGHT_px, GAP_px = 190, 40


def picture() -> str:
    """All earcons on one time scale, 0.5 px a ms, with their notes in Hz."""
    drawn = []
    left_px = GAP_px
    for name, notes in EARCONS.items():
        columns = earcon(name, RATE_Hz) / 32_767 * LOUD_px
        columns = columns[: len(columns) // (n := RATE_Hz * COLUMN_ms // 1_000) * n].reshape(-1, n)
        path = " ".join(
            f"M{left_px + x},{HEIGHT_px / 2 - high:.1f}V{HEIGHT_px / 2 - low + 1:.1f}"
            for x, (high, low) in enumerate(zip(columns.max(axis=1), columns.min(axis=1), strict=True))
        )
        pitches = ", ".join(f"{note.pitch_Hz:.0f}" for note in notes)
        drawn += [
            f'<path d="{path}"/>',
            f'<text x="{left_px}" y="14">{name}</text>',
            f'<text x="{left_px}" y="{HEIGHT_px - 4}">{pitches} Hz</text>',
        ]
        left_px += max(len(columns), 90) + GAP_px
    style = "<style>path{stroke:#3572b0}text{font:12px sans-serif;fill:#777}</style>"
    size = f'width="{left_px}" height="{HEIGHT_px}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{style}\n' + "\n".join(drawn) + "\n</svg>\n"
