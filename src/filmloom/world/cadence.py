"""How fast actions repeat: drawing and sound share these numbers, so that a footstep is heard when the foot lands."""

from __future__ import annotations

from filmloom.world.scene import Subject

# Cycles per second at tempo 1. One cycle is the smallest stretch that looks the same when repeated: both steps of a
# walk, one whole turn of a spin, one wing beat, one turn of a wheel.
CYCLES = {
    "bow": 0.4, "dance": 0.9, "drift": 0.3, "drive": 2.0, "flutter": 2.6, "fly": 2.2, "glide": 0.6, "graze": 0.35,
    "hop": 1.4, "hover": 2.5, "jump": 0.8, "land": 0.3, "launch": 0.3, "rise": 0.3, "rock": 0.35, "run": 1.6,
    "sail": 0.35, "sit": 0.25, "sleep": 0.3, "spin": 0.5, "swim": 1.2, "wait": 1.0, "walk": 1.0, "wave": 1.1,
}  # fmt: skip


def acting(t: float, subject: Subject) -> float:
    """Seconds that `subject` has spent in its action at film time `t`: 0 before its start, held after its end."""
    last = t if subject.end is None else min(t, subject.end)
    return max(0.0, last - subject.start)


def cycle(action: str, t: float, subject: Subject) -> float:
    """Cycles done at film time `t` (seconds): `phase + CYCLES * tempo * acting`, not wrapped to 0..1."""
    return subject.phase + CYCLES[action] * subject.tempo * acting(t, subject)
