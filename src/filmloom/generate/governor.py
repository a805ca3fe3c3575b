"""`--within SECONDS`: how many steps a film can afford on this machine, judged by the time of its first forward.

Everything else that a film costs is counted in forwards too: the same cores do it, so on a slower or busier machine all
of it grows alike. The counts are estimates from the stages of 4 s at 1280x720 on two cores, not measured apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

CHOICES = (8, 6, 4)  # steps without guidance, best first
FORWARDS_PER_KEY = 0.35  # decoding, motion to the next key frame
FORWARDS_PER_MEGAPIXEL = 0.28  # of finished frames: enlarging, warping, mark, H.264


@dataclass(frozen=True)
class Afforded:
    """`steps` of `CHOICES`; `forward`: seconds of one forward; `expected`: seconds of the whole film from now."""

    steps: int
    forward: float
    expected: float
    within: float

    def note(self) -> str | None:
        """What to tell where even the fewest steps take longer than was asked."""
        if self.expected <= self.within:
            return None
        return (
            f"{self.steps} steps, the fewest, take about {self.expected:.0f} s here, not {self.within:.0f}: "
            "ask for fewer seconds or a smaller size"
        )


def afforded(
    within: float, forward: float, *, num_windows: int, num_keys: int, num_frames: int, pixels: int
) -> Afforded:
    """The most steps that leave a film of this shape done in `within` seconds; the fewest where none do.

    `forward`: seconds of one forward of one window; `pixels`: of one finished frame.

    >>> afforded(20.0, 0.1, num_windows=2, num_keys=33, num_frames=120, pixels=1280 * 720).steps
    8
    """
    rest = FORWARDS_PER_KEY * num_keys + FORWARDS_PER_MEGAPIXEL * num_frames * pixels / 1e6
    expected = {steps: forward * (num_windows * steps + rest) for steps in CHOICES}
    steps = next((steps for steps in CHOICES if expected[steps] <= within), CHOICES[-1])
    return Afforded(steps, forward, expected[steps], within)


def calibrated(forward: float, *, per_key: float, per_megapixel: float) -> tuple[float, float]:
    """`FORWARDS_PER_KEY` and `FORWARDS_PER_MEGAPIXEL` from measured seconds: of one forward, of all that is done once
    for a key frame, and of all that is done for a million finished pixels. `bench/speed.py` measures them."""
    return round(per_key / forward, 3), round(per_megapixel / forward, 3)


def timed(forward: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of a second call: the first one also fills caches and starts threads."""
    forward()
    began = clock()
    forward()
    return clock() - began
