"""Sounds happen when the drawn action says so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from filmloom.world.cadence import CYCLES, MOMENTS, acting, cycle
from filmloom.world.cards import actions, subject_card
from filmloom.world.events import KINDS, LOUDNESS, ONCE, ONCE_OF, SURF, events, moments
from filmloom.world.light import lightning
from filmloom.world.sample import Repertoire, sample_scene
from filmloom.world.scene import Event, Scene, Subject


def scene_of(action: str, kind: str = "girl", setting: str = "meadow", seconds: float = 4.0, **how) -> Scene:
    return Scene(setting, (Subject(kind, "red", action, **how),), seconds=seconds)


def times(scene: Scene, kind: str) -> list[float]:
    return [event.time for event in events(scene) if event.kind == kind]


def test_every_action_has_a_cadence_and_the_tables_hold_no_strangers():
    assert set(actions()) <= set(CYCLES)
    assert set(MOMENTS) | set(ONCE) | set(LOUDNESS) <= set(CYCLES)


def test_two_steps_per_walking_cycle():
    """At 1 cycle a second from phase 0, feet land every half second."""
    assert times(scene_of("walk"), "step") == pytest.approx([0.5 * k for k in range(8)])


def test_tempo_and_phase_shift_the_steps():
    assert times(scene_of("walk", tempo=2.0, phase=0.25), "step") == pytest.approx(
        [0.125 + 0.25 * k for k in range(16)]
    )


def test_every_sound_of_a_cycle_falls_on_its_moment():
    for kind, action, setting in (("girl", "run", "city"), ("rabbit", "hop", "beach"), ("bird", "fly", "sea")):
        subject = Subject(kind, "blue", action, tempo=1.3, phase=0.6, start=0.5, end=3.2)
        heard = [e for e in events(Scene(setting, (subject,))) if e.subject == 0]
        assert heard and {e.kind for e in heard} == {name for name, _ in MOMENTS[action]}
        for event in heard:
            positions = [position for name, position in MOMENTS[action] if name == event.kind]
            passed = [(cycle(action, event.time, subject) - position) % 1.0 for position in positions]
            assert min(min(p, 1 - p) for p in passed) < 1e-6
            assert 0.5 <= event.time < 3.2


def test_a_jump_springs_before_it_lands():
    heard = [e.kind for e in events(scene_of("jump"))]
    assert heard[0] == "land" and heard[1:3] == ["jump", "land"]
    assert times(scene_of("jump"), "jump") == pytest.approx([(0.32 + k) / 0.8 for k in range(3)])


def test_cycles_hold_before_the_start_and_after_the_end():
    subject = Subject("girl", "red", "walk", start=1.0, end=2.0, phase=0.1, tempo=1.5)
    assert [acting(t, subject) for t in (0.0, 1.0, 1.5, 2.0, 9.0)] == [0, 0, 0.5, 1, 1]
    assert cycle("walk", 9.0, subject) == pytest.approx(0.1 + 1.5) == cycle("walk", 2.0, subject)
    assert cycle("walk", 0.0, subject) == 0.1


def test_engines_and_rockets_sound_once():
    car = events(scene_of("drive", "car", start=0.5))
    assert [(e.kind, e.time) for e in car] == [("engine", 0.5)]
    landing = events(scene_of("land", "rocket", "desert", end=3.0))
    assert [e.kind for e in landing] == ["ignition", "land"] and landing[-1].time == pytest.approx(3.0, abs=0.01)
    assert [e.kind for e in events(scene_of("hover", "rocket", "desert"))] == ["ignition"]


def test_trains_and_airplanes_have_their_own_sounds():
    train = events(scene_of("drive", "train", start=0.5))
    assert [(e.kind, e.time) for e in train] == [("engine", 0.5), ("horn", 0.5), ("rail", 0.5)]
    flights = {action: [e.kind for e in events(scene_of(action, "airplane"))] for action in ("fly", "glide", "land")}
    assert flights == {"fly": ["engine"], "glide": ["whoosh"], "land": ["engine", "land"]}
    for kind, action in ONCE_OF:
        assert action in subject_card(kind).actions


def test_hands_voices_and_pages_sound_when_they_are_seen():
    """Palms meet as the cycle begins, a page turns in its middle, a dinosaur roars from its first quarter on."""
    seen = {"clap": ("girl", "clap", 0), "sing": ("woman", "song", 0), "cheer": ("boy", "cheer", 0)}
    seen |= {"read": ("man", "page", 0.5), "roar": ("dinosaur", "roar", 0.25)}
    for action, (who, sound, position) in seen.items():
        expected = np.arange(position, 4 * CYCLES[action] - 1e-9) / CYCLES[action]
        assert times(scene_of(action, who), sound) == pytest.approx(expected)


def test_thunder_follows_each_flash_of_a_storm_by_its_delay():
    storm = Scene("meadow", weather="storm", seconds=20.0, seed=4)
    expected = [(t + delay, strength) for t, _, strength, delay in lightning(4, 20.0) if t + delay < 20]
    heard = [(e.time, e.strength) for e in events(storm) if e.kind == "thunder"]
    assert heard == sorted(expected) and len(heard) > 4
    assert all(e.subject == -1 for e in events(storm))
    near = max(lightning(4, 20.0), key=lambda flash: flash[2])
    assert near[3] == min(delay for _, _, _, delay in lightning(4, 20.0))  # the strongest is the nearest
    assert events(dataclasses.replace(storm, weather="rain")) == ()


def test_quiet_actions_are_silent():
    for action in ("sit", "wave", "bow"):
        assert events(scene_of(action)) == ()


def test_surf_comes_and_goes_where_there_is_water():
    for setting, (period, strength) in SURF.items():
        scene = Scene(setting, seconds=20.0)
        heard = events(scene)
        assert {(e.kind, e.subject, e.strength) for e in heard} == {("wave", -1, strength)}
        assert np.diff([e.time for e in heard]) == pytest.approx(period)
        assert events(dataclasses.replace(scene, seed=1))[0].time != heard[0].time


def test_the_scenes_own_events_are_kept():
    scene = dataclasses.replace(scene_of("walk"), events=(Event(1.23, "whoosh"), Event(9.0, "splash")))
    assert Event(1.23, "whoosh") in events(scene)
    assert not times(scene, "splash")  # after the film's end


def test_heavier_is_louder():
    strength = {kind: events(scene_of("walk", kind))[0].strength for kind in ("cat", "girl", "horse")}
    assert strength["cat"] < strength["girl"] < strength["horse"]


def test_any_scene_gives_known_sounds_in_order_within_its_length():
    dice, repertoire = np.random.default_rng(0), Repertoire.full()
    for _ in range(300):
        scene = sample_scene(dice, repertoire, split="any", seconds=float(dice.uniform(0.5, 8)))
        heard = events(scene)
        assert heard == events(scene)
        assert [e.time for e in heard] == sorted(e.time for e in heard)
        for event in heard:
            assert event.kind in KINDS and 0 <= event.time < scene.seconds and 0 < event.strength <= 1
            assert -1 <= event.subject < len(scene.subjects)


def test_moments_of_no_time_at_all():
    assert moments(Subject("girl", "red", "walk", start=2.0), 0.0, 2.0) == []
