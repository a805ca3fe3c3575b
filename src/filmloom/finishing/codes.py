"""Error correction for short words: a tail-biting convolutional code and its soft Viterbi decoder, many at once."""

from __future__ import annotations

import numpy as np

MEMORY = 8
# Rate 1/4, constraint length 9, free distance 24: Larsen, "Short convolutional codes with maximal free distance", 1973.
GENERATORS = (0o463, 0o535, 0o733, 0o745)
RATE = len(GENERATORS)
NUM_STATES = 1 << MEMORY


def _signs() -> np.ndarray:
    """[512, 4]: what each content of the nine-bit register sends, +1 for a zero and -1 for a one."""
    taken = np.arange(2 * NUM_STATES)[:, None] & np.array(GENERATORS)
    return 1 - 2 * (np.bitwise_count(taken) & 1).astype(np.float32)


SIGNS = _signs()


def encode(bits: np.ndarray) -> np.ndarray:
    """[n] of 0 and 1 → [4 n] of ±1. The register starts with the last eight bits, so that the word has no ends."""
    ring = np.concatenate([bits[-MEMORY:], bits]).astype(np.int64)
    register = sum(ring[MEMORY - age : len(ring) - age] << age for age in range(MEMORY + 1))
    return SIGNS[register].reshape(-1)


def decode(soft: np.ndarray) -> np.ndarray:
    """[b, 4 n] of values whose sign says the bit (+ is zero) and whose size says how sure → the likeliest bits [b, n].

    A word without ends is walked three times around; the middle lap has forgotten both ends (Shao and others, 2003)."""
    num_words, length = len(soft), soft.shape[1] // RATE
    laps = np.tile(soft.reshape(num_words, length, RATE).astype(np.float32), (1, 3, 1))
    path = _walk(laps @ SIGNS.T)
    return path[:, length : 2 * length]


def _walk(gains: np.ndarray) -> np.ndarray:
    """Viterbi's algorithm over gains [b, steps, 512] of each register content at each step → bits [b, steps]."""
    num_words, num_steps, _ = gains.shape
    older = np.empty((num_steps, num_words, NUM_STATES), bool)  # did the bit that falls out of the register read one?
    total = np.zeros((num_words, NUM_STATES), np.float32)
    for step in range(num_steps):
        before = np.repeat(total, 2, axis=1)  # a register r holds the state r >> 1 that came before, and the new bit
        zero = before[:, :NUM_STATES] + gains[:, step, :NUM_STATES]
        one = before[:, NUM_STATES:] + gains[:, step, NUM_STATES:]
        older[step] = one > zero
        total = np.maximum(zero, one)
    bits, words = np.empty((num_words, num_steps), np.uint8), np.arange(num_words)
    state = total.argmax(1)
    for step in range(num_steps - 1, -1, -1):
        bits[:, step] = state & 1
        state = (state | older[step, words, state] * NUM_STATES) >> 1
    return bits
