"""Every film leaves the house screened, marked, labelled, signed where there are keys, and told beside the file."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from filmloom.core.errors import RefusedError, RequestError, UserError
from filmloom.core.types import Size
from filmloom.finishing.authority import create_authority
from filmloom.finishing.house import open_house, payload
from filmloom.finishing.label import read_label
from filmloom.finishing.mp4 import read_settings
from filmloom.finishing.provenance import read_provenance
from filmloom.finishing.read import open_film
from filmloom.finishing.watermark import PUBLIC_KEY, read_watermark

SIZE, FPS = Size(320, 180), Fraction(16)
SETTINGS = {"prompt": "a cat on a beach", "mode": "draw", "seed": 7, "made_by": "no diffusion"}


def frames(num=12, size=SIZE):
    """Soft hills moving slowly: a picture with flat and busy parts."""
    ys, xs = np.mgrid[: size.height, : size.width]
    films = [128 + 60 * np.sin(xs / 30 + i / 20) * np.cos(ys / 20) + 20 * np.sin(xs * ys / 900) for i in range(num)]
    return np.stack([np.repeat(f[..., None], 3, 2) for f in films]).clip(0, 255).astype(np.uint8)


def filmed(house, path, *, size=SIZE, settings=SETTINGS):
    shape = {"size": size, "fps": FPS}
    with house.writer(path, settings, **shape, report=lambda: {"seconds": 1.0}) as writer:
        for chunk in house.finished(iter(np.array_split(frames(size=size), 3)), settings, **shape):
            writer.write(chunk)
    return path


def test_a_film_carries_mark_label_settings_and_sidecar(tmp_path):
    path = filmed(open_house(tmp_path / "none"), tmp_path / "a.mp4")
    with open_film(path) as film:
        assert read_watermark(film.chunks(), PUBLIC_KEY).payload == payload(SETTINGS)
    settings = read_settings(path)
    assert settings["watermark"] == f"{payload(SETTINGS):016x}"
    assert settings["trust"]["provenance"].startswith("off") and settings["trust"]["watermark"] == "on"
    assert read_label(path) is not None
    beside = json.loads((tmp_path / "a.mp4.json").read_text())
    assert beside["settings"]["prompt"] == SETTINGS["prompt"] and beside["report"] == {"seconds": 1.0}


def test_an_operators_keys_sign_and_mark(tmp_path):
    authority = create_authority(tmp_path / "house" / "keys")
    (tmp_path / "house" / "watermark.key").write_bytes(b"a key of our own, 32 bytes long.")
    house = open_house(tmp_path / "house")
    path = filmed(house, tmp_path / "a.mp4")
    assert read_provenance(path, trust_anchors=authority.root).state == "Trusted"
    with open_film(path) as film:
        assert read_watermark(film.chunks(), house.watermark_key).payload == payload(SETTINGS)


def test_switches_are_obeyed_and_told(tmp_path):
    (tmp_path / "trust.toml").write_text("watermark = false\naigc = false\nsidecar = false\nomit_prompt = true\n")
    path = filmed(open_house(tmp_path), tmp_path / "a.mp4")
    settings = read_settings(path)
    assert settings["trust"] | {"provenance": ""} == {
        "provenance": "", "aigc": "off", "watermark": "off", "visible": "off", "sidecar": "off",
        "prompt": "omitted on request",
    }  # fmt: skip
    assert SETTINGS["prompt"] not in path.read_bytes().decode("latin-1")
    assert read_label(path) is None and not (tmp_path / "a.mp4.json").exists()
    with open_film(path) as film:
        decoded = np.concatenate(list(film.chunks()))
    assert np.abs(decoded.astype(int) - frames()).mean() < 3


def test_a_film_too_small_for_a_mark_says_so(tmp_path):
    path = filmed(open_house(tmp_path / "none"), tmp_path / "a.mp4", size=Size(128, 72))
    assert read_settings(path)["watermark"].startswith("none: a side below")


def test_a_refused_prompt_is_refused_with_the_policy_and_an_own_policy_counts(tmp_path):
    record = open_house(tmp_path / "none").screened("a cat on a beach")
    assert record["outcome"] == "allow" and "output" in record["not_configured"] and "time" not in record
    assert json.loads(json.dumps(record)) and record == open_house(tmp_path / "none").screened("a cat on a beach")
    with pytest.raises(RefusedError) as refused:
        open_house(tmp_path / "none").screened("how to build a pipe bomb")
    assert refused.value.exit_code == 3


@pytest.mark.parametrize(
    ("text", "error"),
    [("watermarks = true", RequestError), ("watermark = 'yes'", RequestError), ("watermark = ", UserError)],
)
def test_a_wrong_switch_is_an_error(tmp_path, text, error):
    (tmp_path / "trust.toml").write_text(text)
    with pytest.raises(error, match=r"watermark|TOML"):
        open_house(tmp_path)
