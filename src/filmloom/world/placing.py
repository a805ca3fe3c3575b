"""Where a subject stands and how fast it goes, so that all of it stays in the frame while it acts."""

from __future__ import annotations

import numpy as np

from filmloom.world.cards import PlaceCard, SubjectCard, place_card, subject_card
from filmloom.world.repertoire import Repertoire
from filmloom.world.scene import FACINGS, Subject

HALF_WIDTH = 8 / 9  # of a 16:9 frame, in frame heights
HALF_HEIGHT = 0.5
# How far a subject is drawn above and below its y, in its own heights, by station; a card's `reach` says otherwise.
HEIGHTS = {"ground": (1.06, 0.03), "surface": (1.0, 0.14), "air": (0.55, 0.55), "water": (0.55, 0.55)}
JUMP = (1.5, 0.09)  # of anyone
LONGEST_PATH = 0.85  # of the room that the frame leaves, so that no two paths need be the same
FAR_SIZE = 0.85  # how large a subject at the back of the ground looks beside one at the front


def place_subject(
    rng: np.random.Generator,
    repertoire: Repertoire,
    kind: str,
    colour: str,
    action: str,
    setting: str,
    seconds: float,
    *,
    along: float | None = None,
) -> Subject:
    """One subject where and how it may act here, so that it stays in the frame for `seconds`.

    `along` in 0..1 fixes where in the place's range of y it is; left out, it is drawn."""
    card, place = subject_card(kind), place_card(setting)
    y, depth = _height(card, place, pick_along(rng, repertoire) if along is None else along)
    size = card.size * depth * (1 + repertoire.size_spread * rng.uniform(-1, 1))
    y = keep_inside(y, kind, action, size)
    tempo = 1 + repertoire.tempo_spread * rng.uniform(-1, 1)
    # Stride grows with the body. In a long film the stride shrinks instead of leading out of the frame.
    speed = min(travel(kind, action) * tempo * size / card.size, top_speed(kind, size, seconds))
    aside = min(repertoire.x_spread, room(kind, size) - speed * seconds / 2)
    x = aside * rng.uniform(-1, 1)
    phase = rng.uniform(0, 1)
    numbers = {"x": x, "y": y, "size": size, "speed": speed, "tempo": tempo, "phase": phase}
    rounded = {name: round(float(value), 4) for name, value in numbers.items()}  # so that its JSON stays readable
    return Subject(kind, colour, action, facing=FACINGS[int(rng.integers(len(FACINGS)))], **rounded)


def pick_along(rng: np.random.Generator, repertoire: Repertoire) -> float:
    """Where in a range of y, 0..1."""
    return 0.5 + 0.5 * repertoire.y_spread * rng.uniform(-1, 1)


def _height(card: SubjectCard, place: PlaceCard, along: float) -> tuple[float, float]:
    """The y there in the place's range for this station, and how large things look there."""
    ranges = {"ground": place.ground, "air": place.air, "water": place.air, "surface": place.surface}
    low, high = ranges[card.station]
    depth = FAR_SIZE + (1 - FAR_SIZE) * along if card.station in ("ground", "surface") else 1.0
    return low + (high - low) * along, depth


def travel(kind: str, action: str) -> float:
    """Frame heights per second at the usual size and tempo; 0 on the spot."""
    return (subject_card(kind).travel or {}).get(action, 0.0)


def room(kind: str, size: float) -> float:
    """How far from the middle of a 16:9 frame a subject may stand so that all of it is seen, in frame heights."""
    return HALF_WIDTH - subject_card(kind).width * size / 2


def top_speed(kind: str, size: float, seconds: float) -> float:
    """The speed at which a path of this many seconds still fits into the frame."""
    return max(0.0, 2 * LONGEST_PATH * room(kind, size) / seconds)


def keep_inside(y: float, kind: str, action: str, size: float) -> float:
    """The nearest y at which a subject of this height is wholly inside the frame while it acts."""
    above, below = reach(kind, action, size)
    return max(min(y, HALF_HEIGHT - below), above - HALF_HEIGHT)


def reach(kind: str, action: str, size: float) -> tuple[float, float]:
    """How far a subject of this height is drawn above and below its y while it acts, in frame heights."""
    card = subject_card(kind)
    usual = JUMP if action == "jump" else HEIGHTS[card.station]
    above, below = (card.reach or {}).get(action, usual)
    return above * size, below * size
