"""Sounds of things that happen, made from numbers: a step on snow, a bell, a splash, an engine that runs.

`effect(name, dice, rate, num)` gives mono float32 whose first sample is the moment of the event: every effect is heard
(to a tenth of its peak) within 15 ms of it. Short effects have their own length; lasting ones (`lasts=True`) fill
`num` samples. Peaks lie at the effect's `level` in dB below full scale, which is how loud it is beside the others at
strength 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.finishing.sound.shape import (
    Dice,
    band,
    decay,
    drift,
    filtered,
    noise,
    peaked,
    ring,
    scatter,
    seconds,
    sparks,
    swell,
    tilted,
    tone,
)


@dataclass(frozen=True)
class Effect:
    """`make(dice, rate, num)`: mono [n]; `level`: its peak in dB below full scale at strength 1; `lasts`: until told
    to stop."""

    make: Callable[[Dice, int, int], np.ndarray]
    level: float
    lasts: bool = False


def effect(name: str, dice: Dice, rate: int, num: int) -> np.ndarray:
    """Mono float32 [n] of the named effect; `num` is how long a lasting one is wanted."""
    found = EFFECTS[check_effect(name)]
    return peaked(found.make(dice, rate, num), 10 ** (found.level / 20))


def check_effect(name: str) -> str:
    if name not in EFFECTS:
        near = difflib.get_close_matches(str(name), list(EFFECTS), 1, 0.5)
        raise RequestError("effect", name, "no such effect", near[0] if near else ", ".join(sorted(EFFECTS)))
    return name


# Feet ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """What a foot meets: a thump of `thump` Hz, and grit in a band, as long and as crackling as the ground is loose."""

    thump: float
    thump_level: float
    low: float
    high: float
    length: float
    grit_level: float
    crackle: float = 0.0  # breaking bits per second; 0: smooth


GROUNDS = {
    "grass": Ground(95, 0.3, 900, 5000, 0.12, 0.45, 250),
    "sand": Ground(85, 0.28, 1500, 7500, 0.17, 0.6),
    "snow": Ground(80, 0.22, 700, 5500, 0.24, 0.9, 420),
    "stone": Ground(150, 0.6, 1800, 6500, 0.035, 0.9),
    "leaves": Ground(95, 0.18, 2500, 11000, 0.26, 0.9, 300),
    "earth": Ground(110, 0.75, 500, 3200, 0.08, 0.5),
    "wood": Ground(165, 1.0, 400, 2600, 0.05, 0.35),
    "dust": Ground(60, 0.9, 200, 1200, 0.16, 0.4),
}


def step(dice: Dice, rate: int, num: int, *, ground: str, weight: float = 1.0) -> np.ndarray:
    """A heel and, an instant later and softer, the toe. `weight` 2 sounds half as high."""
    of = GROUNDS[ground]
    length = int((of.length + 0.2) * rate)
    contacts = [(0, 1.0), (int(dice.uniform(0.05, 0.085) * rate), dice.uniform(0.3, 0.5))]
    parts = [(at, level * _contact(dice, rate, length, of, weight)) for at, level in contacts]
    return scatter(length + contacts[1][0], parts)


def _contact(dice: Dice, rate: int, length: int, of: Ground, weight: float) -> np.ndarray:
    t = seconds(length, rate)
    fall = of.thump / weight * (1 + 0.8 * np.exp(-t / 0.012)) * dice.uniform(0.93, 1.07)
    thump = of.thump_level * tone(fall, rate) * decay(length, rate, 0.1, attack=0.002)
    tap = 0.5 * peaked(noise(dice, length, rate, band(of.low * 0.6, of.high))) * decay(length, rate, 0.02)
    grit = peaked(noise(dice, length, rate, band(of.low, of.high))) * decay(length, rate, of.length, attack=0.004)
    if of.crackle:
        bits = np.abs(sparks(dice, length, rate, of.crackle))
        grit = 0.35 * grit + peaked(
            _smeared(bits, rate, 0.004)
            * noise(dice, length, rate, band(of.low, of.high))
            * swell(length, rate, 0.3 * of.length, fall=0.5 * length / rate)
        )
    return thump + of.grit_level * (tap + grit)


def _smeared(train: np.ndarray, rate: int, time: float) -> np.ndarray:
    """Each spark becomes a burst that falls by 60 dB in `time` seconds."""
    burst = 10 ** (-3 * seconds(int(time * rate), rate) / time)
    return np.convolve(train, burst)[: len(train)]


def hoof(dice: Dice, rate: int, num: int, *, ground: str) -> np.ndarray:
    """The hollow clop of a hoof over the ground it meets."""
    hollow = dice.uniform(0.9, 1.12)
    modes = [(560 * hollow, 1.0, 0.09), (1130 * hollow, 0.7, 0.06), (2050 * hollow, 0.3, 0.03)]
    clop = ring(int(0.12 * rate), rate, modes)
    under = peaked(step(dice, rate, num, ground=ground, weight=1.3), 0.7)
    firm = 1.0 if ground in ("stone", "earth", "wood") else 0.35
    return scatter(len(under), [(0, under), (0, firm * clop.astype(np.float32))])


def metal_step(dice: Dice, rate: int, num: int, *, ground: str) -> np.ndarray:
    """A robot's foot: a servo's whirr behind a plate that rings."""
    pitch, length = dice.uniform(0.94, 1.06), int(0.4 * rate)
    plate = ring(
        length,
        rate,
        [(410 * pitch, 1.0, 0.3), (873 * pitch, 0.6, 0.22), (1490 * pitch, 0.5, 0.16), (2710 * pitch, 0.3, 0.1)],
    )
    t = seconds(length, rate)
    servo = 0.12 * tone(700 + 900 * t, rate) * np.clip((t - 0.12) / 0.03, 0, 1) * decay(length, rate, 0.5)
    under = peaked(step(dice, rate, num, ground=ground, weight=1.5), 0.9)
    return scatter(max(length, len(under)), [(0, (plate + servo).astype(np.float32)), (0, under)])


def paw(dice: Dice, rate: int, num: int, *, ground: str) -> np.ndarray:
    """A small soft foot: a step without its heel's tap, dulled."""
    return filtered(step(dice, rate, num, ground=ground, weight=0.7), rate, band(60, 2400, order=1))


def spring(dice: Dice, rate: int, num: int, *, ground: str) -> np.ndarray:
    """Pushing off: cloth and a scuff, rising."""
    length = int(0.22 * rate)
    cloth = noise(dice, length, rate, band(500, 4500, order=1)) * swell(length, rate, 0.05)
    scuff = peaked(step(dice, rate, num, ground=ground))[:length]
    return (peaked(cloth) + np.pad(scuff, (0, length - len(scuff)))) * _let_go(length, rate, 0.06)


def thud(dice: Dice, rate: int, num: int, *, ground: str, weight: float = 1.0) -> np.ndarray:
    """A body lands: both feet at once, deeper than a step."""
    length = int(0.5 * rate)
    t = seconds(length, rate)
    low = tone(62 / weight * (1 + 0.9 * np.exp(-t / 0.02)), rate) * decay(length, rate, 0.35 * weight, attack=0.002)
    feet = [
        (int(late * rate), peaked(step(dice, rate, num, ground=ground, weight=1.2)))
        for late in (0, dice.uniform(0.008, 0.02))
    ]
    return scatter(length, [(0, 1.1 * low.astype(np.float32)), *feet])


# Air ----------------------------------------------------------------------------------------------------------------


def whoosh(
    dice: Dice, rate: int, num: int, *, length: float = 0.55, low: float = 250, high: float = 2600
) -> np.ndarray:
    """Air pushed aside: a band of noise that sweeps up and down again as it swells."""
    num = int(length * rate)
    t = np.linspace(0, 1, num)
    centre = np.log(low) + np.log(high / low) * np.sin(np.pi * t**0.8) ** 1.5
    bands = np.geomspace(low * 0.7, high * 1.5, 9)
    width = np.log(bands[1] / bands[0])
    layers = (
        noise(dice, num, rate, band(f / 1.25, f * 1.25)) * np.exp(-0.5 * ((np.log(f) - centre) / (0.9 * width)) ** 2)
        for f in bands
    )
    return sum(layers) * swell(num, rate, 0.3 * length)


def flap(dice: Dice, rate: int, num: int, *, size: float = 1.0) -> np.ndarray:
    """One wing beat: a soft puff with the rustle of feathers on top; smaller wings are higher and shorter."""
    length = int(0.16 * size**0.5 * rate)
    puff = peaked(noise(dice, length, rate, band(120 / size, 900 / size))) * swell(length, rate, 0.03)
    rustle = peaked(noise(dice, length, rate, band(2000 / size, 6500))) * swell(length, rate, 0.05)
    return puff + 0.25 * rustle * (0.4 + 0.6 * np.abs(np.sin(2 * np.pi * 55 * seconds(length, rate))))


def burner(dice: Dice, rate: int, num: int) -> np.ndarray:
    """The flame of a hot-air balloon: a roar of a second and a half."""
    length = int(1.5 * rate)
    roar = noise(dice, length, rate, tilted(90, 3500, -2)) * (0.7 + 0.3 * drift(dice, length, rate, 24))
    hiss = 0.3 * noise(dice, length, rate, band(2500, 9000))
    return (roar + hiss) * swell(length, rate, 0.08, fall=0.7)


# Water --------------------------------------------------------------------------------------------------------------


def bubble(dice: Dice, rate: int, low: float, high: float) -> np.ndarray:
    """One bubble: a sine that rises as it fades (K. van den Doel, Physically based models for liquid sounds, 2005)."""
    hz = np.exp(dice.uniform(np.log(low), np.log(high)))
    damping = 0.043 * hz + 0.0014 * hz**1.5 + 12
    length = int(min(0.25, 6 / damping) * rate)
    t = seconds(length, rate)
    return (tone(hz * (1 + 0.1 * damping * t), rate) * np.exp(-damping * t) * np.minimum(1, t / 0.001)).astype(
        np.float32
    )


def bubbles(dice: Dice, rate: int, num: int, *, count: int = 14, low: float = 350, high: float = 1400) -> np.ndarray:
    """A string of bubbles, the first at once."""
    length = int(0.8 * rate)
    at = np.sort(np.r_[0, dice.uniform(0, 0.55, count - 1)])
    return scatter(
        length, [(int(s * rate), dice.uniform(0.3, 1) * (1 - s) * bubble(dice, rate, low, high)) for s in at]
    )


def splash(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Water struck: a slap, a spray that darkens as it falls back, and the bubbles it leaves."""
    length = int(0.9 * rate)
    slap = peaked(noise(dice, length, rate, band(300, 6000))) * decay(length, rate, 0.12, attack=0.003)
    bright = peaked(noise(dice, length, rate, band(2500, 10000))) * decay(length, rate, 0.35, attack=0.02)
    dark = peaked(noise(dice, length, rate, band(400, 2200))) * swell(length, rate, 0.08)
    late = [
        (int(dice.uniform(0.03, 0.6) * rate), dice.uniform(0.1, 0.4) * bubble(dice, rate, 500, 3000)) for _ in range(30)
    ]
    return slap + 0.5 * bright + 0.45 * dark + scatter(length, late)


def surf(dice: Dice, rate: int, num: int) -> np.ndarray:
    """One wave: it draws up, breaks, and runs out over the shore, brightest as it breaks."""
    length = int(3.4 * rate)
    body = noise(dice, length, rate, tilted(120, 1400, -3)) * swell(length, rate, 0.9)
    t = seconds(length, rate)
    foam = (
        noise(dice, length, rate, tilted(1200, 9000, -2)) * np.clip((t - 0.25) / 0.9, 0, 1) * swell(length, rate, 1.2)
    )
    return body + 0.7 * foam * (0.6 + 0.4 * drift(dice, length, rate, 18))


# Machines and fire --------------------------------------------------------------------------------------------------


def engine(dice: Dice, rate: int, num: int, *, firing: float = 62.0, lumpy: float = 0.25) -> np.ndarray:
    """A running engine: harmonics of the firing rate, half orders that make it lumpy, and the hiss of the intake."""
    t = seconds(num, rate)
    revs = firing * (1 - 0.35 * np.exp(-t / 0.5)) * (0.97 + 0.06 * drift(dice, num, rate, 1.5))
    phase = 2 * np.pi * np.cumsum(revs) / rate
    orders = np.arange(1, 25) / 2
    formants = sum(np.exp(-0.5 * ((orders * firing - f) / w) ** 2) for f, w in ((110, 60), (260, 90), (520, 160)))
    levels = (0.25 + formants) / orders**0.7 * np.where(orders % 1 == 0, 1, lumpy)
    beat = sum(a * np.sin(o * phase + p) for a, o, p in zip(levels, orders, dice.uniform(0, 2 * np.pi, len(orders))))
    intake = noise(dice, num, rate, tilted(150, 2500, -3)) * (0.6 + 0.4 * np.sin(phase / 2))
    return (beat + 0.5 * intake) * np.minimum(1, 0.3 + t / 0.25) * _let_go(num, rate)


def rocket(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Ignition and thrust: a wall of low noise that crackles as shocks steepen."""
    t = seconds(num, rate)
    roar = noise(dice, num, rate, tilted(35, 2200, -4)) * (0.75 + 0.25 * drift(dice, num, rate, 9))
    shocks = filtered(np.abs(sparks(dice, num, rate, 90, spread=8)), rate, tilted(150, 5000, -3))
    hiss = 0.12 * noise(dice, num, rate, band(1500, 8000))
    rise = np.minimum(1, 0.35 + t / 0.6) + 0.8 * np.exp(-t / 0.12)
    return np.tanh(0.3 * (roar + 0.4 * shocks / (shocks.std() + 1e-9) + hiss)) * rise * _let_go(num, rate)


def propeller(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A small aeroplane: its engine, and air chopped by two blades, brightest as each goes by."""
    t = seconds(num, rate)
    turn = np.cumsum(41 * (1 - 0.25 * np.exp(-t / 0.4)) * (0.99 + 0.02 * drift(dice, num, rate, 0.8))) / rate
    chop = np.clip(np.sin(2 * np.pi * 2 * turn), 0, 1) ** 2
    air = noise(dice, num, rate, tilted(180, 3200, -3)) * (0.35 + chop)
    return peaked(engine(dice, rate, num, firing=82.0, lumpy=0.4)) + 0.25 * air * _let_go(num, rate)


def steam(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A steam engine: four chuffs to a turn of the wheels, the first of the four the strongest, and a steady hiss."""
    t = seconds(num, rate)
    chuffs = np.cumsum(6.4 * (1 - 0.3 * np.exp(-t / 0.8)) * (0.98 + 0.04 * drift(dice, num, rate, 0.7))) / rate
    within = chuffs % 1.0
    pulse = np.minimum(1, within / 0.03 + 0.3) * np.exp(-within / 0.28) * np.where(chuffs % 4 < 1, 1.0, 0.75)
    low = noise(dice, num, rate, tilted(70, 420, -3))
    high = noise(dice, num, rate, tilted(420, 4200, -3))
    hiss = 0.1 * noise(dice, num, rate, band(2500, 9000))
    return (pulse * (low + 0.8 * high) + hiss) * _let_go(num, rate)


def rails(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Wheels over the joints of a track, two and two: ta-dam, ta-dam; between them they roll."""
    roll = noise(dice, num, rate, tilted(60, 900, -4)) * (0.8 + 0.2 * drift(dice, num, rate, 5))
    length = int(0.16 * rate)
    modes = ((118, 1.0, 0.12), (236, 0.5, 0.09), (873, 0.35, 0.07), (1710, 0.2, 0.05))
    blows = [(at + late, loud) for at in np.arange(0, num / rate, 0.62) for late, loud in ((0.0, 1.0), (0.13, 0.8))]
    hits = []
    for at, loud in blows:
        bent = dice.uniform(0.97, 1.03)
        hit = ring(length, rate, [(hz * bent, level, fall) for hz, level, fall in modes])
        hits.append((int(at * rate), (loud * dice.uniform(0.85, 1.0) * hit).astype(np.float32)))
    return (scatter(num, hits) + 0.09 * roll) * _let_go(num, rate)


def whistle(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A steam whistle: a chord of three pipes that sag as the steam runs out, full of breath."""
    length = int(0.9 * rate)
    t = seconds(length, rate)
    bend = 1 - 0.02 * np.exp(-t / 0.06) - 0.03 * np.clip((t - 0.65) / 0.25, 0, 1)
    pipes = sum(tone(hz * bend, rate) + 0.35 * tone(2 * hz * bend, rate) for hz in (466, 587, 698))
    breath = noise(dice, length, rate, band(900, 5000))
    return (pipes + 0.4 * breath) * swell(length, rate, 0.12, fall=0.3)


def _let_go(num: int, rate: int, time: float = 0.25) -> np.ndarray:
    """The last quarter second fades, so that nothing lasting ends in a click."""
    left = (num - np.arange(num)) / rate
    return np.sin(np.pi / 2 * np.minimum(1, left / time)) ** 2


def fire(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Flames: a low flutter and the snapping of wood."""
    flutter = noise(dice, num, rate, tilted(60, 700, -3)) * (0.4 + 0.6 * drift(dice, num, rate, 7))
    wood = sparks(dice, num, rate, 14, spread=7)
    wood[:1] = 2.0  # the first snap is when it catches
    snaps = filtered(wood, rate, band(1200, 7500))
    small = filtered(sparks(dice, num, rate, 120, spread=5), rate, band(2500, 9000))
    wild = 0.6 * flutter + snaps / (snaps.std() + 1e-9) + 0.25 * small / (small.std() + 1e-9)
    return np.tanh(0.3 * wild) * _let_go(num, rate)


def thunder(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A crack, then rolling from ever farther away."""
    length = int(5.0 * rate)
    t = seconds(length, rate)
    crack = peaked(noise(dice, length, rate, tilted(120, 5000, -2))) * decay(length, rate, 0.7, attack=0.002)
    rolls = 0.25 + drift(dice, length, rate, 3.5) ** 2 * 1.4
    rumble = (
        peaked(noise(dice, length, rate, tilted(28, 220, -3))) * rolls * swell(length, rate, 0.35) * np.exp(-t / 2.2)
    )
    return crack + 1.3 * rumble


# Signals and voices -------------------------------------------------------------------------------------------------

# Partials of a church bell by their names in campanology (ratio to the strike note, level, seconds to fall by 60 dB).
BELL = (
    ("hum", 0.5, 0.55, 7.0), ("prime", 1.0, 0.6, 5.0), ("tierce", 1.2, 0.8, 4.0), ("quint", 1.5, 0.3, 2.5),
    ("nominal", 2.0, 1.0, 2.6), ("deciem", 2.5, 0.25, 1.6), ("superquint", 3.0, 0.4, 1.3),
    ("octave nominal", 4.0, 0.3, 0.9), ("high", 5.33, 0.15, 0.6),
)  # fmt: skip


def bell(dice: Dice, rate: int, num: int, *, hz: float = 330.0) -> np.ndarray:
    """A bell struck once; each partial is a doublet, because no bell is quite round, and so it beats."""
    length = int(4.5 * rate)
    pairs = [(hz * ratio * (1 + split), level / 2, fall) for _, ratio, level, fall in BELL for split in (0, 0.0013)]
    strike = noise(dice, length, rate, band(1500, 7000)) * decay(length, rate, 0.03)
    return ring(length, rate, pairs) * _let_go(length, rate, 1.5) + 0.3 * peaked(strike)


def chirp(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A songbird's phrase of a few notes, each a fast glide."""
    base, at, notes = dice.uniform(2600, 4300), 0.0, []
    for _ in range(dice.integers(2, 6)):
        length = dice.uniform(0.05, 0.13)
        t = np.linspace(0, 1, int(length * rate))
        glide = (
            base
            * dice.uniform(0.85, 1.2)
            * (1 + dice.uniform(-0.25, 0.25) * t + dice.uniform(0, 0.06) * np.sin(2 * np.pi * 3 * t))
        )
        notes.append((int(at * rate), (tone(glide, rate) * np.sin(np.pi * t) ** 0.7).astype(np.float32)))
        at += length + dice.uniform(0.02, 0.07)
    return scatter(int(at * rate), notes)


def horn(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A car's horn: two reeds a minor third apart, a third of a second."""
    length = int(0.35 * rate)
    reeds = sum(np.sin(2 * np.pi * f * k * seconds(length, rate)) / k**0.8 for f in (420, 500) for k in range(1, 9))
    return filtered(reeds, rate, band(350, 4500, order=1)) * swell(length, rate, 0.01, fall=0.05)


def clap(dice: Dice, rate: int, num: int) -> np.ndarray:
    """Two hands: the slap, and the hollow between the palms, which is a little other each time."""
    length = int(0.22 * rate)
    slap = peaked(noise(dice, length, rate, band(700, 7000))) * decay(length, rate, 0.045)
    hollow = dice.uniform(1000, 1500)
    palms = peaked(noise(dice, length, rate, band(0.8 * hollow, 1.25 * hollow, order=3))) * decay(length, rate, 0.13)
    return slap + 0.9 * palms


def metal_clap(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A robot's hands: plates that ring."""
    modes = [(f * dice.uniform(0.98, 1.02), a, s) for f, a, s in ((930, 1, 0.18), (1710, 0.7, 0.14), (3120, 0.5, 0.1))]
    plates = ring(int(0.3 * rate), rate, modes).astype(np.float32)
    return scatter(len(plates), [(0, plates), (0, 0.6 * clap(dice, rate, num))])


def sung(dice: Dice, rate: int, hz: np.ndarray, formants: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """A voice that follows the pitch `hz` [n]: harmonics under formants (Hz, width, level), with a little breath."""
    phase, nyquist = 2 * np.pi * np.cumsum(hz) / rate, 0.45 * rate
    voice = np.zeros(len(hz))
    for k in range(1, 25):
        f = k * hz
        level = 0.015 + sum(a * np.exp(-(((f - at) / width) ** 2)) for at, width, a in formants)
        voice += np.where(f < nyquist, level, 0) / k**0.4 * np.sin(k * phase)
    return voice + 0.02 * noise(dice, len(hz), rate, band(800, 5000))


AH = ((760, 220, 1.0), (1250, 260, 0.6), (2700, 400, 0.25))
EH = ((520, 180, 1.0), (1900, 300, 0.55), (2700, 400, 0.3))
HUM = ((280, 220, 1.0), (1050, 250, 0.12), (2300, 400, 0.05))


def cheer(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A shout of joy, "yeah": it leaps up, opens from eh to ah, and falls away."""
    length = int(0.62 * rate)
    t = np.linspace(0, 1, length)
    hz = dice.uniform(250, 330) * (0.85 + 0.4 * np.sin(np.pi * np.minimum(1, 1.15 * t) ** 0.6)) * (
        1 + 0.012 * np.sin(2 * np.pi * 6 * t)
    )  # fmt: skip
    open_ = np.clip((t - 0.1) / 0.3, 0, 1)
    voice = sung(dice, rate, hz, EH) * (1 - open_) + sung(dice, rate, hz, AH) * open_
    return voice * swell(length, rate, 0.07, fall=0.3)


def song(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A hummed phrase of three or four notes of a pentatonic scale, slurred, with a vibrato that grows on each."""
    scale, at = np.array([0, 2, 4, 7, 9, 12]), int(dice.integers(1, 4))
    lengths = PHRASES[int(dice.integers(len(PHRASES)))]
    hz = []
    for length in lengths:
        t = seconds(int(length * rate), rate)
        vibrato = 1 + 0.012 * np.minimum(1, t / 0.3) * np.sin(2 * np.pi * 5.3 * t)
        hz.append(262 * 2 ** (scale[at] / 12) * vibrato)
        at = int(np.clip(at + dice.choice([-1, 1]), 0, len(scale) - 1))
    voice = sung(dice, rate, _slurred(np.concatenate(hz), rate), HUM)
    return voice * swell(len(voice), rate, 0.08, fall=0.25)


PHRASES = ((0.3, 0.3, 0.6), (0.45, 0.25, 0.5), (0.25, 0.25, 0.25, 0.45))  # seconds of each note


def _slurred(hz: np.ndarray, rate: int) -> np.ndarray:
    """Notes glide into each other in 50 ms."""
    window = np.hanning(int(0.05 * rate))
    return np.convolve(np.pad(hz, len(window), mode="edge"), window / window.sum(), "same")[len(window) : -len(window)]


def page(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A page turned: it is lifted, sweeps over crackling, and lies down."""
    length = int(0.5 * rate)
    sweep = peaked(noise(dice, length, rate, band(900, 6500))) * (0.3 + 0.7 * drift(dice, length, rate, 26) ** 2)
    down = peaked(noise(dice, length // 4, rate, band(300, 2500))) * decay(length // 4, rate, 0.08, attack=0.004)
    return scatter(length, [(0, sweep * swell(length, rate, 0.2)), (int(0.36 * rate), 0.5 * down)])


def roar(dice: Dice, rate: int, num: int) -> np.ndarray:
    """A great throat: a growl whose pitch rises and sinks, torn by its own flutter, with the wind of the breath."""
    length = int(1.15 * rate)
    t = np.linspace(0, 1, length)
    hz = dice.uniform(62, 74) * (0.85 + 0.5 * np.sin(np.pi * t**0.7)) * (0.94 + 0.12 * drift(dice, length, rate, 28))
    voice = sung(dice, rate, hz, ((240, 160, 1.0), (560, 220, 0.7), (1100, 350, 0.3)))
    torn = 0.45 + 0.55 * drift(dice, length, rate, 32)
    breath = noise(dice, length, rate, tilted(200, 2600, -3))
    return np.tanh(2 * (peaked(voice) * torn + 0.16 * breath)) * swell(length, rate, 0.25, fall=0.5)


FEET = {  # maker, level
    "step": (step, -16), "hoof": (hoof, -11), "metal_step": (metal_step, -14), "paw": (paw, -17),
    "spring": (spring, -21), "thud": (thud, -10),
}  # fmt: skip
EFFECTS: dict[str, Effect] = {
    f"{name}_{ground}": Effect(partial(make, ground=ground), level)
    for name, (make, level) in FEET.items()
    for ground in GROUNDS
} | {
    "heavy_thud": Effect(partial(thud, ground="earth", weight=1.8), -4),
    "whoosh": Effect(whoosh, -13),
    "small_whoosh": Effect(partial(whoosh, length=0.35, low=500, high=4200), -18),
    "flap": Effect(flap, -17),
    "small_flap": Effect(partial(flap, size=0.35), -24),
    "burner": Effect(burner, -12),
    "splash": Effect(splash, -10),
    "bubbles": Effect(bubbles, -15),
    "surf": Effect(surf, -12),
    "engine": Effect(engine, -14, lasts=True),
    "diesel": Effect(partial(engine, firing=38.0, lumpy=0.5), -12, lasts=True),
    "rocket": Effect(rocket, -4, lasts=True),
    "fire": Effect(fire, -14, lasts=True),
    "thunder": Effect(thunder, -3),
    "bell": Effect(bell, -10),
    "small_bell": Effect(partial(bell, hz=1180.0), -16),
    "chirp": Effect(chirp, -18),
    "horn": Effect(horn, -12),
    "propeller": Effect(propeller, -10, lasts=True),
    "steam": Effect(steam, -9, lasts=True),
    "rails": Effect(rails, -14, lasts=True),
    "whistle": Effect(whistle, -13),
    "clap": Effect(clap, -11),
    "metal_clap": Effect(metal_clap, -15),
    "cheer": Effect(cheer, -13),
    "song": Effect(song, -17),
    "page": Effect(page, -10),
    "roar": Effect(roar, -7),
}  # fmt: skip
