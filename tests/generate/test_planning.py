"""Whatever the planner says can be filmed; what was stated is kept as far as it can be, and changes are owned up to."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from filmloom.generate.plan import IMPORTANCE, natural_colour, plan_scene, reconciled
from filmloom.world.cards import place_card, places, subject_card, subjects
from filmloom.world.fields import fields as fields_of
from filmloom.world.fields import options
from filmloom.world.scene import CLOTHES, COLOURS, RELATIONS, STYLES, WEATHERS

SCHEMA = options()
OLD = ("kind", "colour", "action", "setting", "time", "weather", "light", "mood", "camera")  # of the first models
GIRL = {
    "kind": "girl",
    "colour": "red",
    "action": "dance",
    "setting": "cherry_garden",
    "time": "noon",
    "weather": "breeze",
    "light": "sunbeams",
    "mood": "joyful",
    "camera": "still",
    "season": "usual",
    "style": "storybook",
    "clothes": "usual",
    "kind2": "none",
    "colour2": "none",
    "action2": "none",
    "relation": "none",
}
CAT = {"kind2": "cat", "colour2": "white", "action2": "sit", "relation": "beside"}


def logits(fields, stated=tuple(SCHEMA), *, sure=20.0):
    """Logits of a planner that is sure of `fields` and says which of them are stated."""
    rows = {name: torch.zeros(1, len(options)) for name, options in SCHEMA.items()}
    for name, option in fields.items():
        rows[name][0, SCHEMA[name].index(option)] = sure
    return rows | {"stated": torch.tensor([[5.0 if name in stated else -5.0 for name in SCHEMA]])}


def planned(fields, stated=tuple(SCHEMA), *, seed=0, seconds=4.0):
    return plan_scene(logits({**GIRL, **fields}, stated), SCHEMA, seed=seed, seconds=seconds)


@pytest.mark.parametrize("kind", [kind for kind in subjects() if subject_card(kind).natural])
def test_an_animal_nobody_coloured_has_a_colour_of_nature(kind):
    """The planner alone would as soon make a horse green as brown."""
    natural = subject_card(kind).natural
    made = {natural_colour({"kind": kind, "colour": colour}, seed=seed) for colour in COLOURS for seed in range(8)}
    assert made == set(natural)
    assert all(natural_colour({"kind": "car", "colour": colour}, seed=0) == colour for colour in COLOURS)


def test_a_possible_plan_is_kept_word_for_word():
    plan = planned({})
    subject = plan.scene.subjects[0]
    assert (subject.kind, subject.colour, subject.action) == ("girl", "red", "dance")
    assert (plan.scene.setting, plan.scene.time, plan.scene.weather) == ("cherry_garden", "noon", "breeze")
    assert (plan.scene.light, plan.scene.mood, plan.scene.camera.move) == ("sunbeams", "joyful", "still")
    assert plan.notes == () and set(plan.stated) == set(SCHEMA)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    assert planned({}, seed=3) == planned({}, seed=3)
    assert planned({}, seed=3).scene.subjects[0] != planned({}, seed=4).scene.subjects[0]


def test_any_reading_becomes_a_scene_that_can_be_filmed():
    rng = np.random.default_rng(0)
    for seed in range(60):
        rows = {name: torch.tensor(rng.normal(size=(1, len(options))) * 3) for name, options in SCHEMA.items()}
        rows["stated"] = torch.tensor(rng.normal(size=(1, len(SCHEMA))))
        scene = plan_scene(rows, SCHEMA, seed=seed, seconds=4.0).scene  # Scene checks itself
        place = place_card(scene.setting)
        assert scene.subjects[0].action in subject_card(scene.subjects[0].kind).actions
        assert scene.time in place.times and scene.weather in place.weathers


def test_what_is_left_open_varies_with_the_seed_and_what_is_stated_does_not():
    fields = {name: GIRL[name] for name in ("kind", "action", "setting")}
    scenes = [plan_scene(logits(fields, tuple(fields)), SCHEMA, seed=seed, seconds=4.0).scene for seed in range(30)]
    assert {(s.subjects[0].kind, s.subjects[0].action, s.setting) for s in scenes} == {
        ("girl", "dance", "cherry_garden")
    }
    assert len({s.subjects[0].colour for s in scenes}) > 4 and len({s.time for s in scenes}) > 4


def test_an_open_setting_gives_way_to_a_stated_subject():
    assert "city" not in subject_card("fish").settings
    plan = planned({"kind": "fish", "action": subject_card("fish").actions[0], "setting": "city"}, ("kind", "action"))
    assert plan.scene.setting in subject_card("fish").settings
    assert plan.notes == ()  # nothing that the prompt says was changed


def test_a_stated_setting_stays_even_where_it_is_odd_and_a_note_says_so():
    plan = planned(
        {"kind": "cat", "action": "walk", "setting": "moon", "time": "night", "weather": "clear", "light": "natural"}
    )
    assert plan.scene.setting == "moon" or "moon" in subject_card("cat").settings
    assert ("moon" in subject_card("cat").settings) != any("unusual" in note for note in plan.notes)


def test_an_impossible_action_is_replaced_and_named():
    assert "dance" not in subject_card("bus").actions
    plan = planned({"kind": "bus", "action": "dance", "setting": "city", "light": "natural"})
    assert plan.scene.subjects[0].kind == "bus" and plan.scene.subjects[0].action in subject_card("bus").actions
    assert [note for note in plan.notes if note.startswith("action dance became")]


def test_a_weather_unknown_to_a_stated_place_is_replaced_by_the_likeliest_it_knows():
    setting = next(name for name in places() if "snow" not in place_card(name).weathers)
    kind = next(kind for kind in subjects() if setting in subject_card(kind).settings)
    known = place_card(setting).weathers
    rows = logits(
        {
            **GIRL,
            "kind": kind,
            "action": subject_card(kind).actions[0],
            "setting": setting,
            "time": place_card(setting).times[0],
            "light": "natural",
            "weather": "snow",
        }
    )
    rows["weather"][0, WEATHERS.index(known[-1])] = 10.0
    plan = plan_scene(rows, SCHEMA, seed=0, seconds=4.0)
    assert plan.scene.setting == setting and plan.scene.weather == known[-1]
    assert any(note.startswith("weather snow became") for note in plan.notes)


def test_an_open_light_that_makes_no_sense_becomes_natural():
    plan = planned({"time": "night"}, ("kind", "action", "setting", "time"))
    assert plan.scene.time == "night" and plan.scene.light == "natural"


def test_stated_sunbeams_at_night_are_filmed_as_asked():
    plan = planned({"time": "night"})
    assert (plan.scene.time, plan.scene.light) == ("night", "sunbeams") and "unusual" in plan.notes[0]


@pytest.mark.parametrize("missing", [name for name in SCHEMA if name not in ("kind", "action", "setting")])
def test_a_model_that_knows_fewer_fields_still_plans(missing):
    schema = {name: options for name, options in SCHEMA.items() if name != missing}
    rows = logits(GIRL)
    rows["stated"] = rows["stated"][:, : len(schema)]
    scene = plan_scene(rows, schema, seed=1, seconds=2.0).scene
    assert scene.setting == "cherry_garden" and scene.seconds == 2.0


def test_every_field_that_may_change_has_a_price():
    assert set(IMPORTANCE) == set(SCHEMA) - {"colour", "camera", "colour2"}
    assert reconciled.__doc__


def test_the_first_models_know_nothing_of_seasons_and_pairs_and_plan_as_ever():
    schema = {name: SCHEMA[name] for name in OLD}
    rows = {name: row for name, row in logits(GIRL).items() if name in schema}
    rows["stated"] = torch.full((1, len(schema)), 5.0)
    plan = plan_scene(rows, schema, seed=1, seconds=2.0)
    assert fields_of(plan.scene) == GIRL and plan.notes == () and len(plan.scene.subjects) == 1


@pytest.mark.parametrize("relation", [r for r in RELATIONS[1:] if r not in ("above", "follows")])
def test_two_who_stand_are_filmed_as_they_are_said_to_stand(relation):
    fields = GIRL | CAT | {"action": "wave", "relation": relation}
    plan = planned(fields)
    assert fields_of(plan.scene) == fields and plan.notes == ()


@pytest.mark.parametrize(
    ("relation", "second", "action", "first"),
    [("above", "bird", "fly", "wave"), ("follows", "cat", "walk", "walk"), ("behind", "car", "drive", "wave")],
)
def test_who_flies_over_follows_or_drives_by_goes_there(relation, second, action, first):
    fields = {"kind2": second, "action2": action, "relation": relation, "action": first, "setting": "meadow"}
    plan = planned(CAT | fields)
    assert fields_of(plan.scene) == GIRL | CAT | fields and plan.notes == ()


def test_an_open_action_gives_way_to_a_stated_relation_and_a_stated_one_to_nothing():
    said = GIRL | CAT | {"relation": "follows", "action": "walk", "action2": "sit"}
    free = tuple(name for name in SCHEMA if name != "action2")
    plan = plan_scene(logits(said, free), SCHEMA, seed=0, seconds=4.0)
    assert plan.scene.relation == "follows" and plan.scene.subjects[1].speed > 0 and plan.notes == ()
    plan = planned(said)  # all is stated: something must go, and it is said what
    assert any(note.startswith(("relation follows became", "action2 sit became")) for note in plan.notes)


def test_what_cannot_stand_like_that_is_named():
    plan = planned(GIRL | CAT | {"relation": "above"})
    assert plan.scene.relation != "above" and len(plan.scene.subjects) == 2
    assert any(note.startswith("relation above became") and "cannot stand like that" in note for note in plan.notes)


def test_clothes_nobody_can_wear_are_left_off_and_named():
    assert subject_card("bus").clothes == ("usual",)
    plan = planned({"kind": "bus", "action": "wait", "setting": "city", "light": "natural", "clothes": "hat"})
    assert plan.scene.subjects[0].clothes == "usual"
    assert [note for note in plan.notes if note.startswith("clothes hat became usual: a bus can wear")]


@pytest.mark.parametrize("style", STYLES)
def test_styles_are_drawn_as_asked_and_neon_by_day_is_owned_up_to(style):
    plan = planned({"style": style, "light": "natural"})
    assert plan.scene.style == style
    assert any("unusual together" in note for note in plan.notes) == (style == "night_neon")


def test_a_second_whose_colour_nobody_named_differs_from_the_first_of_its_kind():
    free = tuple(name for name in SCHEMA if name != "colour2")
    for seed in range(10):
        fields = (
            GIRL | CAT | {"kind": "cat", "action": "sit", "colour2": "none", "colour": "white", "setting": "meadow"}
        )
        first, second = plan_scene(logits(fields, free), SCHEMA, seed=seed, seconds=4.0).scene.subjects
        assert first.colour == "white" != second.colour
        assert second.colour in subject_card("cat").natural


def test_nobody_is_added_who_is_not_asked_for():
    fields = {name: GIRL[name] for name in ("kind", "action", "setting", "kind2", "clothes", "style", "season")}
    plans = [plan_scene(logits(fields, ("kind",)), SCHEMA, seed=seed, seconds=4.0) for seed in range(10)]
    assert all(len(p.scene.subjects) == 1 and p.scene.relation == "none" for p in plans)
    assert {p.scene.subjects[0].clothes for p in plans} <= set(CLOTHES)
