"""A steady picture: the shake of a camera and the flicker of light taken out; pans and fades stay.

    frames = steadied(film.chunks(8), border="crop")
    frames = deflickered(frames)

Both follow a path along the film (of the camera; of the light), call its slow part meant and its fast part not, and
take out the fast part. Films that have none come through bit for bit. Frames are held while the path is watched:
about 40 for the camera, 30 for the light, whatever the film's length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from filmloom.core.errors import RequestError
from filmloom.finishing.change import Move, OnPath, camera, in_context, light, seen, shot, views, with_gain

BORDERS = ("crop", "fill")
SIGMA = 5.0  # frames: what is slower than about four of these is meant
NEAR = 8  # frames on either side that say whether there is shake at all
MARGIN = 0.05  # of each side: the most that cropping takes
UNSEEN = 0.002  # log gain: flicker fainter than half a code value at white


@dataclass
class SteadyReport:
    """Filled as the frames pass, in pixels: root mean square and largest shake; what was done about it."""

    frames: int = 0
    moved: int = 0
    limited: int = 0  # frames whose shake was larger than the margin allows
    shake: float = 0.0
    largest: float = 0.0
    zoom: float = 1.0  # the largest enlargement, for borders out of sight


@dataclass
class FlickerReport:
    """Filled as the frames pass, in percent of brightness: root mean square and largest flicker."""

    frames: int = 0
    changed: int = 0
    flicker: float = 0.0
    largest: float = 0.0


# --- The camera


def steadied(
    chunks: Iterable[np.ndarray],
    *,
    border: str = "crop",
    margin: float = MARGIN,
    sigma: float = SIGMA,
    report: SteadyReport | None = None,
) -> Iterator[np.ndarray]:
    """uint8 [f, h, w, 3] → uint8 [1, h, w, 3] without shifts and turns that come and go within about a second.

    `border`: "crop" enlarges slowly, by as much as the shake nearby needs, up to 1 / (1 - 2 margin); "fill" keeps the
    scale and completes edges from the frame before. Where the shake is larger than `margin` some of it stays."""
    if border not in BORDERS:
        raise RequestError("border", border, f"it must be one of {', '.join(BORDERS)}", "crop")
    if not 0 < margin <= 0.25:
        raise RequestError("margin", margin, "it is a share of the picture's side, over 0 and at most 0.25", MARGIN)
    return _steadied(camera(seen(views(chunks)), sigma), border, margin, SteadyReport() if report is None else report)


def _steadied(frames: Iterator[OnPath], border: str, margin: float, report: SteadyReport) -> Iterator[np.ndarray]:
    last: tuple[np.ndarray, np.ndarray] | None = None  # the picture before, and where the steady camera was
    for index, window in in_context(frames, 2 * NEAR):
        here = window[index]
        begin, end = shot(window, index, lambda one: one.one.cut)
        last = None if here.one.cut else last
        move, zoom = _correction(window[begin:end], index - begin, margin, border)
        picture = here.one.view.picture
        if move is not None:
            behind = last and (last[0], here.smooth - last[1])
            picture = _enlarged(picture, move, zoom) if border == "crop" else _filled(picture, move, behind)
        _note(report, here, move, zoom, margin)
        last = picture, here.smooth
        yield picture[None]


def _correction(shot_: Sequence[OnPath], index: int, margin: float, border: str) -> tuple[Move | None, float]:
    """What brings the frame back to the steady path, None where there is no shake; and the enlargement."""
    moves = [_limited(one, margin) for one in shot_]
    near = np.array([_extent(one.away, one) for one in shot_[max(0, index - NEAR) : index + NEAR + 1]])
    unseen = 0.1 + 0.05 * shot_[index].one.view.fineness  # what the measurement itself trembles by
    share = float(np.clip(np.sqrt(np.mean(near**2)) / unseen - 1, 0, 1))
    zoom = 1 + max(
        _zoom(move, one) * np.exp(-0.5 * ((i - index) / NEAR) ** 2) for i, (move, one) in enumerate(zip(moves, shot_))
    )
    zoom = 1 + (zoom - 1) * share
    if share == 0:
        return None, 1.0
    dx, dy, turn, _ = moves[index].as_array() * share
    return Move(dx, dy, turn), float(zoom)


def _limited(one: OnPath, margin: float) -> Move:
    """The way back, shortened so that a crop by `margin` still hides the borders."""
    dx, dy, turn, _ = -one.away
    needed = _zoom(Move(dx, dy, turn), one)
    most = 1 / (1 - 2 * margin) - 1
    share = min(1.0, most / needed) if needed else 1.0
    return Move(dx * share, dy * share, turn * share)


def _zoom(move: Move, one: OnPath) -> float:
    """By how much a picture moved like this must be enlarged until no border shows."""
    height, width = one.one.view.picture.shape[:2]
    across = 2 * (abs(move.dx) + abs(move.turn) * height / 2) / width
    down = 2 * (abs(move.dy) + abs(move.turn) * width / 2) / height
    return max(across, down) / (1 - min(0.5, max(across, down)))


def _extent(away: np.ndarray, one: OnPath) -> float:
    """How far shake moves a point half-way to the corner, in pixels."""
    height, width = one.one.view.picture.shape[:2]
    return float(np.hypot(np.hypot(away[0], away[1]), away[2] * np.hypot(width, height) / 4))


def _enlarged(picture: np.ndarray, move: Move, zoom: float) -> np.ndarray:
    height, width = picture.shape[:2]
    matrix = Move(zoom=zoom - 1).matrix(width, height) @ np.vstack([move.matrix(width, height), [0, 0, 1]])
    return _warped(picture, matrix, cv2.INTER_CUBIC)


def _filled(picture: np.ndarray, move: Move, behind: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    """Moved; what comes into sight at the edges is the picture before, carried along the steady path."""
    height, width = picture.shape[:2]
    moved = _warped(picture, move.matrix(width, height), cv2.INTER_CUBIC)
    if behind is None:
        return moved
    before = _warped(behind[0], Move(*behind[1]).matrix(width, height), cv2.INTER_LINEAR)
    inside = np.full((height, width), 255, np.uint8)
    inside = cv2.warpAffine(inside, move.matrix(width, height), (width, height), flags=cv2.INTER_LINEAR)
    return np.where(inside[..., None] == 255, moved, before)


def _warped(picture: np.ndarray, matrix: np.ndarray, method: int) -> np.ndarray:
    size = picture.shape[1], picture.shape[0]
    return cv2.warpAffine(picture, matrix, size, flags=method, borderMode=cv2.BORDER_REPLICATE)


def _note(report: SteadyReport, here: OnPath, move: Move | None, zoom: float, margin: float) -> None:
    extent = _extent(here.away, here)
    report.shake = np.sqrt((report.shake**2 * report.frames + extent**2) / (report.frames + 1)).item()
    report.frames += 1
    report.largest = max(report.largest, extent)
    report.moved += move is not None
    report.limited += bool(move is not None and _zoom(Move(*here.away[:3]), here) > 1 / (1 - 2 * margin) - 1)
    report.zoom = max(report.zoom, zoom)


# --- Light


def deflickered(
    chunks: Iterable[np.ndarray], *, sigma: float = SIGMA, report: FlickerReport | None = None
) -> Iterator[np.ndarray]:
    """uint8 [f, h, w, 3] → uint8 [1, h, w, 3] without gains of R, G and B that come and go; fades and drift stay.

    Gains of the whole picture: a lamp that flickers in a corner is no fault of the film, and stays."""
    report = FlickerReport() if report is None else report
    for here in light(seen(views(chunks)), sigma):
        changes = np.abs(here.away).max() > UNSEEN
        size = float(np.expm1(np.abs(here.away).max())) * 100
        report.flicker = np.sqrt((report.flicker**2 * report.frames + size**2) / (report.frames + 1)).item()
        report.frames, report.changed = report.frames + 1, report.changed + bool(changes)
        report.largest = max(report.largest, size)
        picture = here.one.view.picture
        yield (with_gain(picture, np.exp(-here.away)) if changes else picture)[None]
