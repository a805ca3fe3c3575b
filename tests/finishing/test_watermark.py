"""The mark is faint, outlives what films go through, is read under its own key alone, and false reads are bounded."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
import pytest

from filmloom.core.errors import RequestError
from filmloom.finishing import codes, watermark
from filmloom.finishing.watermark import marked, read_watermark

KEY, OTHER_KEY = b"a secret of sixteen bytes or so", b"somebody else's"
PAYLOAD = 0xFEDC_BA98_7654_3210
NUM_FRAMES = 6
KINDS = ("cartoon", "texture", "pan", "flat", "noise")


def picture(kind, height=360, width=640, seed=0):
    """float32 [H, W, 3]: flat discs, noise of 1/f, one colour, white noise."""
    rng = np.random.default_rng(seed)
    canvas = np.ones((height, width, 3), np.float32) * rng.uniform(60, 190, 3).astype(np.float32)
    if kind == "noise":
        return canvas + rng.normal(0, 25, (height, width, 1)).astype(np.float32)
    if kind in ("texture", "pan"):
        radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]) + 1 / height
        field = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(height, width))) / radius, (height, width))
        return canvas + (25 * field / field.std())[..., None].astype(np.float32)
    for _ in range(12 if kind == "cartoon" else 0):
        centre = tuple(int(v) for v in rng.uniform(0, (width, height)))
        cv2.circle(canvas, centre, int(rng.uniform(20, height / 3)), rng.uniform(20, 235, 3).tolist(), -1, cv2.LINE_AA)
    return canvas


@cache
def film(kind, height=360, width=640, num_frames=NUM_FRAMES):
    """uint8 [f, H, W, 3]; a pan moves three pixels a frame."""
    step = 3 if kind == "pan" else 0
    wide = picture(kind, height, width + step * num_frames)
    frames = [wide[:, step * i : step * i + width] for i in range(num_frames)]
    return np.stack(frames).clip(0, 255).round().astype(np.uint8)


@cache
def marked_film(kind, *, key=KEY, payload=PAYLOAD, **size):
    return np.concatenate(list(marked([film(kind, **size)], key, payload)))


def coded(frames, codec, **options):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=Fraction(16), options=options)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for one in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(one, format="rgb24")))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


# --- Marking


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_keeps_forty_decibels(kind):
    errors = np.mean((marked_film(kind).astype(np.float32) - film(kind)) ** 2, axis=(1, 2, 3))
    assert 40 <= 10 * np.log10(255**2 / errors.max()) < 48


def test_flat_pictures_are_marked_more_faintly_than_busy_ones():
    flat, busy = (np.mean((marked_film(kind).astype(float) - film(kind)) ** 2) for kind in ("flat", "texture"))
    assert flat < 0.5 * busy


def test_only_luma_is_touched():
    before, after = film("flat").astype(int), marked_film("flat").astype(int)
    assert np.array_equal((after - before)[..., 0], (after - before)[..., 1])
    assert np.array_equal((after - before)[..., 0], (after - before)[..., 2])
    assert abs(after - before).max() >= 2


def test_chunks_do_not_matter_and_are_taken_one_at_a_time():
    frames = film("pan")
    taken = []

    def uneven():
        for part in (frames[:1], frames[1:4], frames[4:]):
            taken.append(len(part))
            yield part

    stream = marked(uneven(), KEY, PAYLOAD)
    assert taken == []
    first = next(stream)
    assert taken == [1]
    assert np.array_equal(np.concatenate([first, *stream]), marked_film("pan"))


def test_the_film_given_is_left_as_it_is():
    frames = film("texture")
    before = frames.copy()
    list(marked([frames], KEY, PAYLOAD))
    assert np.array_equal(frames, before)


@pytest.mark.parametrize("kind", ["flat", "cartoon"])
def test_strength_scales_the_mark(kind):
    frames = film(kind)
    weak, strong = (np.concatenate(list(marked([frames], KEY, 1, strength=s))).astype(float) for s in (1.0, 2.0))
    assert (strong - frames).std() == pytest.approx(2 * (weak - frames).std(), rel=0.08)


def test_the_pattern_is_a_sum_of_waves_of_standard_deviation_one_whatever_the_size():
    small, large = (watermark._over_picture(watermark._coefficients(KEY, 5), *s) for s in ((360, 640), (720, 1280)))
    assert small.std() == pytest.approx(1, abs=0.02)
    assert large.std() == pytest.approx(1, abs=0.02)
    halved = cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(small.ravel(), halved.ravel())[0, 1] > 0.99


def test_a_key_gives_the_same_pattern_in_every_release():
    """Marked films outlive releases: this may never change."""
    signs = watermark._coefficients(b"key", 0x0123456789ABCDEF).view(np.float32) > 0
    assert hashlib.sha256(np.packbits(signs).tobytes()).hexdigest()[:16] == "f1f59ad611af3649"


# --- Reading


@pytest.mark.parametrize("kind", KINDS)
def test_every_bit_is_read_again(kind):
    reading = read_watermark([marked_film(kind)], KEY)
    assert reading.payload == PAYLOAD
    assert reading.confidence > 0.9
    assert (reading.zoom, reading.mirrored) == (1, False)


@pytest.mark.parametrize("payload", [0, 1, (1 << 64) - 1])
def test_any_payload_is_carried(payload):
    assert read_watermark([marked_film("cartoon", payload=payload)], KEY).payload == payload


def test_geometry_is_found():
    height, width, top, left = 324, 576, 23, 41
    frames = marked_film("texture")[:, top : top + height, left : left + width]
    reading = read_watermark([frames], KEY, zooms=watermark.ZOOMS[::2])
    assert reading.payload == PAYLOAD
    assert reading.zoom == pytest.approx(360 / height, rel=0.003)
    moved = np.array([-top, -left]) / watermark.TILE - reading.shift
    assert abs((moved + 0.5) % 1 - 0.5).max() < 0.03


def test_a_mirrored_film_is_known_as_one():
    reading = read_watermark([marked_film("cartoon")[:, :, ::-1]], KEY)
    assert (reading.payload, reading.mirrored) == (PAYLOAD, True)


@pytest.mark.parametrize("size", [(320, 180), (480, 270), (854, 480), (1280, 720)])
def test_other_sizes_are_read(size):
    frames = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in marked_film("cartoon")[:2]]
    assert read_watermark([np.stack(frames)], KEY).payload == PAYLOAD


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (640, 360), (361, 483)])
def test_films_of_any_shape_are_marked(height, width):
    frames = marked_film("texture", height=height, width=width, num_frames=2)
    assert read_watermark([frames], KEY).payload == PAYLOAD


@pytest.mark.parametrize(
    "turn", [lambda f: f[::2], lambda f: np.repeat(f, 3, axis=0), lambda f: f[2:4], lambda f: f[::-1]]
)
def test_time_may_be_cut_stretched_and_turned(turn):
    assert read_watermark([turn(marked_film("pan"))], KEY).payload == PAYLOAD


AV1 = {"crf": "35", "preset": "10", "svtav1-params": "lp=1"}


@pytest.mark.parametrize(
    ("kind", "codec", "options"),
    [
        ("cartoon", "libx264", {"crf": "28"}),
        ("pan", "libx264", {"crf": "28"}),  # single frames are needed: the coder drags the mark along
        ("texture", "libx265", {"crf": "28", "preset": "fast", "x265-params": "log-level=none"}),
        ("texture", "libsvtav1", AV1),
    ],
)
def test_coarse_coding_leaves_the_mark(kind, codec, options):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    assert read_watermark([coded(marked_film(kind), codec, **options)], KEY).payload == PAYLOAD


@pytest.mark.parametrize(("gain", "offset"), [(1.1, 0), (0.9, 12.8), (0.8, 0)])
def test_brightness_and_contrast_leave_the_mark(gain, offset):
    frames = (marked_film("texture") * gain + offset).clip(0, 255).astype(np.uint8)
    assert read_watermark([frames], KEY).payload == PAYLOAD


def test_a_long_film_is_read_from_its_first_window():
    frames = marked_film("cartoon")[:1]
    reading = read_watermark((frames for _ in range(1000)), KEY)
    assert (reading.payload, reading.num_frames, reading.num_windows) == (PAYLOAD, watermark.WINDOW, 1)


def test_a_reading_is_plain_values():
    values = asdict(read_watermark([marked_film("cartoon")], KEY))
    assert all(type(value) in (int, float, bool, tuple) for value in values.values()), values


# --- False reads


@pytest.mark.parametrize("kind", ["cartoon", "texture"])
def test_nothing_is_read_without_a_mark_or_under_another_key(kind):
    zooms = watermark.ZOOMS[::8]
    for frames, key in ((film(kind), KEY), (marked_film(kind), OTHER_KEY)):
        reading = read_watermark([frames[:2]], key, zooms=zooms)
        assert (reading.payload, reading.confidence) == (None, 0)
        assert 0 < reading.num_attempts <= watermark.MOST_ATTEMPTS
        assert reading.false_positive_bound == reading.num_attempts / 2**32 <= 1e-6


@pytest.mark.parametrize("level", [0, 255])
def test_a_film_of_one_colour_holds_nothing(level):
    frames = np.full((2, 180, 320, 3), level, np.uint8)
    reading = read_watermark([frames], KEY, zooms=watermark.ZOOMS[::16])
    assert reading.payload is None and reading.sigmas < 6


def test_an_empty_film_holds_nothing():
    reading = read_watermark([], KEY)
    assert (reading.payload, reading.num_frames, reading.false_positive_bound) == (None, 0, 0)


def test_a_week_of_film_stays_under_the_bound():
    """Searches come after 1, 2, 4, ... windows and at the end, so their number grows with the length's logarithm."""
    windows = 7 * 24 * 3600 * 60 // watermark.WINDOW
    searches = windows.bit_length() + 1
    assert watermark.false_positive_bound(searches * watermark.MOST_ATTEMPTS) <= 1e-6


def test_wrong_words_pass_the_checksum_as_rarely_as_chance_says():
    """2 000 windows, each under a wrong key of its own: no word passes, and eight of its bits agree once in 256."""
    rng = np.random.default_rng(8)
    spectra = [
        watermark.spectrum(watermark.whitened(cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY)), zoom)
        for kind in KINDS
        for frames in (film(kind, num_frames=1), marked_film(kind, num_frames=1))
        for zoom in (1.0, 1.3)
    ]
    keys = [rng.bytes(16) for _ in range(2000)]
    soft = np.stack([likeliest_code(spectra[i % len(spectra)], key) for i, key in enumerate(keys)])
    errors = np.array([watermark.check_error(key, bits) for key, bits in zip(keys, codes.decode(soft))])
    assert (errors != 0).all()
    assert 0 < (errors & 255 == 0).sum() < 24  # Poisson of mean 7.8: outside with a chance of 1e-3
    assert len(np.unique(errors)) > 1990  # of 2^32 values


def likeliest_code(values, key):
    secrets = watermark.keyed(key)
    site = watermark.likeliest(values, 1.0, False, secrets)
    return watermark.soft_code(values * watermark.ramp(np.array(site.shift)), secrets)


def test_a_word_with_any_wrong_bit_or_under_another_key_is_refused():
    bits = watermark.word_bits(KEY, PAYLOAD)
    assert watermark.payload_of(KEY, bits) == PAYLOAD
    assert watermark.payload_of(OTHER_KEY, bits) is None
    for i in range(len(bits)):
        wrong = bits.copy()
        wrong[i] ^= 1
        assert watermark.payload_of(KEY, wrong) is None


def test_two_marks_live_in_one_film():
    """Whoever marks a film again does not wipe out the first mark."""
    twice = np.concatenate(list(marked([marked_film("cartoon")], OTHER_KEY, 7)))
    assert read_watermark([twice], KEY).payload == PAYLOAD
    assert read_watermark([twice], OTHER_KEY).payload == 7


# --- Refusals


@pytest.mark.parametrize("key", ["text", b"", None])
def test_a_key_must_be_bytes(key):
    with pytest.raises(RequestError, match="key"):
        marked([], key, 1)
    with pytest.raises(RequestError, match="key"):
        read_watermark([], key)


def test_a_refused_key_is_not_shown():
    with pytest.raises(RequestError) as refusal:
        marked([], "my secret as text", 1)
    assert "my secret" not in str(refusal.value)


@pytest.mark.parametrize(("payload", "strength"), [(-1, 1), (1 << 64, 1), (5, 0), (5, 9)])
def test_what_cannot_be_carried_is_refused_before_any_frame(payload, strength):
    with pytest.raises(RequestError):
        marked([], KEY, payload, strength=strength)


def test_a_film_too_small_to_carry_a_mark_is_refused():
    with pytest.raises(RequestError, match="160"):
        marked_film("flat", height=90, width=160)
