"""One card: how it is made, and how it comes to lie on the canvas."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mortar_tools.cards.things import Thing, colours
from mortar_tools.cards.world.layout import Place

Pixels = NDArray[np.uint8]
STICKER = 128
"""Edge of a stored pictogram in pixels."""

PAPERS = ((255, 255, 255), (255, 253, 244), (250, 244, 225), (226, 240, 252), (252, 228, 232))
PLAIN_PAPER = 0.6


@dataclass(frozen=True)
class Look:
    """How the cards of one scene are made."""

    kind: str
    """card: a filled card · outline: only its edge · bare: the pictogram alone."""
    fill: tuple[int, int, int]
    edge: tuple[int, int, int] | None
    corner: float
    """Corner radius as a share of the card."""
    share: float
    """Edge of the pictogram as a share of the card's."""
    shadow: float
    """Strength of the shadow, 0..1."""


def random_look(rng: np.random.Generator) -> Look:
    """Cards of a random making."""
    chance = rng.random()
    kind = "card" if chance < 0.68 else "bare" if chance < 0.94 else "outline"
    paper = PAPERS[0] if rng.random() < PLAIN_PAPER else PAPERS[rng.integers(1, len(PAPERS))]
    pen = int(rng.integers(0, 200))
    return Look(
        kind=kind,
        fill=paper,
        edge=(pen, pen, pen) if kind == "outline" or rng.random() < 0.3 else None,
        corner=float(rng.uniform(0.03, 0.2)) if rng.random() < 0.5 else 0.0,
        share=0.98 if kind == "bare" else float(rng.uniform(0.72, 0.95)),
        shadow=float(rng.uniform(0.1, 0.6)) if rng.random() < 0.5 else 0.0,
    )


def outline_of(shape: str) -> NDArray[np.float64]:
    """[corners, 2] of a shape in a square of -1..1."""
    match shape:
        case "circle":
            turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
            return np.stack((np.cos(turn), np.sin(turn)), 1)
        case "triangle":
            return np.array([(0, -0.9), (1, 0.83), (-1, 0.83)])
        case "cross":
            a = 0.36
            right = [(a, -1), (a, -a), (1, -a), (1, a), (a, a), (a, 1)]
            return np.array(right + [(-x, -y) for x, y in right], float)
        case "square":
            return np.array([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    raise ValueError(f"no outline for the shape {shape}")


def draw_shape(rng: np.random.Generator, thing: Thing) -> Pixels:
    """A plain coloured shape as a pictogram, [STICKER, STICKER, 4] RGBA, in a shade of its colour."""
    assert thing.shape is not None and thing.colour is not None
    base = np.array(next(colour.rgb for colour in colours() if colour.name == thing.colour), float)
    shade = np.clip(base + rng.uniform(-22, 22, 3), 0, 255)
    sticker = np.zeros((STICKER, STICKER, 4), np.uint8)
    corners = (outline_of(thing.shape) * rng.uniform(0.75, 0.98) + 1) * STICKER / 2
    cv2.fillPoly(sticker, [np.round(corners * 16).astype(np.int32)], (*shade, 255), cv2.LINE_AA, shift=4)
    return sticker


def vary(rng: np.random.Generator, sticker: Pixels) -> Pixels:
    """Now and then another hand's drawing of the same: inked edges, other tones, fewer colours."""
    chance = rng.random()
    if chance > 0.10:
        return sticker
    colour, alpha = sticker[..., :3], sticker[..., 3]
    if chance < 0.05:
        # Ink where neighbouring colours differ and round the rim, as in a line drawing.
        width = int(rng.integers(2, 5)) | 1
        brush = np.ones((width, width), np.uint8)
        solid = np.where(alpha[..., None] > 127, colour, 255).astype(np.uint8)
        step = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(2)
        rim = cv2.dilate(alpha, brush) - cv2.erode(alpha, brush)
        ink = np.maximum(cv2.dilate((step > 60).astype(np.uint8) * 255, brush[:2, :2]), rim)
        colour = (colour * (1 - ink[..., None] / 255 * 0.85)).astype(np.uint8)
        alpha = np.maximum(alpha, cv2.dilate(alpha, brush))
    else:
        grey = colour.mean(2, keepdims=True)
        faded = grey + (colour - grey) * rng.uniform(0.25, 1.3) + rng.uniform(-25, 25, 3)
        colour = np.clip(faded, 0, 255).astype(np.uint8)
    return np.dstack((colour, alpha))


def make(look: Look, sticker: Pixels, edge: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A card of `edge` pixels and its pictogram's mask 0..1.

    [edge, edge, 4]: RGB 0..255 times alpha, and alpha 0..1; [edge, edge].
    """
    card = np.zeros((edge, edge, 4), np.uint8)
    if look.kind != "bare":
        mask = np.zeros((edge, edge), np.uint8)
        radius = int(look.corner * edge)
        cv2.rectangle(mask, (radius, 0), (edge - 1 - radius, edge - 1), 255, -1)
        cv2.rectangle(mask, (0, radius), (edge - 1, edge - 1 - radius), 255, -1)
        for x in (radius, edge - 1 - radius):
            for y in (radius, edge - 1 - radius):
                cv2.circle(mask, (x, y), radius, 255, -1)
        pen = max(1, edge // 40)
        inside = cv2.erode(mask, np.ones((2 * pen + 1, 2 * pen + 1), np.uint8), borderValue=0)
        if look.kind == "card":
            card[mask > 0] = (*look.fill, 255)
        if look.edge is not None:
            card[(mask > 0) & (inside == 0)] = (*look.edge, 255)
    inner = max(8, round(edge * look.share))
    small = cv2.resize(sticker, (inner, inner), interpolation=cv2.INTER_AREA)
    corner = (edge - inner) // 2
    mask = np.zeros((edge, edge), np.float32)
    mask[corner : corner + inner, corner : corner + inner] = small[..., 3] / np.float32(255)
    paint = np.zeros((edge, edge, 3), np.float32)
    paint[corner : corner + inner, corner : corner + inner] = small[..., :3]
    below = card[..., 3:] / np.float32(255)
    over = mask[..., None]
    alpha = over + below * (1 - over)
    premultiplied = paint * over + card[..., :3] * below * (1 - over)
    return np.dstack((premultiplied, alpha)).astype(np.float32), mask


def pose(place: Place, size: int, edge: int) -> NDArray[np.float64]:
    """[3, 3] from the pixels of a card of `edge` to those of a table of `size`, both pixels square."""
    turn = np.deg2rad(-place.turn)
    across, down = place.width * size / edge, place.height * size / edge
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag([across, down])
    middle = np.array([place.x, place.y]) * size - spin @ np.full(2, edge / 2)
    return np.vstack([np.column_stack([spin, middle]), [0, 0, 1]])


def shifted(x: float, y: float) -> NDArray[np.float64]:
    """[3, 3] that moves by (x, y)."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def put(
    canvas: Pixels,
    labels: Pixels,
    look: Look,
    place: Place,
    view: NDArray[np.float64],
    sticker: Pixels,
    label: int,
) -> int:
    """Draw one card onto the canvas and its pictogram's `label` onto the labels, seen through `view`.

    Returns how many pixels of the picture its pictogram covers.
    """
    size = len(canvas)
    edge = int(np.clip(1.25 * max(place.width, place.height) * size, 16, STICKER))
    card, mask = make(look, sticker, edge)
    onto = view @ pose(place, size, edge)
    corners = cv2.perspectiveTransform(np.array([[[0, 0], [edge, 0], [edge, edge], [0, edge]]], float), onto)[
        0
    ]
    left, top = np.clip(np.floor(corners.min(0)).astype(int) - 4, 0, size - 1)
    right, bottom = np.clip(np.ceil(corners.max(0)).astype(int) + 8, left + 1, size)
    box = (slice(top, bottom), slice(left, right))
    onto = shifted(-left, -top) @ onto
    area = (int(right - left), int(bottom - top))
    laid = cv2.warpPerspective(card, onto, area, flags=cv2.INTER_LINEAR)
    drawn = cv2.warpPerspective(mask, onto, area, flags=cv2.INTER_LINEAR) > 0.5
    below = canvas[box].astype(np.float32)
    if look.shadow and look.kind != "outline":
        moved = shifted(2, 2) @ onto
        soft = cv2.warpPerspective(np.ascontiguousarray(card[..., 3]), moved, area, flags=cv2.INTER_LINEAR)
        below *= 1 - look.shadow * cv2.GaussianBlur(soft, (7, 7), 1.5)[..., None]
    canvas[box] = laid[..., :3] + below * (1 - laid[..., 3:]) + 0.5
    covered = laid[..., 3] > 0.5
    labels[box][covered] = np.where(drawn[covered], label, 0)
    return int(drawn.sum())
