"""Random numbers that depend only on names and seeds, never on the order in which they are asked for."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_from(*parts: object) -> int:
    """A 63-bit seed from any printable parts: equal parts, equal seed, on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(*parts: object) -> np.random.Generator:
    """A NumPy generator for the named purpose: `generator(seed, "stars")`."""
    return np.random.default_rng(seed_from(*parts))
