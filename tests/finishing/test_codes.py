"""The convolutional code has the free distance of its table, corrects what that promises, and has no ends."""

from __future__ import annotations

import numpy as np
import pytest

from filmloom.finishing import codes

FREE_DISTANCE = 24


def words(num, length=96, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (num, length)).astype(np.uint8)


def test_no_two_words_are_nearer_than_the_free_distance():
    """The code is linear: distances are weights. Words that differ in a short burst are the nearest ones."""
    bursts = (np.arange(1, 1 << 10, 2)[:, None] >> np.arange(40)) & 1  # every burst of up to ten bits
    weights = [(codes.encode(burst) < 0).sum() for burst in bursts]
    assert min(weights) == FREE_DISTANCE


def test_a_sum_of_words_is_a_word():
    a, b = words(2)
    assert np.array_equal(codes.encode(a ^ b), codes.encode(a) * codes.encode(b))


def test_eleven_wrong_signs_of_384_are_always_corrected():
    sent = words(200)
    received = np.stack([codes.encode(bits) for bits in sent])
    rng = np.random.default_rng(1)
    for row in received:
        row[rng.choice(row.size, (FREE_DISTANCE - 1) // 2, replace=False)] *= -1
    assert np.array_equal(codes.decode(received), sent)


@pytest.mark.parametrize("turn", [1, 17, 95])
def test_turning_a_word_turns_its_code(turn):
    (bits,) = words(1)
    assert np.array_equal(codes.encode(np.roll(bits, turn)), np.roll(codes.encode(bits), turn * codes.RATE))


def test_words_decoded_together_are_those_decoded_alone():
    soft = np.random.default_rng(2).normal(0.5, 1, (5, 384)) * np.stack([codes.encode(bits) for bits in words(5)])
    assert np.array_equal(codes.decode(soft), np.concatenate([codes.decode(row[None]) for row in soft]))


def test_three_decibels_per_bit_are_enough():
    """At Eb/N0 = 3 dB, a code of this length and distance loses under one word in two hundred."""
    sent = words(200, seed=3)
    amplitude = np.sqrt(2 * 10**0.3 / codes.RATE)
    noise = np.random.default_rng(4).normal(size=(200, 384))
    soft = amplitude * np.stack([codes.encode(bits) for bits in sent]) + noise
    assert (codes.decode(soft) != sent).any(1).sum() <= 1
