"""What must be true of every subject in every action."""

from functools import cache

import numpy as np
import pytest

from filmloom.core.types import Size
from filmloom.world.cadence import CYCLES
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
}


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
