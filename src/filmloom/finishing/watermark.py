"""An invisible mark in a film's luma: 64 bits under a secret key, read again after coding, scaling, cropping and so on.

The mark is one tile, the same in every frame, repeated over the picture; its side is 128/360 of the picture's short
side. Every coefficient of a middle band of the tile's Fourier transform carries ±1: some a pattern that the key alone
fixes, by which a reader finds zoom, shift and mirroring; the others the coded payload. Since the tile stands still,
time can be cut, stretched and resampled at will; since it follows the picture's size, so can the picture.

    mark    frame + mask(frame) · tile, the mask following local activity
    read    mean over time, and single frames → what an edge-keeping blur leaves, over its local spread
            → the tile's coefficients at a zoom → shift, by the key's pattern → soft bits → Viterbi → checksum

Spread spectrum: Cox and others, 1997. A periodic mark as its own ruler: Kutter, 1998. Rows are y and down, columns x.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import cv2
import numpy as np

from filmloom.core.errors import RequestError
from filmloom.finishing import codes

PUBLIC_KEY = b"filmloom public watermark key 1"  # whoever has no key of their own: anyone can read it, and forge it

SHORT_SIDE = 360  # of the size at which marks are read
SMALLEST_SIDE = 160  # of a film that can be marked: in a smaller one, a tile's finest waves are shorter than two pixels
TILE = 128  # pixels of that size
BAND = (7, 28)  # cycles per tile: below, pictures are too loud; above, half size and coarse coding leave nothing
SYNC_SHARE = 1 / 8  # of the coefficients, to find the tile; the rest carry the payload

PAYLOAD_BITS, CHECK_BITS = 64, 32
WORD_BITS = PAYLOAD_BITS + CHECK_BITS

# Deviations in code values of 255: where the picture is flat, per unit of local activity, at most; over a frame.
FLAT, PER_ACTIVITY, MOST = 1.15, 0.8, 5.0
MASK_SIDE = 180  # short side at which activity is measured
CEILING = 2.4  # 40.5 dB

WINDOW = 64  # frames gathered between two attempts to read
ZOOMS = np.geomspace(0.5, 2.0, 347)  # 0.4 % apart: within a pixel at the edges of a wide picture
FINER = (0.998, 0.999, 1.0, 1.001, 1.002)
QUARTERS = np.arange(-4, 5) / 4 / TILE
WHITENING = 0.75  # 0.5 would divide by the spread; more, since calm places are also coded better
LOUDEST = 2.0  # times its ring's root mean square: a grating or a caption shouts in a few coefficients
NUM_SITES, NUM_WIDE = 8, 4  # readings attempted at each stage of a search: in one picture, and in all
MOST_ATTEMPTS = 3 * (NUM_SITES + NUM_WIDE)  # of one search: three stages
SLIGHT = 0.14  # natural logarithm of a zoom: crops to 87 % come before stronger ones
TINY = 1e-9  # a black film has no noise to divide by
EDGE, EDGES = 5.0, (6.0, 14.0)  # a step is an edge from so many times the median detail; in code values


@dataclass(frozen=True)
class Reading:
    """What was found. `false_positive_bound`: the chance that a film without this key's mark gives any payload here.

    `confidence`: share of the code's bits that agree with the payload, 0.5 for noise (0 where nothing was read).
    `zoom`: the tile's share of the picture over that of a whole one (1.11 after a crop to 90 %). `shift`: of the tile,
    down and across, as shares of its side. `sigmas`: how far the key's pattern stands above chance."""

    payload: int | None
    confidence: float
    false_positive_bound: float
    sigmas: float
    zoom: float
    shift: tuple[float, float]
    mirrored: bool
    num_frames: int
    num_windows: int
    num_attempts: int


def marked(chunks: Iterable[np.ndarray], key: bytes, payload: int, *, strength: float = 1.0) -> Iterator[np.ndarray]:
    """The film, uint8 [f, H, W, 3] RGB, with `payload` (0 .. 2^64 - 1) hidden in it under `key`.

    At strength 1 every frame keeps 40 dB or better, flat ones about 46. Each frame is marked by itself: chunks do not
    matter. A wrong key, payload, strength or size is refused at the call or at the first chunk.

    >>> write_mp4("marked.mp4", marked(film.chunks(16), key, payload=7), size=film.size, fps=film.rate, metadata={})"""
    _check_key(key)
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise RequestError("payload", payload, "a watermark carries 64 bits", payload % (1 << PAYLOAD_BITS))
    if not 0 < strength <= 4:
        raise RequestError("strength", strength, "it must be above 0 and at most 4", 1.0)
    return _marked(chunks, _coefficients(key, int(payload)), strength)


def _marked(chunks: Iterable[np.ndarray], coefficients: np.ndarray, strength: float) -> Iterator[np.ndarray]:
    pattern = None
    for chunk in chunks:
        assert chunk.dtype == np.uint8 and chunk.ndim == 4, f"{chunk.dtype} {chunk.shape} is not uint8 [f, H, W, 3]"
        if pattern is None or chunk.shape[1:3] != pattern.shape:
            pattern = _over_picture(coefficients, *chunk.shape[1:3])
        yield np.stack([_mark_frame(frame, pattern, strength) for frame in chunk])


def read_watermark(chunks: Iterable[np.ndarray], key: bytes, *, zooms: np.ndarray = ZOOMS) -> Reading:
    """Look for `key`'s mark in a film, uint8 [f, H, W, 3] RGB of one size; see `Reading`.

    Tries after one window of frames, after two, four and so on, and at the end; stops at the first payload."""
    _check_key(key)
    gathered, reading = Gathered(), NOTHING
    for frame in (frame for chunk in chunks for frame in chunk):
        gathered.add(frame)
        if gathered.is_due():
            reading = search(gathered.views(), key, zooms=zooms, tried=reading.num_attempts)
            if reading.payload is not None:
                break
    if reading.payload is None and gathered.num_frames and not gathered.is_due():
        reading = search(gathered.views(), key, zooms=zooms, tried=reading.num_attempts)
    windows = -(-gathered.num_frames // WINDOW)
    return replace(reading, num_frames=gathered.num_frames, num_windows=windows)


def false_positive_bound(num_attempts: int) -> float:
    """The chance that any of so many attempts passes the checksum by chance.

    The word decoded depends on the picture and on the key's signs and order; the checksum's 32-bit mask comes from the
    key independently of them (SHAKE-256 as a random oracle). So each attempt passes with probability 2^-32 whatever the
    picture, with no assumption on its noise; a union bound adds the attempts."""
    return num_attempts * 2.0**-CHECK_BITS


NOTHING = Reading(None, 0.0, 0.0, 0.0, 1.0, (0.0, 0.0), False, 0, 0, 0)


def _check_key(key: bytes) -> None:
    if not isinstance(key, bytes) or not key:  # the message must not show a secret
        shown = "empty" if isinstance(key, bytes) else type(key).__name__
        raise RequestError("key", shown, "it must be bytes, at least one", "secrets.token_bytes(16)")


# --- What the key fixes


@dataclass(frozen=True)
class Keyed:
    """The secrets of a key: a sign for the real and imaginary part of every coefficient, and what each one carries."""

    chips: np.ndarray  # [n] complex, ±1 ± i
    sync: np.ndarray  # [n] bool: pattern for finding, or payload
    code_index: np.ndarray  # [m]: which bit of the code each real number of the payload's coefficients carries
    check_mask: int


@lru_cache(maxsize=64)
def keyed(key: bytes) -> Keyed:
    """The key's secrets, by SHAKE-256; the same on every machine and in every release."""
    num = len(BINS)
    signs = 1 - 2.0 * (_random(key, b"signs", 2 * num) & 1)
    sync = np.zeros(num, bool)
    sync[_random(key, b"sync").argsort()[: round(SYNC_SHARE * num)]] = True
    num_data = 2 * (num - sync.sum())
    code_index = np.arange(num_data) % (WORD_BITS * codes.RATE)
    code_index = code_index[_random(key, b"order", num_data).argsort()]
    check_mask = int(_random(key, b"check", 1)[0] >> (64 - CHECK_BITS))
    return Keyed((signs[:num] + 1j * signs[num:]).astype(np.complex64), sync, code_index, check_mask)


def _random(key: bytes, label: bytes, num: int = 0) -> np.ndarray:
    stream = hashlib.shake_256(b"filmloom watermark 1\0" + label + b"\0" + key).digest(8 * (num or len(BINS)))
    return np.frombuffer(stream, "<u8")


def _bins() -> np.ndarray:
    """[n, 2]: (v, u), cycles per tile down and across, of the band's coefficients in one half-plane."""
    v, u = np.mgrid[1 : BAND[1] + 1, -BAND[1] : BAND[1] + 1]
    radius = np.hypot(v, u)
    return np.stack([v, u], -1)[(radius >= BAND[0]) & (radius <= BAND[1])]


BINS = _bins()
RING = np.rint(np.hypot(*BINS.T)).astype(int)
TILT = np.sqrt(np.hypot(*BINS.T) / np.hypot(*BINS.T).mean())  # more in fine waves, where pictures are faint
RING_SIZE = np.maximum(np.bincount(RING), 1)
MIRROR = np.lexsort((-BINS[:, 1], BINS[:, 0]))


# --- Words


def word_bits(key: bytes, payload: int) -> np.ndarray:
    """Payload and checksum as 96 bits."""
    word = payload << CHECK_BITS | _checksum(payload) ^ keyed(key).check_mask
    return np.array([word >> (WORD_BITS - 1 - i) & 1 for i in range(WORD_BITS)], np.uint8)


def payload_of(key: bytes, bits: np.ndarray) -> int | None:
    """The payload of 96 bits, if the checksum says that they are a word of this key."""
    return None if check_error(key, bits) else _number(bits[:PAYLOAD_BITS])


def check_error(key: bytes, bits: np.ndarray) -> int:
    """The difference between the checksum that 96 bits hold and the one that they should: 0 for a word of this key."""
    return _number(bits[PAYLOAD_BITS:]) ^ _checksum(_number(bits[:PAYLOAD_BITS])) ^ keyed(key).check_mask


def _number(bits: np.ndarray) -> int:
    return int("".join(map(str, bits.tolist())), 2)


def _checksum(payload: int) -> int:
    return zlib.crc32(payload.to_bytes(PAYLOAD_BITS // 8, "big"))


# --- Marking


def _coefficients(key: bytes, payload: int) -> np.ndarray:
    """[n] complex, ±1 ± i: what `BINS` hold."""
    secrets = keyed(key)
    code = codes.encode(word_bits(key, payload))[secrets.code_index]
    values = secrets.chips.copy()
    half = len(code) // 2
    values[~secrets.sync] = values[~secrets.sync].real * code[:half] + 1j * values[~secrets.sync].imag * code[half:]
    return values


def _over_picture(coefficients: np.ndarray, height: int, width: int) -> np.ndarray:
    """The tile repeated over a picture, float32 [H, W]: its Fourier series at pixel centres, whatever the size."""
    if min(height, width) < SMALLEST_SIDE:
        rule = f"a watermark needs a short side of at least {SMALLEST_SIDE} pixels"
        raise RequestError("size", f"{width}x{height}", rule, f"a short side of {SMALLEST_SIDE}")
    side = TILE * min(height, width) / SHORT_SIDE
    across, down = _waves(width, side).conj(), _waves(height, side).conj()
    v, u = BINS.T
    series = np.zeros((BAND[1] + 1, 2 * BAND[1] + 1), np.complex64)
    series[v, u + BAND[1]] = coefficients * TILT / np.sqrt(len(BINS))  # standard deviation 1
    whole = np.concatenate([across[:, :0:-1].conj(), across], 1)  # cycles from -BAND to BAND
    return np.ascontiguousarray((down @ series @ whole.T).real)


@lru_cache(maxsize=16)
def _waves(num_pixels: int, side: float) -> np.ndarray:
    """[pixels, BAND + 1] complex: e^(-2 pi i k x / side) at pixel centres x, k from 0."""
    angle = np.outer(np.arange(num_pixels) + 0.5, np.arange(BAND[1] + 1) * (-2 * np.pi / side)).astype(np.float32)
    waves = np.empty(angle.shape, np.complex64)
    waves.real, waves.imag = np.cos(angle), np.sin(angle)
    return waves


def _mark_frame(frame: np.ndarray, pattern: np.ndarray, strength: float) -> np.ndarray:
    """Equal steps in R, G and B are a step of luma alone, by any matrix."""
    delta = cv2.multiply(pattern, _mask(frame, strength), dtype=cv2.CV_16S)  # rounds
    return cv2.add(frame, cv2.merge([delta, delta, delta]), dtype=cv2.CV_8U)


def _mask(frame: np.ndarray, strength: float) -> np.ndarray:
    """How strong the mark may be at each pixel, float32 [H, W]: eyes miss in busy places what they see in flat ones."""
    height, width = frame.shape[:2]
    ratio = MASK_SIDE / min(height, width)
    small_size = (round(width * ratio), round(height * ratio))
    grey = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), small_size, interpolation=cv2.INTER_AREA)
    grey = grey.astype(np.float32)
    detail = grey - cv2.blur(grey, (3, 3))  # slopes are not detail: a mark shows in a soft sky
    activity = np.sqrt(cv2.blur(detail * detail, (5, 5)))
    activity = cv2.blur(cv2.erode(activity, np.ones((5, 5), np.uint8)), (5, 5))  # a flat place beside an edge is flat
    mask = np.clip(FLAT + PER_ACTIVITY * activity, 0, MOST)
    mask *= strength * min(1.0, CEILING / float(np.sqrt(np.mean(mask * mask))))
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)


# --- Reading


class Gathered:
    """Luma at reading size: the mean of the whole film, and the frames of the last window."""

    def __init__(self):
        self.num_frames, self.total = 0, None
        self.recent: deque[np.ndarray] = deque(maxlen=WINDOW)

    def add(self, frame: np.ndarray) -> None:
        grey = _at_reading_size(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
        if self.total is None:
            self.total = np.zeros(grey.shape, np.float32)
        cv2.accumulate(grey, self.total)
        self.recent.append(grey)
        self.num_frames += 1

    def is_due(self) -> bool:
        """After 1, 2, 4, 8, ... windows: a film of any length is searched a few times."""
        windows, rest = divmod(self.num_frames, WINDOW)
        return rest == 0 and windows > 0 and windows & (windows - 1) == 0

    def views(self) -> Views:
        return Views(self.total / self.num_frames, list(self.recent))


@dataclass(frozen=True)
class Views:
    """Pictures to read in, whitened when asked for: the mean, where what stands still grows against what moves,
    and single frames, since a coder that follows a pan keeps the mark in key frames and drags it along between them."""

    mean_luma: np.ndarray
    frames: list[np.ndarray]

    @cached_property
    def mean(self) -> np.ndarray:
        return whitened(self.mean_luma)

    @cached_property
    def first(self) -> np.ndarray:
        return whitened(self.frames[0])

    @cached_property
    def all(self) -> list[np.ndarray]:
        return [self.mean, self.first, *map(whitened, self.frames[1:])]


def _at_reading_size(grey: np.ndarray) -> np.ndarray:
    height, width = grey.shape
    ratio = SHORT_SIDE / min(height, width)
    size = (round(width * ratio), round(height * ratio))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC)


def whitened(luma: np.ndarray) -> np.ndarray:
    """What an edge-keeping blur leaves of a picture, over its local spread: calm places count most."""
    luma = luma.astype(np.float32)
    fine = float(np.median(np.abs(luma - cv2.GaussianBlur(luma, (0, 0), 3.0))))
    edge = float(np.clip(EDGE * fine, *EDGES))
    rest = luma - cv2.bilateralFilter(luma, 9, edge, 3.0)
    spread = cv2.GaussianBlur(rest * rest, (0, 0), 5.0)
    return rest / (spread + 0.5) ** WHITENING


def search(views: Views, key: bytes, *, zooms: np.ndarray = ZOOMS, tried: int = 0) -> Reading:
    """The best reading over zooms, mirrored or not: an untouched size first, then slight zooms, then all.

    At each stage the likeliest sites are read in the picture that showed them, then the best of them in all."""
    best = NOTHING
    for some in (np.ones(1), zooms[np.abs(np.log(zooms)) < SLIGHT], zooms[np.abs(np.log(zooms)) >= SLIGHT]):
        pairs = [(s, picture) for z in some for picture in (views.mean, views.first) for s in _sites(picture, z, key)]
        found = sorted(pairs, key=lambda pair: pair[0], reverse=True)[:NUM_SITES]
        for (site, picture), wide in [(pair, False) for pair in found] + [(pair, True) for pair in found[:NUM_WIDE]]:
            tried += 1
            reading = _attempt(picture, views.all if wide else [picture], key, site)
            best = max(best, reading, key=lambda r: (r.payload is not None, r.sigmas))
            if reading.payload is not None:
                return _bounded(best, tried)
    return _bounded(best, tried)


def spectrum(picture: np.ndarray, zoom: float) -> np.ndarray:
    """[n] complex: the picture's transform at `BINS`, for tiles of TILE * zoom pixels, over each ring's noise power."""
    height, width = picture.shape
    rows = picture @ _waves(width, TILE * zoom)  # [H, u from 0]
    down = _waves(height, TILE * zoom).T  # [v from 0, H]
    right, left = down @ rows, down @ rows.conj()
    v, u = BINS.T
    raw = np.where(u >= 0, right[v, np.abs(u)], left[v, np.abs(u)])
    ring = np.bincount(RING, np.abs(raw) ** 2) / RING_SIZE
    noise = np.maximum(ring, TINY)[RING]
    return TILT * raw / noise / np.maximum(1, np.abs(raw) / (LOUDEST * np.sqrt(noise)))


def _bounded(reading: Reading, tried: int) -> Reading:
    return replace(reading, num_attempts=tried, false_positive_bound=false_positive_bound(tried))


@dataclass(frozen=True, order=True)
class Site:
    """Where the key's pattern may lie: the tile's zoom and shift in the reading picture, and how likely."""

    sigmas: float
    zoom: float
    mirrored: bool
    shift: tuple[float, float]  # (down, across), shares of the tile


def _sites(picture: np.ndarray, zoom: float, key: bytes) -> list[Site]:
    values = spectrum(picture, zoom)
    return [likeliest(_turned(values, mirrored), zoom, mirrored, keyed(key)) for mirrored in (False, True)]


def _turned(values: np.ndarray, mirrored: bool) -> np.ndarray:
    """x → -x maps cycles (v, u) to (v, -u); the width that is missing is one more shift."""
    return values[MIRROR] if mirrored else values


def likeliest(values: np.ndarray, zoom: float, mirrored: bool, secrets: Keyed) -> Site:
    """The shift with the highest correlation with the key's pattern, over all at once by an inverse transform."""
    plane = np.zeros((TILE, TILE // 2 + 1), np.complex64)  # u, v: the half that an inverse real transform takes
    v, u = BINS[secrets.sync].T
    plane[u, v] = values[secrets.sync] * secrets.chips[secrets.sync].conj()
    surface = np.fft.irfft2(plane)
    at = int(surface.argmax())
    sigmas = surface.flat[at] * TILE**2 / 2 / (np.linalg.norm(values[secrets.sync]) + TINY)
    return Site(float(sigmas), float(zoom), mirrored, (at % TILE / TILE, at // TILE / TILE))


def _attempt(picture: np.ndarray, pictures: list[np.ndarray], key: bytes, site: Site) -> Reading:
    """One reading: the site refined in one picture, zoom before shift; all `pictures` added there; one decoding."""
    secrets = keyed(key)
    finer = [(spectrum(picture, site.zoom * f), site.zoom * f) for f in FINER]
    finer = [(_turned(values, site.mirrored), zoom) for values, zoom in finer]
    site, values = max(((likeliest(v, z, site.mirrored, secrets), v) for v, z in finer), key=lambda pair: pair[0])
    site = _within_a_pixel(values, site, secrets)
    soft = sum(soft_code(_laid_back(other, site), secrets) for other in pictures)
    bits = codes.decode(soft[None])[0]
    payload = payload_of(key, bits)
    agreement = float(np.mean((soft > 0) == (codes.encode(bits) > 0))) if payload is not None else 0.0
    return replace(
        NOTHING, payload=payload, confidence=agreement, sigmas=site.sigmas, zoom=site.zoom, shift=site.shift,
        mirrored=site.mirrored,
    )  # fmt: skip


def _within_a_pixel(values: np.ndarray, site: Site, secrets: Keyed) -> Site:
    """The best shift within a pixel of the site's, to a quarter."""
    steps = np.stack(np.meshgrid(QUARTERS, QUARTERS, indexing="ij"), -1).reshape(-1, 2) + site.shift
    pattern = (values * secrets.chips.conj())[secrets.sync]
    matches = (ramp(steps)[:, secrets.sync] @ pattern).real
    at = matches.argmax()
    sigmas = matches[at] / (np.linalg.norm(values[secrets.sync]) + TINY)
    return replace(site, sigmas=float(sigmas), shift=tuple((steps[at] % 1).tolist()))


def _laid_back(picture: np.ndarray, site: Site) -> np.ndarray:
    """A picture's spectrum as if the tile had neither zoom, mirroring nor shift."""
    return _turned(spectrum(picture, site.zoom), site.mirrored) * ramp(np.array(site.shift))


def ramp(shift: np.ndarray) -> np.ndarray:
    """[..., 2] shares of a tile → [..., n]: what undoes that shift."""
    return np.exp(2j * np.pi * shift @ BINS.T).astype(np.complex64)


def soft_code(values: np.ndarray, secrets: Keyed) -> np.ndarray:
    """[384]: for each bit of the code, what its coefficients say together, as loud as the key's pattern is there.

    Maximum ratio combining: amplitude over noise; the pattern's amplitude is shrunk by what chance alone would show."""
    pattern, power = values[secrets.sync] * secrets.chips[secrets.sync].conj(), np.abs(values[secrets.sync]) ** 2
    match, chance = max(float(pattern.real.sum()), TINY), float(power.sum()) + TINY
    amplitude = match / chance * max(1 - chance / match**2, 1e-3)
    data, chips = values[~secrets.sync], secrets.chips[~secrets.sync]
    votes = np.concatenate([data.real * chips.real, data.imag * chips.imag])
    return amplitude * np.bincount(secrets.code_index, votes, WORD_BITS * codes.RATE)
