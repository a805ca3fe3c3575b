"""What is measured is what was put in; the gate says why."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from filmloom.finishing.report import GateError, Limits, Meter, Span, attempted, gate, measured

NAMES = ("car", "horse", "dog", "girl")


def gained(clip, gains):
    return np.clip(np.rint(clip * np.asarray(gains)[:, None, None, None]), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_clean_clips_pass(shots, name):
    measures = measured([shots[name]], 16)
    assert gate(measures).passed
    assert measures.flicker < 0.2 and measures.jitter < 0.1 and measures.colour_drift < 0.5
    assert measures.seam < 0.5 and measures.light_step < 0.3
    assert measures.frames == 24 and measures.seconds == 1.5
    assert measures.cuts == measures.black == measures.frozen == measures.noise == ()


def test_frames_pass_through_as_they_are(shots):
    meter = Meter(16, camera=False)
    out = np.concatenate(list(meter(np.split(shots["dog"], [3, 9]))))
    assert np.array_equal(out, shots["dog"]) and meter.measures().jitter == 0
    assert json.dumps(meter.measures().as_record())


def test_flicker_is_its_root_mean_square(shots):
    measures = measured([gained(shots["car"], 1 + 0.03 * (-1.0) ** np.arange(24))], 16, camera=False)
    assert measures.flicker == pytest.approx(3, rel=0.1)
    assert "flicker" in gate(measures).reasons[0] and not gate(measures, Limits(flicker=None)).reasons


def test_jitter_is_in_pixels(shots):
    moves = [np.float64([[1, 0, 0.8 * (-1) ** i], [0, 1, 0]]) for i in range(24)]
    shaken = np.stack(
        [cv2.warpAffine(f, m, (160, 90), borderMode=cv2.BORDER_REFLECT) for f, m in zip(shots["girl"], moves)]
    )
    assert measured([shaken], 16).jitter == pytest.approx(0.8, rel=0.15)


def test_drift_is_in_percent_per_second(shots):
    time = np.arange(24) / 16
    measures = measured([gained(shots["girl"], np.exp(-0.1 * time))], 16, camera=False)
    assert measures.exposure_drift == pytest.approx(10, rel=0.05) and measures.colour_drift < 0.5
    redder = shots["girl"] * np.stack([np.exp(-0.06 * time), np.ones(24), np.ones(24)], 1)[:, None, None, :]
    measures = measured([np.rint(redder).astype(np.uint8)], 16, camera=False)
    assert measures.colour_drift == pytest.approx(4, rel=0.1)


def test_steps_of_light_and_of_content_are_found_and_are_no_cuts(shots):
    lighter, patched = shots["car"].astype(int), shots["car"].copy()
    lighter[13:] += 8
    measures = measured([np.clip(lighter, 0, 255).astype(np.uint8)], 16, camera=False)
    assert 4 < measures.light_step < 12 and measures.light_step_at == 13 / 16 and measures.cuts == ()
    assert any(reason.startswith("light step") for reason in gate(measures).reasons)
    patched[13:, 40:] = 255 - patched[13:, 40:]
    measures = measured([patched], 16, camera=False)
    assert (measures.seam > 2 and measures.seam_at == 13 / 16) or measures.cuts == (13 / 16,)


def test_cuts_black_frozen_and_noise_are_named_with_their_times(shots):
    noise = np.random.default_rng(0).integers(0, 256, (4, 90, 160, 3), dtype=np.uint8)
    parts = [shots["car"][:16], np.full((8, 90, 160, 3), 5, np.uint8), shots["girl"][:16], noise, shots["dog"][:8]]
    measures = measured([*parts, np.repeat(shots["dog"][7:8], 16, axis=0)], 16, camera=False)
    assert measures.black == (Span(1.0, 1.5),)
    assert measures.noise == (Span(2.5, 2.75),)
    assert set(measures.cuts) >= {1.0, 1.5, 2.5, 2.75}
    assert measures.frozen == (Span(1.0, 1.5), Span(51 / 16, 68 / 16))
    reasons = gate(measures, Limits(black=0.2, frozen=1.0)).reasons
    assert [reason.split()[0] for reason in reasons if reason.split()[0] in ("black", "frozen", "noise")] == [
        "black", "frozen", "noise",
    ]  # fmt: skip


def test_an_empty_film_measures_nothing():
    assert measured([], 16).frames == 0


def test_attempts_go_on_until_one_passes(shots):
    good = measured([shots["girl"]], 16, camera=False)
    bad = replace(good, flicker=5.0)
    tried = []
    made = attempted(lambda number: tried.append(number) or (good if number == 1 else bad))
    assert made == (1, good) and tried == [0, 1]
    with pytest.raises(GateError, match=r"None of 2 attempts passed: flicker is 5\.00%, at most 1 passes"):
        attempted(lambda number: bad, tries=2)
