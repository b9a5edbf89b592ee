"""Where the cards of a scene lie."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

ASPECTS = (1.0, 1.0, 1.0, 1.0, 3 / 4, 3 / 4, 3 / 4, 9 / 16, 4 / 3, 4 / 3)
"""Width to height that a square card has once a picture of a common shape is squashed square."""

MOST_IN_ROW = 3


@dataclass(frozen=True)
class Place:
    """A card's place; lengths and positions are shares of the picture's edge."""

    x: float
    y: float
    width: float
    height: float
    turn: float
    """Degrees, anticlockwise."""


def aspect(rng: np.random.Generator) -> float:
    """Width to height of the cards: that of a common picture shape, or anything near."""
    return float(rng.choice(ASPECTS)) if rng.random() < 0.6 else float(rng.uniform(0.75, 1.35))


def sized(edge: float, ratio: float) -> tuple[float, float]:
    """Width and height of a card whose longer side is `edge`."""
    return (edge, edge / ratio) if ratio >= 1 else (edge * ratio, edge)


def fit(edge: float, ratio: float, width: float, height: float) -> tuple[float, float]:
    """Width and height of a card of that ratio filling `edge` of a slot of width by height."""
    card_width = min(width, height * ratio) * edge
    return card_width, card_width / ratio


def alone(rng: np.random.Generator) -> list[Place]:
    """One card, from a third of the picture to nearly all of it, often in the middle."""
    width, height = sized(float(rng.uniform(0.3, 0.92)), aspect(rng))
    x = y = 0.5
    if rng.random() < 0.6:
        x = rng.uniform(width / 2, 1 - width / 2)
        y = rng.uniform(height / 2, 1 - height / 2)
    return [Place(float(x), float(y), width, height, turn(rng))]


def turn(rng: np.random.Generator) -> float:
    """Cards lie straight as often as not, and now and then any way."""
    chance = rng.random()
    if chance < 0.5:
        return 0.0
    return float(rng.uniform(-25, 25) if chance < 0.96 else rng.uniform(-90, 90))


def row(rng: np.random.Generator, n: int) -> list[Place]:
    """Cards side by side."""
    ratio = aspect(rng)
    width, height = fit(rng.uniform(0.6 if n == 2 else 0.85, 0.98), ratio, 1 / n, 0.95)
    middle = 0.5 if rng.random() < 0.7 else rng.uniform(height / 2, 1 - height / 2)
    span = rng.uniform(max(0.75, min(n * width, 1.0)), 1.0)
    xs = (1 - span) / 2 + span * (np.arange(n) + 0.5) / n
    tilt = 0.0 if rng.random() < 0.6 else 25.0
    return [Place(float(x), float(middle), width, height, float(rng.uniform(-tilt, tilt))) for x in xs]


def grid(rng: np.random.Generator, n: int) -> list[Place]:
    """Cards in two rows, or one above the other when there are two."""
    columns = 1 if n == 2 else -(-n // 2)  # two rows of three at most
    ratio = aspect(rng)
    width, height = fit(rng.uniform(0.8, 0.97), ratio, 1 / columns, 0.5)
    slots = [((i % columns + 0.5) / columns, 0.25 + 0.5 * (i // columns)) for i in range(n)]
    return [Place(x, y, width, height, 0.0) for x, y in slots]


MOST_EDGE = {2: 0.55, 3: 0.42}
"""Longest edge of two and of three scattered cards; more have OTHERS_MOST_EDGE."""
OTHERS_MOST_EDGE = 0.38
LEAST_EDGE = 0.32
PILED, PILED_APART, LAID_APART = 0.15, 0.34, 0.46
"""How often cards overlap, and how far apart their middles are at least, in sums of their edges."""


def scatter(rng: np.random.Generator, n: int) -> list[Place]:
    """Cards anywhere; now and then on top of one another, though never quite."""
    ratio = aspect(rng)
    edge = float(rng.uniform(LEAST_EDGE, MOST_EDGE.get(n, OTHERS_MOST_EDGE)))
    gap = PILED_APART if rng.random() < PILED else LAID_APART
    places: list[Place] = []
    while len(places) < n:
        # A table that fills up gets smaller cards rather than an endless search.
        edge *= 0.997
        width, height = sized(edge * rng.uniform(0.85, 1.15), ratio)
        x, y = rng.uniform(width / 2, 1 - width / 2), rng.uniform(height / 2, 1 - height / 2)
        place = Place(float(x), float(y), width, height, turn(rng))
        if all(apart(place, other, gap) for other in places):
            places.append(place)
    return places


def apart(one: Place, other: Place, gap: float) -> bool:
    """Whether the middles of two cards are further apart, sideways or up, than `gap` of their edges."""
    return abs(one.x - other.x) > gap * (one.width + other.width) or abs(one.y - other.y) > gap * (
        one.height + other.height
    )


def jitter(rng: np.random.Generator, places: list[Place]) -> list[Place]:
    """Nobody lays cards down exactly."""
    sway = rng.uniform(0, 0.03)
    return [
        replace(
            place,
            x=float(np.clip(place.x + rng.uniform(-sway, sway), place.width / 2, 1 - place.width / 2)),
            y=float(np.clip(place.y + rng.uniform(-sway, sway), place.height / 2, 1 - place.height / 2)),
        )
        for place in places
    ]


AFAR = (0.35, 0.65)
"""Sizes of cards that are seen from further away, as a share of what they would be."""


def from_afar(rng: np.random.Generator, places: list[Place]) -> list[Place]:
    """The same cards, smaller: all together somewhere in the picture, or each where it was."""
    share = float(rng.uniform(*AFAR))
    smaller = [replace(place, width=share * place.width, height=share * place.height) for place in places]
    if rng.random() < 0.5:
        return smaller
    left, top = rng.uniform(0, 1 - share, 2)
    return [
        replace(place, x=float(left + share * place.x), y=float(top + share * place.y)) for place in smaller
    ]


def arrange(rng: np.random.Generator, n: int) -> list[Place]:
    """Places for n cards."""
    if n == 0:
        return []
    if n == 1:
        return alone(rng)
    chance = rng.random()
    in_row, in_grid = (0.4, 0.12) if n <= MOST_IN_ROW else (0.0, 0.4)
    places = (
        row(rng, n) if chance < in_row else grid(rng, n) if chance < in_row + in_grid else scatter(rng, n)
    )
    return jitter(rng, places) if rng.random() < 0.5 else places
