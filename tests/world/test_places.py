"""Every place: any moment can be drawn alone, clips of a batch do not disturb each other, night is dark."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from filmloom.core.types import Size
from filmloom.world.cards import place_card, places
from filmloom.world.draw import draw
from filmloom.world.pen import Pen, colour_of
from filmloom.world.places._plants import foliage, seasonal
from filmloom.world.scene import Scene
from filmloom.world.weather import HEIGHT, WIDTH, falling, wrap

SIZE = Size(64, 36)


def _scene(setting: str, *, time: int = 0, weather: int = 0, seed: int = 1) -> Scene:
    card = place_card(setting)
    return Scene(
        setting, time=card.times[time % len(card.times)], weather=card.weathers[weather % len(card.weathers)], seed=seed
    )


@pytest.mark.parametrize("setting", places())
def test_a_moment_drawn_alone_is_the_same_moment_of_a_film(setting: str) -> None:
    scene = _scene(setting, time=2, weather=1)
    film = draw([scene], np.array([0.5, 1.75]), SIZE).video
    alone = draw([scene], np.array([1.75]), SIZE).video
    assert torch.allclose(film[:, :, 1], alone[:, :, 0], atol=0.02)


@pytest.mark.parametrize("setting", places())
def test_clips_of_a_batch_equal_clips_drawn_alone(setting: str) -> None:
    scenes = [_scene(setting, time=3, weather=3, seed=seed) for seed in (1, 2)]
    both = draw(scenes, np.array([0.4]), SIZE).video
    for i, scene in enumerate(scenes):
        assert torch.allclose(both[i], draw([scene], np.array([0.4]), SIZE).video[0], atol=0.02)


@pytest.mark.parametrize("setting", places())
def test_layouts_differ_by_seed(setting: str) -> None:
    one, other = (draw([_scene(setting, seed=seed)], np.array([0.0]), SIZE).video for seed in (1, 2))
    assert (one - other).abs().max() > 0.05


@pytest.mark.parametrize(
    "setting", [p for p in places() if "night" in place_card(p).times and "noon" in place_card(p).times]
)
def test_night_is_darker_than_noon(setting: str) -> None:
    noon, night = (draw([Scene(setting, time=time)], np.array([0.0]), SIZE).video.mean() for time in ("noon", "night"))
    assert night < noon - 0.2


@pytest.mark.parametrize("setting", [name for name in places() if len(place_card(name).seasons) > 1])
def test_every_season_of_a_place_is_its_own(setting: str) -> None:
    seasons = place_card(setting).seasons
    drawn = {w: draw([Scene(setting, time="noon", season=w)], np.array([1.0]), SIZE).video for w in seasons}
    for i, one in enumerate(seasons):
        for other in seasons[i + 1 :]:
            assert (drawn[one] - drawn[other]).abs().mean() > 0.008, (one, other)


@pytest.mark.parametrize("setting", [name for name in places() if "storm" in place_card(name).weathers])
def test_storm_and_rainbow_are_unlike_clear_weather(setting: str) -> None:
    weathers = [w for w in ("clear", "storm", "rainbow") if w in place_card(setting).weathers]
    clear, *others = (draw([Scene(setting, weather=w)], np.array([1.0]), SIZE).video for w in weathers)
    for other in others:
        assert (clear - other).abs().mean() > 0.008


def test_the_usual_season_leaves_every_colour_as_it_is() -> None:
    pen = Pen(np.zeros(1), [0])
    leaves = ("#3d8b4d", "#62b357", "#b5e07c")
    assert foliage(pen, leaves, "tree") is leaves
    for colour in leaves:
        assert np.array_equal(seasonal(colour, pen), colour_of(colour))


@pytest.mark.parametrize("season", ["spring", "summer", "autumn"])
def test_seasons_turn_leaves_and_leave_sand_stone_and_water(season: str) -> None:
    pen = Pen(np.zeros(1), [0], season=season)
    assert np.abs(seasonal("#3f9340", pen) - colour_of("#3f9340")).max() > 0.05
    for colour in ("#f6dfab", "#9aa0a8", "#2f86b4", "#c9583f"):
        np.testing.assert_allclose(seasonal(colour, pen), colour_of(colour), atol=1e-6)


@pytest.mark.parametrize("setting", ["arctic", "bedroom", "lavender_field", "playground", "stage_hall"])
def test_a_place_has_a_gentle_life_of_its_own(setting: str) -> None:
    """With nobody there and the camera at rest: something moves, most of the picture does not."""
    before, after = draw([Scene(setting, seed=3)], np.array([0.5, 1.5]), SIZE).video[0].unbind(1)
    changed = (after - before).abs().amax(0) > 0.08
    assert 0.002 < changed.float().mean() < 0.4


def _at(picture: torch.Tensor, x: float, y: float) -> torch.Tensor:
    """The colour, -1..1, at world units."""
    return picture[:, round((y + 0.5) * SIZE.height), round(x * SIZE.height + SIZE.width / 2)]


def test_the_hour_is_seen_in_the_bedrooms_window_and_by_its_lamp() -> None:
    noon, dusk, night = (
        draw([Scene("bedroom", time=t)], np.array([0.0]), SIZE).video[0, :, 0] for t in ("noon", "dusk", "night")
    )
    side = 1.0 if Pen(np.zeros(1), [0]).rand("room", 4)[0, 0, 0] > 0.5 else -1.0
    lamp, wall = (0.445 * side, 0.005), (-0.60 * side, 0.03)
    for dark in (dusk, night):
        assert _at(dark, *lamp).mean() > 0.5 > _at(dark, *wall).mean()
        above_lamp, elsewhere = _at(dark, 0.445 * side, -0.06), _at(dark, *wall)  # the wall in its light, and out of it
        assert above_lamp[0] - above_lamp[2] > elsewhere[0] - elsewhere[2] + 0.2
    window = [_at(picture, -0.03 * side, -0.29).mean() for picture in (noon, night)]
    assert window[0] > window[1] + 0.8


def test_nothing_falls_indoors() -> None:
    for setting in ("bedroom", "stage_hall"):
        assert not {"rain", "snow", "storm", "fog", "breeze"} & set(place_card(setting).weathers)


def test_the_aurora_is_seen_by_night_only() -> None:
    def green(time: str) -> torch.Tensor:
        sky = draw([Scene("arctic", time=time, seed=2)], np.array([0.0]), SIZE).video[0, :, 0, :18]
        return (sky[1] - sky[0]).amax()

    assert green("night") > 0.5 and green("night") > green("dawn") + 0.5


def test_wrapping_stays_in_its_span_and_keeps_the_place_modulo_the_span() -> None:
    x = np.linspace(-9, 9, 301)
    assert (np.abs(wrap(x, 2.5)) <= 1.25).all()
    assert np.allclose(np.sin(2 * np.pi * wrap(x, 2.5) / 2.5), np.sin(2 * np.pi * x / 2.5))


def test_petals_never_leave_their_box_however_late_it_is() -> None:
    pen = Pen(np.array([0.0, 500.0]), [3])
    pen.moving(1.0)
    falling(pen, "petals", 20, "#ffffff", size=0.01, fall=0.1, wind=0.3)
    splats = pen.layers[-1].marks[0]
    assert (np.abs(splats.x) <= WIDTH / 2).all() and (np.abs(splats.y) <= HEIGHT / 2).all()
