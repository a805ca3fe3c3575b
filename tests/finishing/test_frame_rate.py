"""Exact counts, moments and sound; cuts kept; repeats and gaps mended; edges where they belong."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.core.types import Audio, Size
from filmloom.finishing import frame_rate
from filmloom.finishing.change import seen, views
from filmloom.finishing.flow import FlowBetween
from filmloom.finishing.frame_rate import (
    RateReport,
    aligned,
    blended,
    held,
    num_frames_at,
    num_samples,
    retimed,
    retimed_by_stamps,
)
from filmloom.generate.motion import interpolator
from filmloom.world.film import film
from filmloom.world.scene import Scene, Subject

RATES = [
    Fraction(n, d) for n, d in ((16, 1), (24, 1), (24000, 1001), (25, 1), (30000, 1001), (30, 1), (50, 1), (60, 1))
]


def joined(chunks):
    return np.concatenate(list(chunks))


def pairs(num):
    """(frames, rate, new rate): broadcast rates and arbitrary fractions."""
    rng = np.random.default_rng(5)
    for i in range(num):
        odd = [Fraction(int(rng.integers(1, 6000)), int(rng.integers(40, 120))) for _ in range(2)]
        chosen = [RATES[k] for k in rng.integers(len(RATES), size=2)] if i % 2 else odd
        yield int(rng.integers(1, 60)), *chosen


def counted(num):
    """Tiny frames that all differ, evenly."""
    return np.stack([np.full((2, 4, 3), 4 * i, np.uint8) for i in range(num)])


def error(a, b):
    return float(np.mean((a.astype(float) - b) ** 2))


# --- Duration


def test_counts_and_sound_follow_the_closed_form_for_two_hundred_pairs():
    for num, rate, new_rate in pairs(200):
        report = RateReport()
        frames = joined(retimed([counted(num)], rate, new_rate, between=held, report=report))
        a, b = (num * new_rate / rate).as_integer_ratio()
        assert len(frames) == report.frames_out == num_frames_at(num, rate, new_rate) == max(1, (2 * a + b) // (2 * b))
        if len(frames) > 1 or a >= b:
            assert abs(report.duration - num / rate) <= 1 / (2 * new_rate)
        if b == 1:
            assert report.duration == num / rate
        sound = aligned(Audio.silence(num * 800), len(frames), new_rate)
        assert abs(Fraction(sound.num_samples, 48_000) - report.duration) <= Fraction(1, 96_000)


@pytest.mark.parametrize("new_rate", [24, 25, 30, 60])
def test_two_seconds_at_sixteen_are_two_seconds_at_any_whole_rate(new_rate):
    assert num_frames_at(32, Fraction(16), Fraction(new_rate)) == 2 * new_rate


def test_an_hour_at_thirty_becomes_an_hour_at_film_speed_to_half_a_frame():
    rate = Fraction(24000, 1001)
    num = num_frames_at(108_000, Fraction(30), rate)
    assert num == 86_314
    assert num_samples(num, rate) == round(num * 1001 / 24000 * 48_000)


def test_sound_is_cut_or_followed_by_silence_and_not_moved():
    audio = Audio(np.arange(1, 101, dtype=np.float32)[None] / 100)
    assert np.array_equal(aligned(audio, 1, Fraction(1000)).samples, audio.samples[:, :48])
    longer = aligned(audio, 3, Fraction(1000)).samples
    assert np.array_equal(longer[:, :100], audio.samples)
    assert longer.shape == (1, 144) and not longer[:, 100:].any()


# --- Moments


@pytest.mark.parametrize("rates", [(16, 30), (30, Fraction(24000, 1001)), (60, 24), (16, 24)])
def test_frame_j_shows_the_moment_j_over_the_new_rate(rates):
    rate, new_rate = map(Fraction, rates)
    told = []

    def between(a, b, share):
        told.append(a[0, 0, 0] / 4 + share * (b[0, 0, 0] - a[0, 0, 0]) / 4)
        return np.full_like(a, 255)

    frames = joined(retimed([counted(40)], rate, new_rate, between=between, mend=False))
    made = iter(told)
    shown = [next(made) if f[0, 0, 0] == 255 else f[0, 0, 0] / 4 for f in frames]
    for j, moment in enumerate(shown):
        assert abs(moment - min(j * rate / new_rate, 39)) <= frame_rate.SNAP


def test_frames_that_exist_are_passed_on_bit_for_bit(shots):
    clip = shots["girl"]
    assert np.array_equal(joined(retimed([clip], 16, 16, between=blended)), clip)
    assert np.array_equal(joined(retimed([clip], 16, 32, between=blended))[::2], clip)
    assert np.array_equal(joined(retimed([clip], 16, 8, between=blended)), clip[::2])


def test_chunks_do_not_matter_and_few_frames_are_held(shots):
    clip, taken = shots["horse"], []

    def one_by_one():
        for i in range(200):
            taken.append(i)
            yield clip[i % 24 : i % 24 + 1]

    stream = retimed(one_by_one(), 16, 30, between=blended)
    for j in range(150):
        next(stream)
        assert len(taken) <= j * 16 / 30 + frame_rate.CONTEXT + 5
    uneven = retimed(np.split(clip, [1, 4, 11]), 16, 30, between=blended)
    assert np.array_equal(joined(uneven), joined(retimed([clip], 16, 30, between=blended)))


def test_a_single_frame_and_an_empty_film():
    assert len(joined(retimed([counted(1)], 16, 30, between=blended))) == 2
    assert list(retimed([], 16, 30, between=blended)) == []


# --- Cuts


def test_cuts_are_found_and_nothing_is_made_across_them(shots):
    order = ["car", "horse", "dog", "girl", "car"]
    clip = np.concatenate([shots[name] for name in order])
    owner = {frame.tobytes(): (name, i) for name in shots for i, frame in enumerate(shots[name])}

    def between(a, b, share):
        (name, i), (other, k) = owner[a.tobytes()], owner[b.tobytes()]
        assert (name, i + 1) == (other, k)
        return a

    report = RateReport()
    list(retimed([clip], 16, 30, between=between, report=report))
    assert report.cuts == [1.5, 3.0, 4.5, 6.0]


@pytest.mark.parametrize("name", ["car", "horse", "dog", "girl"])
def test_motion_flicker_and_flashes_are_no_cuts(shots, name):
    flicker = np.where(np.arange(24) % 2, 0.7, 1.0)
    flash = np.where(np.arange(24) == 12, 2.5, 1.0)
    step = np.where(np.arange(24) >= 12, 0.7, 1.0)
    for gain in (np.ones(24), flicker, flash, step):
        clip = np.clip(shots[name] * gain[:, None, None, None], 0, 255).astype(np.uint8)
        fast = clip[::2]
        assert [one.cut for one in seen(views([clip]))] == [True] + [False] * 23
        assert [one.cut for one in seen(views([fast]))] == [True] + [False] * 11


# --- Repeated and dropped frames


@pytest.mark.parametrize("name", ["car", "horse", "dog", "girl"])
def test_a_frame_repeated_for_a_lost_one_is_made_anew(shots, name):
    clip, bad = shots[name], shots[name].copy()
    bad[6], bad[15] = bad[5], bad[14]
    report = RateReport()
    frames = joined(retimed([bad], 16, 16, between=FlowBetween(), report=report))
    assert report.faults == [6 / 16, 15 / 16] and report.made == 2
    rigid = {"car": 0.2, "girl": 0.3}
    assert error(frames, clip) < rigid.get(name, 0.4) * error(bad, clip)  # legs do not move evenly
    kept = [i for i in range(24) if i not in (6, 15)]
    assert np.array_equal(frames[kept], clip[kept])


@pytest.mark.parametrize("between", [FlowBetween, interpolator])
def test_frames_missing_in_time_are_made_anew(shots, between):
    clip = shots["car"]
    kept = [i for i in range(24) if i not in (6, 15)]
    report = RateReport()
    stamped = [(clip[i], Fraction(i, 16) + 3) for i in kept]
    frames = joined(retimed_by_stamps(stamped, 16, 16, between=between(), report=report))
    assert len(frames) == 24 and report.gaps == [6 / 16, 15 / 16]
    repeated = clip[[i - (i in (6, 15)) for i in range(24)]]
    assert error(frames, clip) < 0.2 * error(repeated, clip)


@pytest.mark.parametrize("name", ["car", "girl"])
def test_sixteen_frames_a_second_in_a_file_of_thirty_move_evenly_again(shots, name):
    clip = shots[name]
    repeated = clip[[j * 16 // 30 for j in range(45)]]
    report = RateReport()
    frames = joined(retimed([repeated], 30, 30, between=blended, report=report))
    even = joined(retimed([clip], 16, 30, between=blended))
    assert len(frames) == 45 and len(report.cadence) == 45 - 24 and not report.faults
    assert error(frames[:44], even[:44]) < 0.1 * error(repeated[:44], even[:44])


def test_rest_that_is_meant_stays(shots):
    clip = shots["horse"]
    for still in (clip[[0] * 6 + [*range(24)]], clip[[*range(12)] + [12] * 8 + [*range(12, 24)]], clip[[3] * 20]):
        report = RateReport()
        assert np.array_equal(joined(retimed([still], 16, 16, between=blended, report=report)), still)
        assert report.faults == report.cadence == []


def test_mending_can_be_left_out(shots):
    bad = shots["car"][[0, 1, 2, 3, 4, 5, 5, 7, 8, 9, 10, 11]]
    assert np.array_equal(joined(retimed([bad], 16, 16, between=blended, mend=False)), bad)


def test_a_skip_without_a_trace_in_time_is_reported(shots):
    report = RateReport()
    list(retimed([np.delete(shots["car"], 9, axis=0)], 16, 16, between=blended, report=report))
    assert report.jumps == [9 / 16]
    assert json.loads(json.dumps(asdict(report)))["rate_in"] == "16"
    assert set(asdict(report)) >= {"rate_in", "rate_out", "frames_in", "frames_out", "made", "cuts", "faults", "gaps"}


# --- Edges


@pytest.fixture(scope="module")
def bus():
    """A bus at 16 and at 30 frames a second, and the empty street."""
    scene = Scene("city", (Subject("bus", "red", "drive", speed=0.3, size=0.4),), seconds=1)
    draw = lambda s, fps: joined(film(s, Size(320, 180), fps, fps, workers=1))  # noqa: E731
    return draw(scene, 16), draw(scene, 30), draw(replace(scene, subjects=()), 16)[0]


def front(frame, street):
    """Where, to a fraction of a pixel, the foremost edge of what differs from the street is."""
    differs = np.abs(frame.astype(float) - street).sum(axis=2).mean(axis=0)
    differs = cv2.GaussianBlur(differs[None].astype(np.float32), (0, 0), 1)[0]
    level = 0.25 * differs.max()
    last = np.flatnonzero(differs > level)[-1]
    return last + (differs[last] - level) / (differs[last] - differs[last + 1])


def test_a_moving_edge_is_where_it_belongs_within_half_a_pixel(bus):
    clip, exact, street = bus
    off, squares = {}, {}
    ways = {"flow": FlowBetween(), "mini": interpolator(), "blend": blended, "repeat": held}
    for name, between in ways.items():
        frames = joined(retimed([clip], 16, 30, between=between))
        off[name] = np.array([abs(front(f, street) - front(e, street)) for f, e in zip(frames[:29], exact)])
        squares[name] = error(frames[:29], exact[:29])
    for name, ratio in (("flow", 4), ("mini", 2)):
        assert off[name].max() <= 0.5
        assert off[name].mean() < off["blend"].mean() / 1.5 and off[name].mean() < off["repeat"].mean() / 8
        assert squares[name] < squares["blend"] / ratio and squares[name] < squares["repeat"] / (3 * ratio)


def test_flow_gives_the_pictures_themselves_at_both_ends(shots):
    between, (a, b) = FlowBetween(), shots["horse"][[3, 5]]
    assert np.array_equal(between(a, b, 0.0), a)
    assert np.array_equal(between(a, b, 1.0), b)
    assert np.array_equal(between(a, a.copy(), 0.5), a)


# --- Refusals


@pytest.mark.parametrize("rates", [(0, 30), (16, -1), (16, 5000)])
def test_impossible_rates_are_refused(rates):
    with pytest.raises(RequestError, match="frame rate"):
        list(retimed([counted(2)], *rates, between=blended))


def test_time_stamps_must_rise():
    frames = [(counted(1)[0], Fraction(0)), (counted(1)[0], Fraction(0))]
    with pytest.raises(RequestError, match="order"):
        list(retimed_by_stamps(frames, 16, 30, between=blended))


# --- Lost frames


def test_a_lost_frame_of_bent_motion_is_better_made_from_four_pictures(shots):
    """`among` beside `between`, over every frame of every shot: never much worse, and better in all."""
    flow, shares = FlowBetween(), []
    for clip in shots.values():
        for i in range(4, 20, 5):
            four = tuple(clip[[i - 2, i - 1, i + 1, i + 2]])
            both = error(flow.among(four, 0.5, 0.5), clip[i]), error(flow(clip[i - 1], clip[i + 1], 0.5), clip[i])
            shares.append(both)
            assert both[0] < 1.25 * both[1] + 1
    made, before = np.sum(shares, axis=0)
    assert made < 0.95 * before


def test_four_pictures_are_used_where_there_are_four_and_two_elsewhere(shots):
    """A frame lost beside a cut, or at an end, is made from its two neighbours; distances are those of time stamps."""
    clip, calls = np.concatenate([shots["car"], shots["dog"]]), []

    def among(pictures, share, reach):
        calls.append([next(i for i, frame in enumerate(clip) if np.array_equal(frame, one)) for one in pictures])
        assert (share, reach) == (0.5, 0.5)
        return pictures[1]

    def between(a, b, share):
        calls.append("two")
        return a

    kept = [i for i in range(48) if i not in (1, 9, 25)]
    stamped = [(clip[i], Fraction(i, 16)) for i in kept]
    assert len(joined(retimed_by_stamps(stamped, 16, 16, between=between, among=among))) == 48
    assert calls == ["two", [7, 8, 10, 11], "two"]


def test_wide_pictures_are_searched_in_small_and_moved_at_full_size():
    """A shift of a picture 1280 wide, found on copies half and a quarter as large too."""
    noise = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (360, 1300)), (0, 0), 6)
    picture = np.repeat(np.clip(128 + 900 * noise, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    a, middle, b = picture[:, 16:-4], picture[:, 12:-8], picture[:, 8:-12]
    for widest in (320, 640, 1280):
        made = FlowBetween(widest=widest)(a, b, 0.5)
        inside = np.s_[20:-20, 40:-40]
        assert error(made[inside], middle[inside]) < 0.05 * error(a[inside], middle[inside])


@pytest.mark.parametrize("name", ["car", "horse", "dog", "girl"])
def test_frames_lost_at_even_distances_are_no_cadence(shots, name):
    """Every sixth frame is lost: motion catches up after each. Frames that were kept stay, to the bit."""
    clip = shots[name]
    bad, lost = clip.copy(), [5, 11, 17]
    for i in lost:
        bad[i] = bad[i - 1]
    flow, report = FlowBetween(), RateReport()
    frames = joined(retimed([bad], 16, 16, between=flow, among=flow.among, report=report))
    assert not report.cadence and set(report.faults) <= {i / 16 for i in lost} and len(report.faults) >= 2
    kept = [i for i in range(24) if i not in lost]
    assert np.array_equal(frames[kept], clip[kept]) and error(frames, clip) < 0.7 * error(bad, clip)
