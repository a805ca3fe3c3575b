"""The governor takes the most steps that fit, whatever the machine, and says so when none do."""

import pytest

from filmloom.generate.governor import CHOICES, afforded, calibrated, timed

SHAPE = dict(num_windows=2, num_keys=33, num_frames=120, pixels=1280 * 720)


def test_more_time_never_means_fewer_steps_and_all_choices_occur():
    least = afforded(0.1, 0.1, **SHAPE).expected
    steps = [afforded(least + extra, 0.1, **SHAPE).steps for extra in (-1, 0, 0.2, 0.41, 0.6, 0.81, 60)]
    assert steps == sorted(steps) and set(steps) == set(CHOICES)


@pytest.mark.parametrize("slower", [0.5, 2, 10])
def test_a_machine_n_times_slower_needs_n_times_as_long(slower):
    for within in (4.0, 5.0, 5.5, 8.0):
        here, there = afforded(within, 0.1, **SHAPE), afforded(within * slower, 0.1 * slower, **SHAPE)
        assert here.steps == there.steps and there.expected == pytest.approx(slower * here.expected)


def test_what_is_chosen_fits_and_one_more_would_not():
    least = afforded(0.1, 0.1, **SHAPE).expected
    for within in (least, least + 0.3, least + 0.7, least + 20):
        found = afforded(within, 0.1, **SHAPE)
        assert found.note() is None and found.expected <= within
        richer = [steps for steps in CHOICES if steps > found.steps]
        assert all(found.expected + 0.1 * SHAPE["num_windows"] * (steps - found.steps) > within for steps in richer)


def test_where_nothing_fits_the_fewest_steps_are_taken_and_told():
    found = afforded(1.0, 0.1, **SHAPE)
    assert found.steps == min(CHOICES) and "not 1" in found.note()


def test_only_the_second_call_counts():
    ticks, calls = iter([10.0, 10.25]), []
    assert timed(lambda: calls.append(1), clock=lambda: next(ticks)) == 0.25 and len(calls) == 2


@pytest.mark.parametrize(("forward", "steps"), [(0.099, 8), (0.105, 6), (0.11, 4), (0.3, 4)])
def test_the_clock_of_the_first_step_decides(forward, steps):
    """`within` is what eight steps take on a machine whose forward takes 0.1 s; slower ones take fewer."""
    within = afforded(1e9, 0.1, **SHAPE).expected
    ticks = iter([5.0, 5.0 + forward])
    found = afforded(within, timed(lambda: None, clock=lambda: next(ticks)), **SHAPE)
    assert found.steps == steps and found.forward == pytest.approx(forward)


def test_calibrating_is_counting_in_forwards():
    per_key, per_megapixel = calibrated(0.05, per_key=0.02, per_megapixel=0.015)
    assert (per_key, per_megapixel) == (0.4, 0.3)
    seconds = 0.05 * (2 * 8 + per_key * 33 + per_megapixel * 120 * 0.9216)
    assert seconds == pytest.approx(2 * 8 * 0.05 + 33 * 0.02 + 120 * 0.9216 * 0.015)
