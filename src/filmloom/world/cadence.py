"""How fast actions repeat: drawing and sound share these numbers, so that a footstep is heard when the foot lands."""

from __future__ import annotations

from filmloom.world.scene import Subject

# Cycles per second at tempo 1. One cycle is the smallest stretch that looks the same when repeated: both steps of a
# walk, one whole turn of a spin, one wing beat, one turn of a wheel.
CYCLES = {
    "bow": 0.4, "dance": 0.9, "drift": 0.3, "drive": 2.0, "flutter": 2.6, "fly": 2.2, "glide": 0.6, "graze": 0.35,
    "hop": 1.4, "hover": 2.5, "jump": 0.8, "land": 0.3, "launch": 0.3, "rise": 0.3, "rock": 0.35, "run": 1.6,
    "sail": 0.35, "sit": 0.25, "sleep": 0.3, "spin": 0.5, "swim": 1.2, "wait": 1.0, "walk": 1.0, "wave": 1.1,
    "cheer": 1.2, "clap": 1.6, "crawl": 0.8, "dive": 0.3, "eat": 0.8, "flap": 1.8, "float": 0.4, "look": 0.35,
    "nod": 0.8, "read": 0.25, "roar": 0.45, "roll": 0.6, "sing": 0.7, "slide": 0.4, "stretch": 0.35, "trot": 1.5,
}  # fmt: skip

# What is heard at which points of a cycle (0..1): feet land at 0 and 0.5, a jump springs at 0.32 and lands as it ends.
MOMENTS: dict[str, tuple[tuple[str, float], ...]] = {
    "walk": (("step", 0.0), ("step", 0.5)),
    "run": (("step", 0.0), ("step", 0.5)),
    "dance": (("step", 0.0), ("step", 0.5)),
    "hop": (("hop", 0.32), ("land", 0.0)),
    "jump": (("jump", 0.32), ("land", 0.0)),
    "spin": (("whoosh", 0.0),),
    "fly": (("flap", 0.25),),
    "glide": (("whoosh", 0.0),),
    "hover": (("flap", 0.25),),
    "flutter": (("flap", 0.25),),
    "swim": (("splash", 0.0),),
    "sail": (("splash", 0.5),),
    "rock": (("splash", 0.5),),
    "rise": (("whoosh", 0.0),),
    "trot": (("step", 0.0), ("step", 0.5)),
    "crawl": (("step", 0.0), ("step", 0.5)),
    "cheer": (("cheer", 0.0), ("step", 0.0)),
    "clap": (("clap", 0.0),),
    "sing": (("song", 0.0),),
    "read": (("page", 0.5),),
    "roar": (("roar", 0.25),),
    "roll": (("whoosh", 0.0),),
    "slide": (("whoosh", 0.0),),
    "flap": (("flap", 0.25),),
    "float": (("splash", 0.5),),
    "dive": (("splash", 0.25),),
}


def acting(t: float, subject: Subject) -> float:
    """Seconds that `subject` has spent in its action at film time `t`: 0 before its start, held after its end."""
    last = t if subject.end is None else min(t, subject.end)
    return max(0.0, last - subject.start)


def cycle(action: str, t: float, subject: Subject) -> float:
    """Cycles done at film time `t` (seconds): `phase + CYCLES * tempo * acting`, not wrapped to 0..1."""
    return subject.phase + CYCLES[action] * subject.tempo * acting(t, subject)
