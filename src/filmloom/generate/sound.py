"""The sound of a scene: its places and weather always, and what its subjects do where the film shows just that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import numpy as np

from filmloom.core.types import Audio
from filmloom.finishing.read import FilmFile
from filmloom.finishing.sound.loudness import normalised
from filmloom.finishing.sound.match import Cue, ambience_of, cues
from filmloom.finishing.sound.mix import mixed, num_samples, soundtrack
from filmloom.finishing.sound.onsets import Onset
from filmloom.finishing.sound.track import read_audio
from filmloom.generate.onsets import Listener, onset_finder
from filmloom.generate.reel import Reel
from filmloom.world.cadence import MOMENTS
from filmloom.world.events import events, loudness
from filmloom.world.scene import Event, Scene

FOREIGN, UNKNOWN = 0.7, "step"  # strength of what somebody unknown does, and what it is where nobody knows
BEHIND = 0.35  # of a bed's own level under steps and engines: a street must not drown the horse that walks in it
LOUDNESS = -14.0  # LUFS, what most places that show films on the web ask for


def sound_of(reel: Reel, *, follows_plan: bool, found: Sequence[Onset] = ()) -> Audio:
    """Stereo at 48 kHz, as long as the film to the sample. `follows_plan`: the film's subjects move as its scenes say,
    so their steps and engines are heard at their times; else the places are, and what was `found` in the pictures."""
    heard = _happening(reel) if follows_plan else _found(reel, found)
    gain, seed, seconds = BEHIND if heard else 1.0, reel.scenes[0].seed, reel.ranges[-1].stop / reel.rate
    parts = [soundtrack(heard, {}, seconds, seed=seed)] if heard else []
    for beds, start, end in _places(reel):
        quiet = {name: gain * level for name, level in beds.items()}
        parts.append(_delayed(soundtrack((), quiet, end - start, seed=seed), start))
    track = mixed(parts, num=num_samples(seconds))
    return normalised(track, LOUDNESS)[0] if track.samples.any() else track


def sound_seen(
    film: FilmFile, *, setting: str = "", weather: str = "clear", listen: Listener | None = None
) -> tuple[Audio, list[Onset]]:
    """Sound for any film, and what was found in its pictures: effects where something is seen to happen, on the ground
    of `setting`, among what is heard there; over the film's own sound where it has one."""
    found = (listen or onset_finder())(film.chunks(4), film.rate)
    seconds = Fraction(film.num_frames) / film.rate
    effects = cues([Event(onset.time, onset.kind or UNKNOWN, -1, FOREIGN) for onset in found], setting=setting)
    beds = {name: BEHIND * level for name, level in ambience_of(setting, weather=weather).items()}
    parts = [soundtrack(effects, beds, seconds)]
    if film.has_audio:
        parts.append(read_audio(film.path))
    return mixed(parts, num=num_samples(seconds)), found


def _happening(reel: Reel) -> list[Cue]:
    """Every effect of every scene, at its time in the film."""
    found = []
    for index, scene in enumerate(reel.scenes):
        happening, start = events(scene), float(reel.start(index))
        kinds, pans = [subject.kind for subject in scene.subjects], [pan(scene, event.subject) for event in happening]
        for cue in cues(happening, subjects=kinds, setting=scene.setting, pans=pans):
            end = start + scene.seconds if cue.until is None and len(reel.scenes) > 1 else cue.until
            found.append(replace(cue, time=start + cue.time, until=end))
    return found


def _found(reel: Reel, found: Sequence[Onset]) -> list[Cue]:
    """The effects of what the first subject was asked to do, where the pictures show something happen; nothing where
    it was asked for nothing that is heard in moments."""
    heard = []
    for onset in found:
        index = reel.index(Fraction(onset.time).limit_denominator(48_000))
        scene = reel.scenes[index]
        kinds = [kind for kind, _ in MOMENTS.get(scene.subjects[0].action, ())] if scene.subjects else []
        if kinds:
            kind = onset.kind if onset.kind in kinds else kinds[0]
            event = Event(onset.time, kind, 0, loudness(scene.subjects[0]))
            heard += cues([event], subjects=[scene.subjects[0].kind], setting=scene.setting, pans=[pan(scene, 0)])
    return heard


def _places(reel: Reel) -> Iterator[tuple[dict[str, float], Fraction, Fraction]]:
    """Ambience, from when, until when: one stretch for neighbours that sound alike."""
    beds = [ambience_of(scene.setting, weather=scene.weather, time=scene.time) for scene in reel.scenes]
    for sound, group in groupby(range(len(beds)), lambda index: beds[index]):
        indices = list(group)
        yield sound, reel.start(indices[0]), reel.ranges[indices[-1]].stop / reel.rate


def _delayed(audio: Audio, seconds: Fraction) -> Audio:
    return Audio(np.pad(audio.samples, ((0, 0), (num_samples(seconds, audio.rate), 0))), audio.rate)


def pan(scene: Scene, subject: int) -> float:
    """Where a subject starts in the frame, -1 (left) .. 1; the middle for what no subject does."""
    if not 0 <= subject < len(scene.subjects):
        return 0.0
    x = scene.subjects[subject].x
    return max(-1.0, min(1.0, float(x) / (8 / 9)))  # a 16:9 frame is 16/9 frame heights wide
