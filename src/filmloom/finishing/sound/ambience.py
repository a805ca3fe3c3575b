"""Sounds of places: what is heard all the time. `ambience(name, dice, rate, num)` gives stereo float32 [2, num].

Each bed lies at a root mean square of its `level` in dB below full scale, at gain 1. Both ears hear the same place,
not the same noise: what is wide is made twice, what is one thing (a bird, a bubble) stands somewhere between them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.finishing.sound.effects import bubble, chirp, fire
from filmloom.finishing.sound.shape import (
    Dice,
    band,
    drift,
    fast_length,
    filtered,
    noise,
    ring,
    scatter,
    seconds,
    sparks,
    swell,
    tilted,
    tone,
)


@dataclass(frozen=True)
class Bed:
    """`make(dice, rate, num)`: stereo [2, num]; `level`: its root mean square in dB below full scale."""

    make: Callable[[Dice, int, int], np.ndarray]
    level: float


def ambience(name: str, dice: Dice, rate: int, num: int) -> np.ndarray:
    """Stereo float32 [2, num] of the named bed."""
    found = BEDS[check_bed(name)]
    made = found.make(dice, rate, num)
    power = np.sqrt(np.mean(np.square(made, dtype=np.float64)))
    return (made * (10 ** (found.level / 20) / power if power else 0)).astype(np.float32)


def check_bed(name: str) -> str:
    if name not in BEDS:
        near = difflib.get_close_matches(str(name), list(BEDS), 1, 0.5)
        raise RequestError("ambience", name, "no such ambience", near[0] if near else ", ".join(sorted(BEDS)))
    return name


def panned(mono: np.ndarray, pan: float) -> np.ndarray:
    """Mono [n] → stereo [2, n] at `pan` in -1 (left) .. 1 (right), at equal power."""
    angle = (np.clip(pan, -1, 1) + 1) * np.pi / 4
    return np.stack([np.cos(angle) * mono, np.sin(angle) * mono]).astype(np.float32)


def wide(make: Callable[[], np.ndarray]) -> np.ndarray:
    """Two takes of the same sound, one for each ear, with a share in common so that the middle is not hollow."""
    left, right, middle = make(), make(), make()
    return np.stack([left + 0.6 * middle, right + 0.6 * middle])


def here_and_there(dice: Dice, rate: int, num: int, per_second: float, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Single sounds at random times, loudness and places."""
    out = np.zeros((2, num), np.float32)
    for start in dice.integers(0, max(num, 1), dice.poisson(per_second * num / rate)):
        grain = panned(make() * 10 ** (dice.normal(-4, 5) / 20), dice.uniform(-0.9, 0.9))
        part = grain[:, : num - start]
        out[:, start : start + part.shape[1]] += part
    return out


def wind(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Gusts: the stronger they blow, the brighter they are; two faint whistles come and go."""
    gust = drift(dice, num, rate, 0.35) * 0.7 + 0.3 * drift(dice, num, rate, 1.1)
    low = wide(lambda: noise(dice, num, rate, tilted(90, 450, -3))) * (0.35 + gust)
    high = wide(lambda: noise(dice, num, rate, tilted(400, 1800, -4))) * gust**2 * 0.9
    whistle = sum(
        noise(dice, num, rate, band(f * 0.96, f * 1.04, order=4)) * drift(dice, num, rate, 0.5) ** 3 for f in (620, 940)
    )
    return low + high + 0.12 * whistle * gust


def breeze(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Light air, and the leaves that show it."""
    air = drift(dice, num, rate, 0.3)
    leaves = wide(lambda: noise(dice, num, rate, tilted(1500, 7000, -3)) * (0.4 + 0.6 * drift(dice, num, rate, 9)))
    return 0.5 * wide(lambda: noise(dice, num, rate, tilted(120, 600, -4))) * (0.4 + air) + leaves * (0.15 + air**2)


def rain(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A far hiss of countless drops and the patter of near ones."""
    hiss = wide(lambda: noise(dice, num, rate, tilted(700, 11000, -2.5)))
    patter = wide(lambda: filtered(sparks(dice, num, rate, 380, spread=7), rate, band(1800, 9000)))
    drops = here_and_there(dice, rate, num, 14, lambda: bubble(dice, rate, 900, 4200))
    return (
        hiss * (0.9 + 0.1 * drift(dice, num, rate, 0.4))
        + 1.2 * np.tanh(0.6 * patter / (patter.std() + 1e-9))
        + 0.9 * drops
    )


def snowfall(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Snow swallows sound: a soft dull air."""
    return wide(lambda: noise(dice, num, rate, tilted(80, 500, -5))) * (0.7 + 0.3 * drift(dice, num, rate, 0.25))


def fog(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Still damp air, and a drop now and then."""
    air = wide(lambda: noise(dice, num, rate, tilted(60, 350, -5)))
    return air + 0.8 * here_and_there(dice, rate, num, 0.6, lambda: bubble(dice, rate, 900, 2200))


def swells(dice: Dice, rate: int, num: int) -> np.ndarray:
    """The open water between two waves: a wash that heaves."""
    wash = wide(lambda: noise(dice, num, rate, tilted(100, 1500, -4)) * (0.4 + drift(dice, num, rate, 0.35)))
    return wash + 0.25 * wide(lambda: noise(dice, num, rate, tilted(1500, 7000, -3)) * drift(dice, num, rate, 0.5) ** 2)


def lapping(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A lake's edge: small laps and a few bubbles."""
    laps = wide(lambda: noise(dice, num, rate, tilted(300, 2500, -3)) * drift(dice, num, rate, 1.6) ** 3)
    return laps + 0.5 * here_and_there(dice, rate, num, 3, lambda: bubble(dice, rate, 400, 1500))


def cascade(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A waterfall: its weight below, a white roar that hardly changes, and spray that comes and goes."""
    weight = wide(lambda: noise(dice, num, rate, tilted(45, 260, -3)) * (0.8 + 0.2 * drift(dice, num, rate, 3)))
    roar = wide(lambda: noise(dice, num, rate, tilted(250, 6000, -3)) * (0.85 + 0.15 * drift(dice, num, rate, 7)))
    spray = wide(lambda: noise(dice, num, rate, band(4000, 12_000)) * drift(dice, num, rate, 0.6))
    drops = here_and_there(dice, rate, num, 18, lambda: bubble(dice, rate, 500, 2600))
    return 0.5 * weight + roar + 0.15 * spray + 0.6 * drops


def underwater(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Below the surface: everything high is gone; bubbles rise by, and shrimp crackle far off."""
    deep = wide(lambda: noise(dice, num, rate, tilted(40, 260, -4)) * (0.6 + 0.4 * drift(dice, num, rate, 0.4)))
    rising = here_and_there(dice, rate, num, 5, lambda: bubble(dice, rate, 250, 900))
    crackle = wide(lambda: filtered(sparks(dice, num, rate, 40, spread=6), rate, band(2500, 7000)))
    return deep + 1.5 * rising + 0.08 * crackle / (crackle.std() + 1e-9)


def birds(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Songbirds around, over hardly any air."""
    air = wide(lambda: noise(dice, num, rate, tilted(150, 2000, -4)))
    return 0.15 * air + here_and_there(dice, rate, num, 1.3, lambda: chirp(dice, rate, 0))


def crickets(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A warm night: each cricket pulses at its own pitch and pace."""
    out, t = np.zeros((2, num), np.float32), seconds(num, rate)
    for _ in range(6):
        hz, pace = dice.uniform(3900, 4900), dice.uniform(1.6, 2.6)
        in_chirp = (t * pace + dice.uniform()) % 1.0
        pulses = np.clip(np.sin(2 * np.pi * 3 * in_chirp / 0.35), 0, 1) ** 2 * (in_chirp < 0.35)
        out += panned(tone(np.full(num, hz), rate) * pulses * dice.uniform(0.3, 1), dice.uniform(-1, 1))
    return out + 0.04 * wide(lambda: noise(dice, num, rate, tilted(150, 2500, -4)))


def crowd(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Many voices at once: each a buzz through two formants that change with its syllables."""
    out = np.zeros((2, num), np.float32)
    for _ in range(9):
        out += panned(_voice(dice, rate, num), dice.uniform(-1, 1))
    room = wide(lambda: noise(dice, num, rate, tilted(200, 2500, -4)))
    return out / (out.std() + 1e-9) + 0.35 * room


def _voice(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Six seconds of babble, repeated to `num`: no words, only their melody and rhythm."""
    length = min(num, 6 * rate)
    pitch = dice.choice([115, 205]) * dice.uniform(0.85, 1.2) * (0.85 + 0.3 * drift(dice, length, rate, 2.5))
    buzz = (np.cumsum(pitch) / rate + dice.uniform()) % 1.0 - 0.5  # a sawtooth: every harmonic k at 1 / k
    syllables = drift(dice, length, rate, 10) ** 2 * (drift(dice, length, rate, 0.7) > 0.35)
    turn = drift(dice, length, rate, 5) * 2
    vowels = ((700, 1200), (400, 2000), (450, 900))
    mix = sum(
        filtered(buzz, rate, partial(_formants, first=first, second=second)) * np.clip(1 - np.abs(turn - i), 0, 1)
        for i, (first, second) in enumerate(vowels)
    )
    return np.resize(mix * syllables * swell(length, rate, 0.1, fall=0.1), num).astype(np.float32)


def _formants(f: np.ndarray, first: float, second: float) -> np.ndarray:
    return np.exp(-(((f - first) / 160) ** 2)) + 0.5 * np.exp(-(((f - second) / 220) ** 2)) + 0.02


def city(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Far traffic, a car passing now and then, people somewhere."""
    hum = wide(lambda: noise(dice, num, rate, tilted(50, 700, -4)))
    t, passing = seconds(num, rate), np.zeros((2, num), np.float32)
    for at in dice.uniform(-2, num / rate + 2, max(1, int(num / rate / 6))):
        near = np.exp(-(((t - at) / 1.1) ** 2)) * noise(dice, num, rate, tilted(150, 2200, -3))
        side = np.tanh((t - at) * dice.choice([-1.2, 1.2]))
        passing += np.stack([near * np.sqrt((1 - side) / 2), near * np.sqrt((1 + side) / 2)]).astype(np.float32)
    people = crowd(dice, rate, num)
    return hum + 0.8 * passing + 0.2 * people / (people.std() + 1e-9)


def village(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Birds, light air, a few people far away."""
    people = crowd(dice, rate, num)
    return birds(dice, rate, num) + 0.04 * people / (people.std() + 1e-9) + 0.08 * breeze(dice, rate, num)


def flames(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A fire somewhere near."""
    return wide(lambda: fire(dice, rate, num))


def space(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Nothing is heard in a vacuum; films give it a deep slow chord, and so do we."""
    t = seconds(num, rate)
    chord = sum(
        panned(np.sin(2 * np.pi * hz * t + dice.uniform(0, 6)) * (0.3 + drift(dice, num, rate, 0.2)), pan)
        for hz, pan in ((55, 0.0), (82.5, -0.6), (110.3, 0.6), (164.8, 0.2))
    )
    return chord + 0.5 * wide(lambda: noise(dice, num, rate, tilted(40, 200, -4)))


def room(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A quiet room: its own dull air, and a clock that ticks and tocks, one of them each second."""
    air = wide(lambda: noise(dice, num, rate, tilted(60, 350, -5)))
    start, length = int(dice.uniform() * rate), rate // 20
    hits = [ring(length, rate, [(hz, 1.0, 0.05), (2.3 * hz, 0.5, 0.03)]) for hz in (2100, 1650)]
    times = range(start - rate, num, rate)
    ticks = scatter(num, [(at, hits[i % 2]) for i, at in enumerate(times)])
    return air + 6 * panned(ticks, dice.uniform(0.2, 0.5) * dice.choice([-1, 1]))


def hall(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A great hall before the play: a far murmur that the walls give back, programmes rustling, wide still air."""
    air = wide(lambda: noise(dice, num, rate, tilted(45, 450, -4)))
    people = crowd(dice, rate, num)
    rustle = here_and_there(dice, rate, num, 0.7, lambda: _rustle(dice, rate))
    heard = people / (people.std() + 1e-9) + 0.8 * rustle
    walls = [noise(dice, rate, rate, tilted(200, 2600, -3)) * 10 ** (-3 * seconds(rate, rate)) for _ in heard]
    given_back = np.stack([_echoed(side, wall) for side, wall in zip(heard, walls)])
    return 0.6 * air + 0.12 * heard + 0.5 * given_back / (given_back.std() + 1e-9)


def _rustle(dice: Dice, rate: int) -> np.ndarray:
    """Paper turned over: a few crackling strokes."""
    num = int(dice.uniform(0.15, 0.4) * rate)
    return noise(dice, num, rate, band(1500, 6000)) * drift(dice, num, rate, 22) ** 3 * swell(num, rate, 0.05)


def _echoed(signal: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """`signal` through a room whose answer to a clap is `answer`."""
    length = fast_length(len(signal) + len(answer))
    return np.fft.irfft(np.fft.rfft(signal, length) * np.fft.rfft(answer, length), length)[: len(signal)]


BEDS: dict[str, Bed] = {
    "wind": Bed(wind, -30), "breeze": Bed(breeze, -38), "rain": Bed(rain, -34), "snowfall": Bed(snowfall, -44),
    "fog": Bed(fog, -44), "swells": Bed(swells, -36), "lapping": Bed(lapping, -40), "underwater": Bed(underwater, -32),
    "birds": Bed(birds, -40), "crickets": Bed(crickets, -44), "crowd": Bed(crowd, -32), "city": Bed(city, -36),
    "village": Bed(village, -40), "flames": Bed(flames, -36), "space": Bed(space, -36),
    "room": Bed(room, -48), "hall": Bed(hall, -42), "cascade": Bed(cascade, -32),
}  # fmt: skip
