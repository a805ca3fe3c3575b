"""Two subjects that stand to each other as a relation says: who can, and where they are then.

    beside     same depth, apart sideways, both looking the same way
    behind     the second is farther (higher on the ground, smaller) and partly covered by the first
    in_front   the second is nearer and covers a part of the first
    above      the second is in the air (or both in water) over the first
    follows    same heading and speed, the second some way back
    faces      apart sideways, looking at each other

Which of the two is painted first follows from the relation alone, so that clips of one batch agree in it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from filmloom.world.cards import subject_card
from filmloom.world.placing import (
    HALF_HEIGHT,
    HALF_WIDTH,
    LONGEST_PATH,
    keep_inside,
    pick_along,
    place_subject,
    reach,
    room,
    travel,
)
from filmloom.world.repertoire import Repertoire
from filmloom.world.scene import Subject

ON_GROUND = ("ground", "surface")
FACELESS = ("balloon", "butterfly", "rocket")  # drawn alike from both sides: nobody sees whom they face
SMALLEST = 0.6  # of its usual size, as far as a pair is shrunk to fit into the frame
UNLIKE = 2.6  # the ratio of two speeds beyond which nobody could keep in step
COVERED = 0.3  # of the narrower one's width, where one stands before the other
STEP_BACK = 0.9  # how much smaller than its depth says one behind is drawn, so that it is seen to be behind
# Frame heights between the two, least and most.
GAPS = {"beside": (0.03, 0.08), "follows": (0.16, 0.3), "faces": (0.05, 0.2)}
GAP_ABOVE = (0.02, 0.12)
Who = tuple[str, str, str]  # kind, colour, action


def relates(relation: str, first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether the second (kind, action) can be filmed standing to the first like that."""
    if relation == "none":
        return True
    stations = tuple(subject_card(kind).station for kind, _ in (first, second))
    speeds = tuple(travel(*who) for who in (first, second))
    match relation:
        case "above":
            over = stations[1] == "air" or stations == ("water", "water")
            return over and _in_step(speeds, together=False) and _fits_above(first, second)
        case "behind" | "in_front":
            return stations[0] == stations[1] in ON_GROUND and _in_step(speeds, together=False)
        case "follows":
            return all(speeds) and _is_level(stations) and _in_step(speeds) and _fits_beside(first, second)
        case "faces":
            seen = not {first[0], second[0]} & set(FACELESS)
            return seen and not any(speeds) and _is_level(stations) and _fits_beside(first, second)
    return _is_level(stations) and _in_step(speeds) and _fits_beside(first, second)


def _in_step(speeds: tuple[float, float], *, together: bool = True) -> bool:
    """Both on the spot, or both under way at speeds that can be made one. Passing one who stays is no walk together."""
    if not all(speeds):
        return not (together and any(speeds))
    return max(speeds) <= UNLIKE * min(speeds)


def _is_level(stations: tuple[str, str]) -> bool:
    """Whether the two can be at one height, or what flies be beside what stands."""
    return stations[0] == stations[1] or ("air" in stations and "water" not in stations)


def _fits_beside(first: tuple[str, str], second: tuple[str, str]) -> bool:
    wide = sum(subject_card(kind).width * subject_card(kind).size for kind, _ in (first, second))
    return SMALLEST * wide + GAPS["follows"][1] <= 2 * HALF_WIDTH * LONGEST_PATH


def _fits_above(first: tuple[str, str], second: tuple[str, str]) -> bool:
    tall = sum(sum(reach(*who, subject_card(who[0]).size)) for who in (first, second))
    return SMALLEST * tall + GAP_ABOVE[1] <= 0.8


def place_pair(
    rng: np.random.Generator,
    repertoire: Repertoire,
    cast: tuple[Who, Who],
    relation: str,
    setting: str,
    seconds: float,
) -> tuple[Subject, Subject]:
    """Both where the relation puts them, wholly inside the frame for `seconds`."""
    alongs = _alongs(rng, repertoire, relation)
    pair = tuple(
        place_subject(rng, repertoire, *who, setting, seconds, along=along) for who, along in zip(cast, alongs)
    )
    if relation == "none":
        return _unrelated(rng, *pair, seconds)
    gap = _gap(rng, *pair, relation)
    first, second = _shrunk(*pair, relation, gap)
    first, second = _levelled(rng, first, second, relation)
    first, second = _stepping(first, second, relation)
    return _apart(rng, first, second, relation, gap, seconds)


def _alongs(rng: np.random.Generator, repertoire: Repertoire, relation: str) -> tuple[float, float]:
    """How near each stands, 0..1: one depth for both, unless one is behind the other."""
    if relation in ("behind", "in_front"):
        far, near = 0.2 * rng.random(), 1 - 0.2 * rng.random()
        return (near, far) if relation == "behind" else (far, near)
    return (pick_along(rng, repertoire),) * 2


def _gap(rng: np.random.Generator, first: Subject, second: Subject, relation: str) -> float:
    """Between their sides, or between their heights; below zero where one covers a part of the other."""
    if relation in ("behind", "in_front"):
        return -COVERED * min(width(first), width(second))
    return rng.uniform(*GAPS.get(relation, GAP_ABOVE))


def width(subject: Subject) -> float:
    return subject_card(subject.kind).width * subject.size


def _shrunk(first: Subject, second: Subject, relation: str, gap: float) -> tuple[Subject, Subject]:
    """Both smaller by one factor where they would not fit into the frame; who is behind, smaller still."""
    scales = {"behind": (1.0, STEP_BACK), "in_front": (STEP_BACK, 1.0)}.get(relation, (1.0, 1.0))
    pair = tuple(replace(one, size=one.size * scale) for one, scale in zip((first, second), scales))
    if relation == "above":
        tall = sum(sum(reach(one.kind, one.action, one.size)) for one in pair)
        factor = (2 * HALF_HEIGHT - 0.16 - gap) / tall  # the rest is ground below the lower one's feet
    else:
        tall = max(sum(reach(one.kind, one.action, one.size)) for one in pair)
        factor = min((2 * HALF_WIDTH * 0.95 - max(gap, 0)) / sum(width(one) for one in pair), 0.97 / tall)
    return tuple(replace(one, size=round(one.size * min(1.0, factor), 4)) for one in pair)


def _levelled(rng: np.random.Generator, first: Subject, second: Subject, relation: str) -> tuple[Subject, Subject]:
    """Their heights in the frame."""
    if relation == "above":
        return _over(rng, first, second)
    first, second = (replace(one, y=keep_inside(one.y, one.kind, one.action, one.size)) for one in (first, second))
    if relation in ("behind", "in_front") or not _same_station(first, second):
        return first, second
    y = keep_inside(max(first.y, second.y), second.kind, second.action, second.size)
    y = round(keep_inside(y, first.kind, first.action, first.size), 4)
    return replace(first, y=y), replace(second, y=y)


def _same_station(first: Subject, second: Subject) -> bool:
    return subject_card(first.kind).station == subject_card(second.kind).station


def _over(rng: np.random.Generator, first: Subject, second: Subject) -> tuple[Subject, Subject]:
    """The second above the highest that the first ever reaches."""
    above, below = reach(first.kind, first.action, first.size)
    above2, below2 = reach(second.kind, second.action, second.size)
    gap = GAP_ABOVE[0]
    lowest = above + above2 + below2 + gap - HALF_HEIGHT  # the y that leaves room for the second
    y = min(max(first.y, lowest), HALF_HEIGHT - below)
    highest, least = above2 - HALF_HEIGHT, y - above - gap - below2
    y2 = max(highest, least - rng.random() * min(GAP_ABOVE[1], max(0.0, least - highest)))
    return replace(first, y=round(y, 4)), replace(second, y=round(y2, 4))


def _stepping(first: Subject, second: Subject, relation: str) -> tuple[Subject, Subject]:
    """One heading and speed where both are under way; each one's tempo follows, so that no foot slides."""
    same_side = relation in ("beside", "follows") or (first.speed > 0 and second.speed > 0)
    second = replace(second, facing=first.facing) if same_side else second
    natural = [_natural_speed(one) for one in (first, second)]
    if not all(natural):
        return replace(first, speed=natural[0]), replace(second, speed=natural[1])
    speed = float(np.sqrt(natural[0] * natural[1]))
    paced = [
        replace(one, speed=speed, tempo=round(float(np.clip(one.tempo * speed / own, 0.4, 2.0)), 4))
        for one, own in zip((first, second), natural)
    ]
    return paced[0], paced[1]


def _natural_speed(one: Subject) -> float:
    return travel(one.kind, one.action) * one.tempo * one.size / subject_card(one.kind).size


def _apart(
    rng: np.random.Generator, first: Subject, second: Subject, relation: str, gap: float, seconds: float
) -> tuple[Subject, Subject]:
    """Where each is at the middle of the action, and how fast it may go, so that both stay in the frame."""
    offset = _offset(rng, first, second, relation, gap)
    if relation == "faces":
        looks = ("right", "left") if offset > 0 else ("left", "right")
        first, second = (replace(one, facing=way) for one, way in zip((first, second), looks))
    rooms = [room(one.kind, one.size) for one in (first, second)]
    paths = [one.speed * seconds / 2 for one in (first, second)]
    slow = _slowing(rooms, paths, abs(offset))
    limits = [space - slow * path for space, path in zip(rooms, paths)]
    low, high = max(-limits[0], -limits[1] - offset), min(limits[0], limits[1] - offset)
    x = float(np.clip(rng.uniform(low, max(low, high)), low, max(low, high)))
    places = [(first, x), (second, x + offset)]
    return tuple(replace(one, x=round(at, 4), speed=round(one.speed * slow, 4)) for one, at in places)


def _slowing(rooms: list[float], paths: list[float], offset: float) -> float:
    """The largest share of their speeds, up to 1, at which neither path leaves the frame."""
    shares = [space / path for space, path in zip(rooms, paths) if path > 0]
    if sum(paths) > 0:
        shares.append((sum(rooms) - offset) / sum(paths))
    return max(0.0, min([1.0, *(LONGEST_PATH * share for share in shares)]))


def _offset(rng: np.random.Generator, first: Subject, second: Subject, relation: str, gap: float) -> float:
    """The second's x, seen from the first."""
    wide = (width(first) + width(second)) / 2
    if relation == "above":
        return float(rng.uniform(-0.2, 0.2)) * wide
    side = rng.choice((-1.0, 1.0))
    if relation == "follows":
        side = -1.0 if first.facing == "right" else 1.0
    return float(side) * (wide + gap)


def _unrelated(rng: np.random.Generator, first: Subject, second: Subject, seconds: float) -> tuple[Subject, Subject]:
    """On two sides of the frame, each at its own pace."""
    side = float(rng.choice((-1.0, 1.0)))
    aside = [max(0.0, room(one.kind, one.size) - one.speed * seconds / 2) for one in (first, second)]
    moved = [where * way * rng.uniform(0.5, 1) for where, way in zip(aside, (side, -side))]
    return tuple(replace(one, x=round(float(x), 4)) for one, x in zip((first, second), moved))
