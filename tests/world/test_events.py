"""Sounds happen when the drawn action says so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from filmloom.world.cadence import CYCLES, MOMENTS, acting, cycle
from filmloom.world.cards import actions
from filmloom.world.events import KINDS, LOUDNESS, ONCE, SURF, events, moments
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
