"""The sound of a scene: its places and weather always, and what its subjects do where the film shows just that."""

from __future__ import annotations

from fractions import Fraction

from filmloom.core.types import Audio
from filmloom.finishing.sound.loudness import normalised
from filmloom.finishing.sound.match import ambience_of, cues
from filmloom.finishing.sound.mix import soundtrack
from filmloom.world.events import events
from filmloom.world.scene import Scene

BEHIND = 0.35  # of a bed's own level under steps and engines: a street must not drown the horse that walks in it
LOUDNESS = -14.0  # LUFS, what most places that show films on the web ask for


def sound_of(scene: Scene, num_frames: int, rate: Fraction, *, follows_plan: bool) -> Audio:
    """Stereo at 48 kHz, as long as the film to the sample. `follows_plan`: the film's subjects move as the scene says,
    so their steps and engines are heard at their times; else only the place is."""
    happening = events(scene) if follows_plan else ()
    heard = cues(
        happening,
        subjects=[subject.kind for subject in scene.subjects],
        setting=scene.setting,
        pans=[pan(scene, event.subject) for event in happening],
    )
    beds = ambience_of(scene.setting, weather=scene.weather, time=scene.time)
    beds = {name: BEHIND * gain for name, gain in beds.items()} if heard else beds
    track = soundtrack(heard, beds, num_frames / rate, seed=scene.seed)
    return normalised(track, LOUDNESS)[0] if heard or beds else track


def pan(scene: Scene, subject: int) -> float:
    """Where a subject starts in the frame, -1 (left) .. 1; the middle for what no subject does."""
    if not 0 <= subject < len(scene.subjects):
        return 0.0
    x = scene.subjects[subject].x
    return max(-1.0, min(1.0, float(x) / (8 / 9)))  # a 16:9 frame is 16/9 frame heights wide
