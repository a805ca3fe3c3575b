"""What is heard in a scene, and when: footsteps, wing beats, engines, surf; exact, because actions have a cadence.

Rain and wind are no events: they sound all the time and follow from the weather.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from filmloom.core.random import generator
from filmloom.world.cadence import CYCLES, MOMENTS
from filmloom.world.cards import subject_card
from filmloom.world.light import lightning
from filmloom.world.scene import Event, Scene, Subject

KINDS = (
    "step", "hop", "jump", "land", "whoosh", "flap", "splash", "wave", "engine", "ignition", "thunder", "clap", "cheer",
    "song", "page", "roar", "horn", "rail",
)  # fmt: skip

# What a picture can show the moment of: feet and wings, not an engine or a far thunder.
SHOWN = (
    "step", "hop", "jump", "land", "whoosh", "flap", "splash", "clap", "cheer", "page", "roar", "song",
)  # fmt: skip

# Louder or softer by what is done; how loud a body is stands on its card.
LOUDNESS = {
    "run": 1.2, "walk": 0.8, "dance": 0.8, "wait": 0.4, "glide": 0.5, "rock": 0.8, "crawl": 0.4,
    "cheer": 1.0, "read": 0.3,
}  # fmt: skip

# Sounds that begin with the action or close it, instead of repeating: (event, at the end?).
ONCE = {
    "drive": (("engine", False),),
    "wait": (("engine", False),),
    "launch": (("ignition", False), ("whoosh", False)),
    "land": (("ignition", False), ("land", True)),
}
ONCE_OF = {
    ("rocket", "hover"): (("ignition", False),),
    ("airplane", "fly"): (("engine", False),),
    ("airplane", "glide"): (("whoosh", False),),
    ("airplane", "land"): (("engine", False), ("land", True)),
    ("train", "drive"): (("horn", False), ("engine", False), ("rail", False)),
}

# Places whose water comes and goes: seconds between two waves, strength.
SURF = {
    "beach": (3.6, 0.6), "sea": (3.0, 0.5), "mountain_lake": (2.4, 0.2), "harbour": (2.8, 0.25),
    "waterfall": (2.2, 0.15),
}  # fmt: skip


def events(scene: Scene) -> tuple[Event, ...]:
    """Every sound of the scene within its length, by time: what its subjects do, surf, thunder, its own `events`."""
    found = [*scene.events, *_surf(scene), *_thunder(scene)]
    for index, subject in enumerate(scene.subjects):
        found.extend(_of_subject(scene, subject, index))
    within = (event for event in found if 0 <= event.time < scene.seconds)
    return tuple(sorted(within, key=lambda e: (e.time, e.subject, e.kind)))


def visible(scene: Scene, subject: int) -> tuple[Event, ...]:
    """The events of one subject whose moment can be seen in its action; one of those that fall together."""
    found: dict[float, Event] = {}
    for event in events(scene):
        if event.subject == subject and event.kind in SHOWN:
            found.setdefault(round(event.time, 3), event)
    return tuple(found.values())


def loudness(subject: Subject) -> float:
    """How strong its sounds are, 0..1."""
    return min(1.0, subject_card(subject.kind).weight * LOUDNESS.get(subject.action, 1.0))


def _of_subject(scene: Scene, subject: Subject, index: int) -> Iterator[Event]:
    """The sounds of one action: once at its start or end, or at moments of its cycle."""
    strength = loudness(subject)
    end = scene.seconds if subject.end is None else subject.end
    key = (subject.kind, subject.action)
    once = ONCE_OF.get(key, ONCE.get(subject.action, ()))
    for kind, is_last in once:
        yield Event(_last(end) if is_last else subject.start, kind, index, strength)
    for kind, position in () if once else MOMENTS.get(subject.action, ()):
        yield from (Event(time, kind, index, strength) for time in moments(subject, position, end))


def _last(end: float) -> float:
    """Just before the end, so that it still falls into the film."""
    return max(0.0, end - 1e-3)


def moments(subject: Subject, position: float, end: float) -> list[float]:
    """Times in [start, end) at which the subject's cycle passes `position` (0..1)."""
    rate = CYCLES[subject.action] * subject.tempo
    first = math.ceil(subject.phase - position - 1e-9)
    times = []
    while (time := subject.start + max(0.0, (first + len(times) + position - subject.phase) / rate)) < end:
        times.append(time)
    return times


def _surf(scene: Scene) -> Iterator[Event]:
    if scene.setting not in SURF:
        return
    period, strength = SURF[scene.setting]
    time = generator(scene.seed, "surf").uniform(0, period)
    while time < scene.seconds:
        yield Event(time, "wave", -1, strength)
        time += period


def _thunder(scene: Scene) -> Iterator[Event]:
    """Each flash of a storm is heard after the seconds that its sound takes to come."""
    if scene.weather == "storm":
        for time, _, strength, delay in lightning(scene.seed, scene.seconds):
            yield Event(time + delay, "thunder", -1, strength)
