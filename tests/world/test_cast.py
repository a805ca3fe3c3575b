"""What must be true of every subject in every action."""

from functools import cache

import numpy as np
import pytest

from filmloom.core.types import Size
from filmloom.world.cadence import CYCLES, MOMENTS
from filmloom.world.cards import subject_card, subjects
from filmloom.world.draw import compose, draw
from filmloom.world.pen import Splats
from filmloom.world.placing import HEIGHTS, JUMP
from filmloom.world.scene import Scene, Subject

TIMES = np.arange(8) / 4
DEEDS = [(kind, action) for kind in subjects() for action in subject_card(kind).actions]
WALKERS = {
    "girl": ("l_foot", "r_foot"),
    "boy": ("l_foot", "r_foot"),
    "woman": ("l_foot", "r_foot"),
    "man": ("l_foot", "r_foot"),
    "robot": ("l_foot", "r_foot"),
    "cat": ("n_hind", "n_front"),
    "dog": ("f_hind", "f_front"),
    "horse": ("n_hind", "f_front"),
    "fox": ("n_hind", "f_front"),
    "elephant": ("f_hind", "n_front"),
    "dinosaur": ("l_foot", "r_foot"),
    "penguin": ("l_foot", "r_foot"),
}
# What animals do since version 0.2. A sleeper breathes three times in two cycles.
BEASTS = ("dinosaur", "duck", "elephant", "fox", "penguin", "turtle", "whale")
TRICKS = [(kind, action) for kind, action in DEEDS if kind in BEASTS and action != "sleep"] + [
    ("cat", "stretch"), ("cat", "roll"), ("cat", "look"), ("horse", "trot"), ("horse", "nod"),
    ("rabbit", "look"), ("rabbit", "eat"), ("bird", "sing"), ("bird", "flap"), ("fish", "dive"),
]  # fmt: skip


def scene(kind: str, action: str, colour: str = "red", **changes) -> Scene:
    card = subject_card(kind)
    speed = (card.travel or {}).get(action, 0.0)
    subject = Subject(kind, colour, action, **{"size": card.size, "speed": speed, "y": 0.3, **changes})
    return Scene(card.settings[0], (subject,), time="noon", weather="clear")


@cache
def composed(kind: str, action: str):
    return compose([scene(kind, action)], TIMES)[0]


def pose(kind: str, action: str, times: np.ndarray = TIMES, **changes) -> dict[str, np.ndarray]:
    return compose([scene(kind, action, **changes)], times)[0].pose[0]


@pytest.mark.parametrize("kind, action", DEEDS)
def test_marks_are_few_and_finite_and_joints_are_recorded(kind, action):
    pen = composed(kind, action)
    marks = [mark for layer in pen.layers if layer.subject == 0 for mark in layer.marks]
    assert 10 < len(marks) <= 70
    for mark in marks:
        if not isinstance(mark, Splats):
            assert all(
                np.isfinite(np.asarray(value)).all() for value in (*mark.shape.params, *mark.shape.box, mark.alpha)
            )
    assert pen.pose[0]
    for joint in pen.pose[0].values():
        assert joint.shape == (1, len(TIMES), 2)
        assert np.isfinite(joint).all()


@pytest.mark.parametrize("kind", subjects())
def test_actions_of_one_subject_move_its_joints_differently(kind):
    poses = {
        action: composed(kind, action).pose[0]
        for action in subject_card(kind).actions
        if action not in ("wait", "drive")
    }
    names = list(poses)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            shared = set(poses[first]) & set(poses[second])
            apart = max(float(np.abs(poses[first][j] - poses[second][j]).max()) for j in shared)
            assert apart > 0.01, (first, second)


@pytest.mark.parametrize("kind", sorted(WALKERS))
def test_a_standing_foot_does_not_slide(kind):
    times = np.arange(0, 1, 1 / 64)
    for foot in WALKERS[kind]:
        path = pose(kind, "walk", times)[foot][0]
        down = path[:, 1] > path[:, 1].max() - 1e-4
        standing = down[:-1] & down[1:]
        assert standing.sum() > 0.45 * len(times)
        moved = np.abs(np.diff(path[:, 0]))[standing]
        assert np.median(moved) < 2e-3 * subject_card(kind).size
        assert np.sort(moved)[-3] < 1e-2


@pytest.mark.parametrize("kind", ("girl", "boy", "woman", "man", "robot"))
def test_steps_land_when_cycle_is_whole_or_half(kind):
    landing = np.array([-0.02, 0.01]) / CYCLES["walk"] + 1.0
    y = {name: pose(kind, "walk", landing)[name][0, :, 1] for name in ("l_foot", "r_foot")}
    late = {name: pose(kind, "walk", landing + 0.5 / CYCLES["walk"])[name][0, :, 1] for name in ("l_foot", "r_foot")}
    assert any(before < after - 1e-4 for before, after in y.values())
    assert any(before < after - 1e-4 for before, after in late.values())


@pytest.mark.parametrize(
    "kind, foot",
    [
        ("girl", "l_foot"),
        ("woman", "l_foot"),
        ("man", "r_foot"),
        ("robot", "r_foot"),
        ("cat", "n_hind"),
        ("horse", "n_front"),
        ("rabbit", "n_front"),
    ],
)
def test_a_leap_leaves_the_ground_and_lands_as_the_cycle_ends(kind, foot):
    action = "hop" if kind == "rabbit" else "jump"
    if kind == "rabbit":
        foot = "f_front"
    times = np.array([0.0, 0.66, 1.0]) / CYCLES[action]
    y = pose(kind, action, times)[foot][0, :, 1]
    size = subject_card(kind).size
    assert y[1] < y[0] - 0.2 * size
    assert abs(y[2] - y[0]) < 1e-3


def test_rocket_leaves_the_frame_and_comes_back():
    times = np.array([0.0, 4.0])
    start, end = pose("rocket", "launch", times)["tail"][0, :, 1]
    assert start > 0.2
    assert end < -0.5
    start, end = pose("rocket", "land", times)["tail"][0, :, 1]
    assert start < -0.5
    assert end > 0.2


@pytest.mark.parametrize("kind", subjects())
def test_colour_carries_and_nobody_depends_on_company(kind):
    action = subject_card(kind).actions[-1]
    pair = [scene(kind, action, "red", x=-0.1, size=0.4), scene(kind, action, "blue", x=0.2, size=0.5, facing="left")]
    times = np.array([1.3])
    together = draw(pair, times, Size(96, 54))
    for i, channel in enumerate((0, 2)):
        alone = draw([pair[i]], times, Size(96, 54), labels=True)
        np.testing.assert_allclose(alone.video[0].numpy(), together.video[i].numpy(), atol=1e-2)
        pixels = alone.video[0].permute(1, 2, 3, 0)[alone.mask[0] == 1]
        assert len(pixels) > 30
        assert pixels[:, channel].mean() > pixels[:, 2 - channel].mean()


def test_facing_mirrors_the_body():
    right, left = pose("girl", "run", x=0.0, speed=0.0), pose("girl", "run", x=0.0, speed=0.0, facing="left")
    for name in right:
        np.testing.assert_allclose(right[name][..., 0], -left[name][..., 0], atol=1e-5)
        np.testing.assert_allclose(right[name][..., 1], left[name][..., 1], atol=1e-5)


@pytest.mark.parametrize("kind", ("girl", "boy", "woman", "man", "robot"))
def test_hands_meet_as_a_clap_begins_and_part_before_the_next(kind):
    found = pose(kind, "clap", np.array([1.0, 1.5]) / CYCLES["clap"])
    apart = np.linalg.norm(found["l_hand"][0] - found["r_hand"][0], axis=-1) / subject_card(kind).size
    assert apart[0] < 0.05
    assert apart[1] > 0.2


@pytest.mark.parametrize("kind", ("boy", "man"))
def test_a_crawling_hand_stays_where_it_leans(kind):
    path = pose(kind, "crawl", np.arange(0, 2, 1 / 64))["l_hand"][0] / subject_card(kind).size
    leaning = path[:-1, 1] > path[:, 1].max() - 0.01
    assert leaning.mean() > 0.4
    assert np.median(np.abs(np.diff(path[:, 0]))[leaning]) < 2e-3


def test_grown_ups_have_longer_legs_and_smaller_heads_than_children():
    legs, necks = {}, {}
    for kind in ("girl", "boy", "woman", "man"):
        found, size = pose(kind, "wave", np.zeros(1)), subject_card(kind).size
        legs[kind] = float(0.3 - found["l_hip"][0, 0, 1]) / size
        necks[kind] = float(found["neck"][0, 0, 1] - found["head"][0, 0, 1]) / size
    assert min(legs["woman"], legs["man"]) > max(legs["girl"], legs["boy"]) + 0.05
    assert max(necks["woman"], necks["man"]) < min(necks["girl"], necks["boy"]) - 0.02


def test_a_landing_plane_comes_down_nose_first_and_flares():
    found = pose("airplane", "land", np.array([0.4, 3.9]))
    height, pitch = found["centre"][0, :, 1], (found["tail"] - found["nose"])[0, :, 1]
    assert height[1] > height[0] + 0.3
    level = float(
        (pose("airplane", "fly", np.zeros(1))["tail"] - pose("airplane", "fly", np.zeros(1))["nose"])[0, 0, 1]
    )
    assert pitch[0] < level < pitch[1]


def test_rails_are_no_part_of_the_train_and_stay_while_it_passes():
    pen = compose([scene("train", "drive", speed=0.2)], np.array([1.0, 1.5]))[0]
    at = next(i for i, layer in enumerate(pen.layers) if layer.subject == 0 and layer.marks)
    rails = pen.layers[at - 1]
    assert rails.subject == -1 and rails.depth >= pen.layers[at].depth
    x0, _, x1, _ = rails.marks[0].shape.parts[0].box
    middle = np.broadcast_to((x0 + x1) / 2, (1, 2))[0]
    spacing = 0.4 * subject_card("train").size
    assert abs((middle[1] - middle[0] + spacing / 2) % spacing - spacing / 2) < 1e-6
    wheel = pen.pose[0]["rear_wheel"][0, :, 0]
    assert wheel[1] - wheel[0] == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize(
    "kind, action",
    [("man", "sing"), ("man", "jump"), ("boy", "crawl"), ("woman", "stretch"), ("train", "wait"), ("airplane", "land")],
)
def test_the_card_tells_how_far_the_body_reaches(kind, action):
    card, size = subject_card(kind), 0.3
    y = 0.0 if card.station == "air" else 0.3
    above, below = (card.reach or {}).get(action, JUMP if action == "jump" else HEIGHTS[card.station])
    shot = scene(kind, action, size=size, y=y, x=0.0, speed=0.0)
    mask = draw([shot], np.array([0.0, 0.7, 2.0, 3.9]), Size(160, 120), unit=60, labels=True).mask[0].numpy() == 1
    rows, columns = np.nonzero(mask.any(0).any(-1))[0], np.nonzero(mask.any(0).any(-2))[0]
    pixel = 1.5 / 60
    assert y - above * size - pixel <= (rows[0] - 60) / 60
    assert (rows[-1] + 1 - 60) / 60 <= y + below * size + pixel
    assert max(80 - columns[0], columns[-1] + 1 - 80) / 60 <= card.width * size / 2 + 0.05


@pytest.mark.parametrize("kind, action", TRICKS)
def test_a_cycle_of_an_animal_ends_where_it_began(kind, action):
    times = np.array([0.13, 0.61]) / CYCLES[action]
    first, again = (pose(kind, action, at, x=0.0, speed=0.0, end=60.0) for at in (times, times + 3 / CYCLES[action]))
    for name in first.keys() - ({"tail"} if kind == "horse" else set()):  # wind blows a horse's tail
        np.testing.assert_allclose(first[name], again[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("kind, action", [(k, a) for k, a in DEEDS if k in BEASTS] + TRICKS[-10:])
def test_an_animal_tells_its_colour_in_every_action_and_stays_within_its_card(kind, action):
    card, size, unit = subject_card(kind), 0.5, 64
    times = np.arange(5) / 5 / CYCLES[action]
    shots = [scene(kind, action, colour, size=size, x=0.0, y=0.0, speed=0.0) for colour in ("red", "blue")]
    drawn = [draw([shot], times, Size(192, 160), unit=unit, labels=True) for shot in shots]
    for one, channel in zip(drawn, (0, 2)):
        pixels = one.video[0].permute(1, 2, 3, 0)[one.mask[0] == 1]
        assert pixels[:, channel].mean() > pixels[:, 2 - channel].mean() + 0.1
    seen = drawn[0].mask[0].numpy() == 1
    rows, columns = np.nonzero(seen.any((0, 2)))[0], np.nonzero(seen.any((0, 1)))[0]
    above, below = (card.reach or {}).get(action, JUMP if action == "jump" else HEIGHTS[card.station])
    pixel = 1.0
    assert 80 - rows[0] <= above * size * unit + pixel
    assert rows[-1] + 1 - 80 <= below * size * unit + pixel
    assert max(96 - columns[0], columns[-1] + 1 - 96) <= card.width * size * unit / 2 + 2 * pixel


@pytest.mark.parametrize("kind", ("dog", "fox", "horse"))
def test_a_trot_moves_legs_across_from_each_other_together(kind):
    """A hind foot and the front foot of the other side rise at once, the other two half a cycle later."""
    times = np.arange(12) / 12 / CYCLES["trot"]
    feet = pose(kind, "trot", times)
    high = {
        name: feet[name][0, :, 1].max() - feet[name][0, :, 1] for name in ("f_hind", "n_front", "n_hind", "f_front")
    }
    np.testing.assert_allclose(high["f_hind"], high["n_front"], atol=1e-5)
    np.testing.assert_allclose(high["n_hind"], high["f_front"], atol=1e-5)
    np.testing.assert_allclose(high["f_hind"], np.roll(high["n_hind"], 6), atol=1e-5)
    assert high["f_hind"].max() > 0.05 * subject_card(kind).size


def test_a_crawling_turtle_slides_no_foot():
    times = np.arange(0, 1, 1 / 64) / CYCLES["crawl"]
    for foot in ("n_hind", "f_front"):
        path = pose("turtle", "crawl", times)[foot][0]
        down = path[:, 1] > path[:, 1].max() - 1e-4
        standing = down[:-1] & down[1:]
        assert standing.sum() > 0.45 * len(times)
        assert np.median(np.abs(np.diff(path[:, 0]))[standing]) < 2e-3 * subject_card("turtle").size


@pytest.mark.parametrize("kind", ("duck", "whale"))
def test_a_dive_takes_the_head_under_when_the_splash_is_heard(kind):
    """Over water as the cycle starts and ends, under it in between; it goes under near the sound's moment."""
    ((_, moment),) = MOMENTS["dive"]
    cycles = np.array([0.0, moment - 0.1, moment + 0.1, 0.5, 0.99])
    y = pose(kind, "dive", cycles / CYCLES["dive"], y=0.0)["head"][0, :, 1]
    assert (y[[0, 1, 4]] < 0).all()
    assert (y[[2, 3]] > 0).all()


def test_an_elephant_brings_its_trunk_from_the_ground_to_the_mouth():
    joints = pose("elephant", "eat", np.arange(24) / 24 / CYCLES["eat"], x=0.0)
    tip, mouth = joints["trunk_tip"][0], joints["nose"][0]
    size, apart = subject_card("elephant").size, np.hypot(*(tip - mouth).T)
    assert tip[:, 1].max() > 0.3 - 0.25 * size
    assert apart.min() < 0.3 * size < 0.45 * size < apart.max()
