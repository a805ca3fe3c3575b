"""Prompts that change along the film: scenes follow one another, and what is left unsaid stays as it was."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
import torch

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.generate.plan import plan_story
from filmloom.generate.reel import Reel
from filmloom.generate.request import Request
from filmloom.generate.sound import sound_of
from filmloom.models.planner import STATED
from filmloom.world.captions import names_somebody
from filmloom.world.fields import options
from filmloom.world.film import film as filmed
from filmloom.world.scene import Scene, Subject

SCHEMA = options()
SMALL = Size(128, 72)


def logits(**said):
    """A planner that is sure of what was said and knows nothing else."""
    rows = {name: torch.zeros(1, len(known)) for name, known in SCHEMA.items()}
    for name, option in said.items():
        rows[name][0, SCHEMA[name].index(option)] = 30.0
    for name in ("kind2", "colour2", "action2", "relation"):
        if name not in said:
            rows[name][0, 0] = 30.0
    rows[STATED] = torch.tensor([[5.0 if name in said else -5.0 for name in SCHEMA]])
    return rows


FIRST = dict(kind="girl", colour="red", action="walk", setting="meadow", time="sunset")


def told(*later, seconds=4.0, seed=3):
    plan = plan_story([logits(**FIRST), *(logits(**said) for said in later)], SCHEMA, seed=seed, seconds=seconds)
    return [plan.scene, *plan.then]


def test_what_is_unsaid_stays_as_it_was():
    first, second = told({"action": "jump"})
    girl, same = first.subjects[0], second.subjects[0]
    assert (same.kind, same.colour, same.action) == ("girl", "red", "jump")
    kept = ("setting", "time", "weather", "light", "mood", "season", "style", "seed")
    assert all(getattr(first, name) == getattr(second, name) for name in kept)
    assert (girl.size, girl.y) == (same.size, same.y) and first.seconds == second.seconds == 2.0


@pytest.mark.parametrize("seed", range(8))
def test_who_goes_on_begins_where_they_were(seed):
    first, second, third = told({"action": "run"}, {"action": "wave"}, seed=seed, seconds=6.0)
    for before, after in ((first, second), (second, third)):
        old, new = before.subjects[0], after.subjects[0]
        ahead = {"left": -1, "right": 1}
        end = old.x + ahead[old.facing] * old.speed * before.seconds / 2
        begin = new.x - ahead[new.facing] * new.speed * after.seconds / 2
        assert begin == pytest.approx(end, abs=1e-3)


def test_somebody_else_brings_their_own_colour():
    _, second = told({"kind": "dog", "action": "run"})
    assert second.subjects[0].kind == "dog" and second.subjects[0].colour in ("brown", "white", "black", "grey")
    assert second.setting == "meadow"


def test_another_place_is_another_layout_of_its_own():
    _, second = told({"setting": "beach"})
    assert second.setting == "beach" and second.subjects[0].kind == "girl"


def test_a_reel_shows_each_scene_in_its_share_and_nothing_is_lost():
    scenes = [Scene("meadow", (Subject("cat", "white", "sit"),), seconds=1), Scene("beach", seconds=3)]
    reel = Reel.of(scenes, 10, Fraction(5))
    assert [len(frames) for frames in reel.ranges] == [2, 8] and [s.seconds for s in reel.scenes] == [0.4, 1.6]
    frames = np.concatenate(list(reel.film(SMALL)))
    alone = np.concatenate(list(filmed(reel.scenes[1], SMALL, 5.0, 8)))
    assert len(frames) == 10 and np.array_equal(frames[2:], alone)
    keys = reel.drawn([Fraction(i, 5) for i in range(10)], SMALL)
    drawn = np.abs((keys[0].permute(1, 2, 3, 0).numpy() + 1) * 127.5 - frames)
    assert keys.shape == (1, 3, 10, 72, 128) and drawn.mean() < 1.5  # painted at once, or carried by OpenCV


def test_a_scene_too_short_for_a_frame_is_left_out():
    assert len(Reel.of([Scene("meadow", seconds=0.04), Scene("beach", seconds=4)], 8, Fraction(2)).scenes) == 1


def test_the_sound_changes_with_the_place_and_runs_on_within_one():
    moon, beach = Scene("moon", time="night", seconds=1), Scene("beach", seconds=1)
    both = sound_of(Reel.of([moon, beach], 48, Fraction(24)), follows_plan=True)
    alike = sound_of(Reel.of([beach, beach], 48, Fraction(24)), follows_plan=False)
    at_the_join = [np.square(one.samples[:, 47_990:48_010]).mean() for one in (both, alike)]
    assert both.num_samples == alike.num_samples == 96_000
    assert at_the_join[0] < 0.05 * np.square(both.samples).mean()  # one bed goes, the other comes
    whole = sound_of(Reel.of([Scene("beach", seconds=2)], 48, Fraction(24)), follows_plan=False)
    assert np.allclose(alike.samples, whole.samples)


def test_a_list_of_scenes_is_filmed_in_order_in_every_mode(film):
    scenes = [
        Scene("meadow", (Subject("cat", "white", "sit"),), seconds=2),
        Scene("beach", (Subject("cat", "white", "sit"),)),
    ]
    for mode in ("draw", "plan"):
        made = film.make(Request(scene=scenes, mode=mode, size=SMALL, seconds=1, fps=6, seed=1))
        assert [scene["setting"] for scene in (made.settings["scene"], *made.settings["then"])] == ["meadow", "beach"]
        assert len(made.frames) == 6 and json.dumps(made.settings)
    change = np.abs(np.diff(made.frames.astype(float), axis=0)).mean(axis=(1, 2, 3))
    assert change.argmax() == 1  # after two of six frames


def test_a_prompt_that_turns_is_filmed_in_all_modes(film):
    prompt = "First a cat sits in the meadow, then a dog runs on the beach"
    for mode in ("draw", "plan", "text"):
        made = film.make(Request(prompt=prompt, mode=mode, size=SMALL, seconds=5, fps=4, seed=1))
        assert len(made.frames) == 20 and len(made.settings["then"]) == 1


@pytest.mark.parametrize("scene", [[], [Scene("meadow"), "beach"], "meadow"])
def test_what_is_no_scene_is_refused(film, scene):
    with pytest.raises(RequestError, match="Scene"):
        film.make(Request(scene=scene, mode="draw"))


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("two puppies run", True), ("then she jumps", False), ("she catches her breath", False), ("然后小狗跑", True),
        ("她坐下", False), ("потом собаки бегут", True), ("она садится", False), ("ein Hund schläft", True),
        ("er setzt sich", False), ("la niña salta", True), ("luego se sienta", False), ("फिर वह सोता है", False),
    ],
)  # fmt: skip
def test_a_beat_that_names_nobody_is_told_from_one_that_does(prompt, named):
    assert names_somebody(prompt) == named


def test_who_is_not_named_goes_on_whatever_the_planner_makes_of_it():
    wrong = logits(kind="cat", action="sleep")
    plan = plan_story([logits(**FIRST), wrong], SCHEMA, seed=3, seconds=4.0, nameless=(1,))
    assert plan.then[0].subjects[0].kind == "girl" and plan.then[0].subjects[0].colour == "red"
