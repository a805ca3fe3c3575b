"""Sampled scenes make sense, stay in the frame, and keep the held-out combinations out."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.world.cards import place_card, place_module, subject_card, subject_module
from filmloom.world.draw import program
from filmloom.world.placing import reach, travel
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
from filmloom.world.scene import CLOTHES, COLOURS, RELATIONS, SEASONS, STYLES, WEATHERS, Scene

FULL, REDUCED = Repertoire.full(), Repertoire.reduced()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def many(num: int, repertoire: Repertoire = FULL, **how) -> list[Scene]:
    dice = rng()
    return [sample_scene(dice, repertoire, **how) for _ in range(num)]


def only(kind: str, action: str, setting: str) -> Repertoire:
    return dataclasses.replace(FULL, kinds=(kind,), actions=(action,), settings=(setting,))


def pairs(num: int = 150, **wanted) -> list[Scene]:
    return many(num, dataclasses.replace(FULL, pairs=1.0, **wanted))


def pairs_of(relation: str, num: int = 60) -> list[Scene]:
    return [scene for scene in pairs(num, relations=(relation,)) if scene.relation == relation]


def sides(s) -> tuple[float, float]:
    """Where its left and right side are at the middle of the action."""
    half = subject_card(s.kind).width * s.size / 2
    return s.x - half, s.x + half


def covered(scene: Scene) -> float:
    """Share of the narrower one's width that the two have in common; below zero: a gap."""
    (left, right), (left2, right2) = (sides(s) for s in scene.subjects)
    return (min(right, right2) - max(left, left2)) / min(right - left, right2 - left2)


def assert_inside(scene: Scene) -> None:
    """Wholly inside the frame from the first second of the action to its last."""
    for s in scene.subjects:
        assert abs(s.x) + s.speed * scene.seconds / 2 <= room(s.kind, s.size) + 2e-3
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
        for s in scene.subjects:
            usual = travel(s.kind, s.action) * s.tempo * s.size / subject_card(s.kind).size
            top = top_speed(s.kind, s.size, scene.seconds)
            if len(scene.subjects) == 1:
                assert s.speed == pytest.approx(min(usual, top), abs=2e-3)
            else:  # both must fit
                assert s.speed <= min(usual, top) + 2e-3


def test_what_walks_together_goes_at_one_speed_whose_stride_fits_both_bodies():
    for pair in pairs(relations=("follows", "beside")):
        first, second = pair.subjects
        assert first.speed == second.speed and first.facing == second.facing
        for s in pair.subjects:
            stride = travel(s.kind, s.action) * s.tempo * s.size / subject_card(s.kind).size
            assert s.speed <= stride + 2e-3


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
    """A scene of two is new as soon as one of them is."""
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
            (s.setting, s.subjects[0].kind, s.subjects[0].action, s.time, s.weather, s.light, s.mood, s.season, s.style)
            for s in scenes
        }
        assert len(scenes) == 12 and len(shared) == 1
        assert len({(s.subjects[0].kind, s.subjects[0].action) for s in scenes}) == 1
        for name in ("x", "y", "phase", "tempo", "size"):
            assert len({getattr(s.subjects[0], name) for s in scenes}) > 1
        assert len({s.seed for s in scenes}) == 12
        assert len({s.subjects[0].colour for s in scenes}) > 1


@pytest.mark.parametrize("relation", RELATIONS[1:])
def test_a_relation_can_be_seen(relation):
    """Beside: a gap and one way of looking. Behind, before: partly covered, smaller at the back. Above: no overlap in
    height. Following: the gap lies behind the first. Facing: eye to eye."""
    found = pairs_of(relation)
    assert len(found) >= 15
    for scene in found:
        first, second = scene.subjects
        assert_inside(scene)
        apart, ahead = covered(scene) < 0, (second.x - first.x) * (1 if first.facing == "right" else -1)
        match relation:
            case "beside":
                assert apart and first.facing == second.facing
            case "behind" | "in_front":
                near, far = (first, second) if relation == "behind" else (second, first)
                assert far.y < near.y - 0.02 and 0.2 < covered(scene) < 0.6
            case "above":
                top = first.y - reach(first.kind, first.action, first.size)[0]
                assert second.y + reach(second.kind, second.action, second.size)[1] <= top + 1e-3
                assert covered(scene) > 0
            case "follows":
                assert apart and ahead < 0 and first.facing == second.facing and first.speed == second.speed
            case "faces":
                assert apart and ahead > 0 and first.facing != second.facing and first.speed == second.speed == 0


def test_about_a_quarter_of_the_scenes_have_two_and_of_a_kind_they_differ_in_colour():
    scenes = many(1500)
    two = [scene for scene in scenes if len(scene.subjects) == 2]
    assert 0.18 < len(two) / len(scenes) < 0.3
    assert all((len(s.subjects) == 2) == (s.relation != "none") for s in scenes)
    assert set(RELATIONS) == {scene.relation for scene in scenes}
    for scene in two:
        first, second = scene.subjects
        assert first.kind != second.kind or first.colour != second.colour
        assert all(scene.setting in subject_card(s.kind).settings for s in (first, second))


@pytest.mark.parametrize("seconds", [0.5, 2.0, 30.0])
def test_pairs_stay_in_the_frame_for_any_length(seconds):
    for scene in many(120, dataclasses.replace(FULL, pairs=1.0), seconds=seconds):
        assert_inside(scene)


def test_clips_of_one_batch_share_the_drawing_program_with_two_subjects_too():
    for seed in range(60):
        scenes = sample_batch(rng(seed), dataclasses.replace(FULL, pairs=1.0), 8)
        assert len({program(scene) for scene in scenes}) == 1


def test_styles_seasons_and_clothes_as_often_as_asked_and_only_where_they_fit():
    scenes = many(1500)
    assert 0.55 < sum(s.style == "storybook" for s in scenes) / len(scenes) < 0.68
    assert {s.style for s in scenes} == set(STYLES)
    for scene in scenes:
        assert scene.season in place_card(scene.setting).seasons
        assert scene.style != "night_neon" or scene.time in ("dusk", "night")
        assert all(s.clothes in subject_card(s.kind).clothes for s in scene.subjects)
        assert all(s.clothes == "usual" for s in scene.subjects[1:])


def test_seasons_and_clothes_are_drawn_where_cards_allow_them(monkeypatch):
    """Cards that allow all: both are named now and then, and no winter has a rainbow, no summer snow."""
    free = dataclasses.replace(place_card("meadow"), seasons=SEASONS)
    dressed = dataclasses.replace(subject_card("girl"), clothes=CLOTHES)
    monkeypatch.setattr(place_module("meadow"), "CARD", free)
    monkeypatch.setattr(subject_module("girl"), "CARD", dressed)
    repertoire = dataclasses.replace(only("girl", "wave", "meadow"), storybook=0.61, weathers=(*WEATHERS[::-1],))
    scenes = many(600, repertoire, split="any")
    assert {s.season for s in scenes} == set(SEASONS) and {s.subjects[0].clothes for s in scenes} == set(CLOTHES)
    assert 0.3 < sum(s.season != "usual" for s in scenes) / 600 < 0.5
    assert 0.3 < sum(s.subjects[0].clothes != "usual" for s in scenes) / 600 < 0.5
    for scene in scenes:
        assert scene.weather != "snow" or scene.season == "winter"
        assert scene.weather != "rainbow" or scene.season != "winter"


def test_sense_no_snow_on_blossoms_no_sun_at_night_no_gloom_in_gold():
    for scene in many(1500):
        place = place_card(scene.setting)
        assert scene.time in place.times and scene.weather in place.weathers
        assert scene.weather != "snow" or scene.setting not in SNOWLESS or scene.season == "winter"
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
        assert scene.time in ("noon", "sunset", "night") and len(scene.subjects) == 1
        assert (scene.season, scene.style, scene.subjects[0].clothes) == ("usual", "storybook", "usual")


def test_the_reduced_world_is_the_one_that_shipped_weights_learnt():
    """Scene by scene what version 0.1 drew: stored clips and fresh ones are of one world."""
    told = []
    for scene in many(300, REDUCED, split="any"):
        s = scene.subjects[0]
        numbers = (s.x, s.y, s.size, s.facing, s.speed, s.tempo, s.phase, scene.time, scene.camera.amount, scene.seed)
        told.append((scene.setting, s.kind, s.colour, s.action, *numbers))
    assert hashlib.sha256(repr(told).encode()).hexdigest()[:16] == "f1e654ab8121c902"


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
