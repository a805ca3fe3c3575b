"""Sampled scenes make sense, stay in the frame, and keep the held-out combinations out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.world.cards import place_card, subject_card
from filmloom.world.sample import (
    HALF_HEIGHT,
    HALF_WIDTH,
    SNOWLESS,
    SUNNY_MOODS,
    Repertoire,
    airs,
    combinations,
    held_out,
    is_held_out,
    keep_inside,
    room,
    sample_batch,
    sample_scene,
    top_speed,
)
from filmloom.world.scene import COLOURS, Scene

FULL, REDUCED = Repertoire.full(), Repertoire.reduced()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def many(num: int, repertoire: Repertoire = FULL, **how) -> list[Scene]:
    dice = rng()
    return [sample_scene(dice, repertoire, **how) for _ in range(num)]


def only(kind: str, action: str, setting: str) -> Repertoire:
    return dataclasses.replace(FULL, kinds=(kind,), actions=(action,), settings=(setting,))


def assert_inside(scene: Scene) -> None:
    """Wholly inside the frame from the first second of the action to its last."""
    s = scene.subjects[0]
    assert abs(s.x) + s.speed * scene.seconds / 2 <= room(s.kind, s.size) + 1e-3
    assert s.y == pytest.approx(keep_inside(s.y, s.kind, s.action, s.size), abs=1e-3)
    assert abs(s.y) <= HALF_HEIGHT


def test_every_sensible_triple_gives_a_valid_scene_that_stays_in_the_frame():
    dice = rng()
    for kind, action, setting in combinations(FULL):
        for seconds in (1.0, 4.0, 20.0):
            scene = sample_scene(dice, only(kind, action, setting), split="any", seconds=seconds)
            subject = scene.subjects[0]
            assert (subject.kind, subject.action, scene.setting) == (kind, action, setting)
            assert_inside(scene)


def test_every_kind_action_and_setting_of_the_film_set_can_be_sampled():
    triples = list(combinations(FULL))
    for position, all_of_them in enumerate((FULL.kinds, FULL.actions, FULL.settings)):
        assert {t[position] for t in triples} == set(all_of_them)


def test_travel_follows_tempo_and_size_unless_it_would_leave_the_frame():
    for scene in many(300):
        s, card = scene.subjects[0], subject_card(scene.subjects[0].kind)
        usual = (card.travel or {}).get(s.action, 0.0) * s.tempo * s.size / card.size
        assert s.speed == pytest.approx(min(usual, top_speed(s.kind, s.size, scene.seconds)), abs=2e-3)


def test_same_seed_same_scenes_and_another_seed_others():
    again = [sample_scene(rng(5), FULL) for _ in range(2)]
    assert again[0] == again[1] != sample_scene(rng(6), FULL)


def test_a_tenth_of_the_combinations_is_held_out_and_the_splits_part_them():
    seen, unseen, both = (combinations(FULL, split) for split in ("seen", "unseen", "any"))
    count = {name: sum(map(len, c.values())) for name, c in (("seen", seen), ("unseen", unseen), ("any", both))}
    assert count["seen"] + count["unseen"] == count["any"]
    assert 0.08 < count["unseen"] / count["any"] < 0.12
    for triple, colours in both.items():
        assert set(seen.get(triple, ())) | set(unseen.get(triple, ())) == set(colours)
        assert not set(seen.get(triple, ())) & set(unseen.get(triple, ()))


@pytest.mark.parametrize("repertoire", [FULL, REDUCED])
def test_scenes_come_from_their_split(repertoire):
    assert not any(is_held_out(s) for s in many(200, repertoire, split="seen"))
    assert all(is_held_out(s) for s in many(200, repertoire, split="unseen"))


def test_the_held_out_set_never_changes():
    """The figures of every release are scored on the same combinations."""
    walks = [(who, hue, "walk", place) for who in ("girl", "cat") for hue in COLOURS for place in ("beach", "city")]
    assert [f"{w[0]} {w[1]} {w[3]}" for w in walks if held_out(*w)] == [
        "girl teal city",
        "girl white city",
        "girl brown beach",
        "cat yellow city",
        "cat green beach",
        "cat white city",
    ]


def test_a_batch_shares_its_program_and_varies_the_rest():
    for seed in range(20):
        scenes = sample_batch(rng(seed), FULL, 12)
        shared = {
            (s.setting, s.subjects[0].kind, s.subjects[0].action, s.time, s.weather, s.light, s.mood) for s in scenes
        }
        assert len(scenes) == 12 and len(shared) == 1
        assert len({(s.subjects[0].kind, s.subjects[0].action) for s in scenes}) == 1
        for name in ("x", "y", "phase", "tempo", "size"):
            assert len({getattr(s.subjects[0], name) for s in scenes}) > 1
        assert len({s.seed for s in scenes}) == 12
        assert len({s.subjects[0].colour for s in scenes}) > 1


def test_sense_no_snow_on_blossoms_no_sun_at_night_no_gloom_in_gold():
    for scene in many(1500):
        place = place_card(scene.setting)
        assert scene.time in place.times and scene.weather in place.weathers
        assert scene.weather != "snow" or scene.setting not in SNOWLESS
        if scene.light != "natural":
            assert scene.time not in ("dusk", "night") and scene.mood not in ("gloomy", "mysterious", "tense")
            assert scene.weather in ("clear", "breeze", "cloudy", "rainbow")
        if scene.weather == "rainbow":
            assert scene.time not in ("dusk", "night") and scene.setting != "moon" and scene.mood in SUNNY_MOODS
        if scene.weather == "storm":
            assert scene.mood not in ("calm", "joyful", "festive", "tender")


def test_the_prompt_this_product_was_conceived_with_can_be_sampled():
    wanted = ("noon", "breeze", "sunbeams", "calm")
    assert wanted in {(a.time, a.weather, a.light, a.mood) for a in airs(FULL, "cherry_garden")}
    assert "red" in combinations(FULL)["girl", "dance", "cherry_garden"]


def test_farther_is_smaller():
    still = dataclasses.replace(only("girl", "wave", "meadow"), size_spread=0)
    by_y = sorted(sample_batch(rng(), still, 50, split="any"), key=lambda s: s.subjects[0].y)
    sizes = [s.subjects[0].size for s in by_y]
    assert sizes == sorted(sizes) and sizes[0] < 0.95 * sizes[-1]


def test_the_reduced_world_is_small_and_central():
    assert len(REDUCED.kinds) == len(REDUCED.colours) == len(REDUCED.settings) == 6
    per_kind = {k: {a for kind, a, _ in combinations(REDUCED) if kind == k} for k in REDUCED.kinds}
    assert all(1 <= len(done) <= 2 for done in per_kind.values())
    for scene in many(300, REDUCED, split="any"):
        assert abs(scene.subjects[0].x) <= 2 * HALF_WIDTH / 6 and scene.camera.move == "still"
        assert (scene.weather, scene.mood, scene.light) == ("clear", "calm", "natural")
        assert scene.time in ("noon", "sunset", "night")


def test_a_scene_survives_json():
    for scene in many(50):
        assert Scene.from_json(scene.to_json()) == scene


def test_impossible_wishes_are_refused_with_what_would_work():
    with pytest.raises(RequestError, match="seen, unseen, any"):
        sample_scene(rng(), FULL, split="both")
    with pytest.raises(RequestError, match="no combination"):
        sample_scene(rng(), only("fish", "swim", "desert"))
    with pytest.raises(RequestError, match="no time, weather"):
        airs(dataclasses.replace(FULL, weathers=("snow",)), "beach")
