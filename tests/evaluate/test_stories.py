"""Stories are split where they were joined, in every language; and the score counts what it says."""

import pytest

from filmloom.core.random import generator
from filmloom.evaluate.stories import Story, joined, scored, stories, story
from filmloom.generate.beats import beats
from filmloom.world.captions import LANGUAGES
from filmloom.world.scene import Scene, Subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_story_has_as_many_beats_as_were_told(language):
    made = [story(generator(5, language, number), language, 2 + number % 2) for number in range(6)]
    right = sum(len(beats(one.prompt)) == len(one.told) for one in made)
    assert right >= 5, [one.prompt for one in made if len(beats(one.prompt)) != len(one.told)]


def test_joining_and_splitting_are_each_others_inverse():
    for language in LANGUAGES:
        told = joined(["aa bb", "cc dd", "ee"], language, generator(1, language))
        assert beats(told) == ["aa bb", "cc dd", "ee"], told


def test_the_same_seed_tells_the_same_stories():
    assert list(stories(2, 3, ("en", "zh"))) == list(stories(2, 3, ("en", "zh")))


def scene(kind, colour="red", action="walk", setting="meadow"):
    return Scene(setting, (Subject(kind, colour, action),))


def test_order_is_what_counts():
    one = Story("", "en", ({"kind": "girl", "setting": "beach"}, {"kind": "boy"}), 0)
    girl, boy = scene("girl", setting="beach"), scene("boy")
    for shown, right, scenes, order in (
        ([girl, boy], 3, 1, 1), ([boy, girl], 0, 1, 0), ([girl], 2, 0, 0), ([girl, boy, girl], 3, 0, 0),
    ):  # fmt: skip
        row = scored([one], lambda _, shown=shown: shown)["all"]
        assert (row["right"], row["of"], row["scenes"], row["order"]) == (right, 3, scenes, order)
