"""Styles: the same marks, painted by another hand. Storybook is the marks as they are; flat is cut paper; ink is brush
and wash on paper; night-neon is light on dark.

A style turns a mark into a `Look` just before it is painted, so that labels, motion and sketches know nothing of it.
Whatever carries a subject's colour varies from clip to clip, an array [B, 1, 3]; everything else is one colour for
all. That is how ink knows what to leave in colour.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from filmloom.world.light import Grade
from filmloom.world.pen import Layer, Look, Mark, Splats, colour_of, mix

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
PAPER, INK = colour_of("#f6f0e1"), colour_of("#1d1b22")
DARK = colour_of("#0b0820")
SKY = 0.04  # parallax up to which a layer belongs to the sky


def look_of(mark: Mark, layer: Layer, style: str) -> Look | None:
    """A mark of `layer` as `style` paints it; None: as it is."""
    return _LOOKS[style](mark, layer) if style in _LOOKS else None


def splats_of(splats: Splats, layer: Layer, style: str) -> Splats:
    """Splats of `layer` in the colours of `style`."""
    if style not in _TONES or splats.glow:
        return splats
    return replace(splats, colour=_TONES[style](splats.colour, layer))


def grade_of(grade: Grade, style: str) -> Grade:
    """The last touch that a style adds: grain of the sheet, bloom of the lights."""
    match style:
        case "flat":
            return replace(grade, vignette=grade.vignette * 0.4, paper=0.05)
        case "ink":
            saturation, contrast = min(grade.saturation, 1.1), grade.contrast * 1.05
            return replace(grade, saturation=saturation, contrast=contrast, vignette=grade.vignette * 0.6, paper=0.13)
        case "night_neon":
            return replace(grade, contrast=grade.contrast * 1.06, bloom=grade.bloom + 0.85)
    return grade


def _grey(colour: np.ndarray) -> np.ndarray:
    """Luminance [..., 1]."""
    return (colour_of(colour) @ LUMA)[..., None]


def _is_accent(colour: np.ndarray, layer: Layer) -> bool:
    return layer.subject >= 0 and np.ndim(colour) == 3


def _span(mark: Mark) -> float:
    """The larger side of a mark's box, frame heights."""
    x0, y0, x1, y1 = mark.shape.box
    return float(max(np.max(np.asarray(x1) - x0), np.max(np.asarray(y1) - y0)))


def _is_body(mark: Mark, layer: Layer) -> bool:
    """Something solid with a border worth drawing: no glow, no feather, no veil, no pane, no piece of sky."""
    if mark.glow or np.any(mark.soft) or layer.parallax <= SKY or mark.shape.kind in ("windows", "ring"):
        return False
    return bool(np.max(mark.alpha) > 0.75)


def _like(mark: Mark, **changes) -> Look:
    return Look(**(vars(mark) | changes))


# --- flat: cut paper ---


def _flat(mark: Mark, layer: Layer) -> Look:
    """One colour to a shape, four bands to a sky or a field, no lines, and the shadow of paper on paper."""
    own = layer.subject >= 0
    first, second = (None if c is None else _cut(c, layer) for c in (mark.colour, mark.colour2))
    wide = _span(mark) > 0.5 and not own
    if second is not None and not wide and not mark.glow:
        first, second = (first + second) / 2, None
    look = _like(mark, colour=first, colour2=second, shade=None, bands=4 if wide else 0)
    if mark.outline is not None:  # the line's place is given to the fill, so that nothing shrinks
        look.outline = first
    if np.any(mark.soft):
        _crispen(look, mark, own)
    elif _is_body(mark, layer) and (mark.outline is not None or (not own and _span(mark) > 0.09)):
        look.cast = (0.0025, 0.004, 0.008, 0.34) if own else (0.004, 0.006, 0.014, 0.30)
    return look


def _crispen(look: Look, mark: Mark, own: bool) -> None:
    """Feathers: glints on bodies go, mist and halos tighten, the rest becomes a clean edge."""
    veil = mark.fine and np.max(mark.alpha) < 0.62
    look.soft = 0.45 * np.asarray(mark.soft) if veil or mark.glow else 0.0
    if veil and own:
        look.alpha = 0.0 * np.asarray(mark.alpha)


def _cut(colour: np.ndarray, layer: Layer) -> np.ndarray:
    """Few, clear colours: more chroma, and for scenery eight steps per channel."""
    grey = _grey(colour)
    full = np.clip(grey + (colour_of(colour) - grey) * 1.12, 0, 1)
    return full if layer.subject >= 0 else np.round(full * 8) / 8


# --- ink: brush and wash ---


def _ink(mark: Mark, layer: Layer) -> Look:
    """Diluted greys whose pigment gathers at the edge, and lines of a brush, blacker when nearer."""
    own, near = layer.subject >= 0, float(np.clip(layer.parallax, 0, 1))
    first, second = (None if c is None else _washed(c, layer) for c in (mark.colour, mark.colour2))
    look = _like(mark, colour=first, colour2=second, shade=None)
    if mark.glow:
        look.alpha = 0.6 * np.asarray(mark.alpha)
    if not _is_body(mark, layer):
        return look
    look.edge, look.edge_amount = mix(first, INK, 0.55), 0.5 if own else 0.42
    look.edge_width = 0.008 if own else 0.012
    if mark.outline is not None:
        look.outline, look.width, look.brush = INK, 1.15 * np.asarray(mark.width), 0.55
    elif not own and _span(mark) > 0.035:
        look.outline, look.width, look.brush = mix(PAPER, INK, 0.28 + 0.5 * near), 0.0012 + 0.0012 * near, 0.8
    return look


def _washed(colour: np.ndarray, layer: Layer) -> np.ndarray:
    """Ink and water, with a breath of the colour; what carries a subject's colour keeps it."""
    colour, grey = colour_of(colour), _grey(colour)
    if _is_accent(colour, layer):
        return np.clip(grey + (colour - grey) * 1.15, 0, 1)
    wash = PAPER + (INK - PAPER) * (0.90 * np.clip(1.02 - grey, 0, 1) ** 1.6)
    return np.clip(wash + (colour - grey) * (0.34 if layer.subject >= 0 else 0.17), 0, 1)


# --- night-neon: light on dark ---


def _neon(mark: Mark, layer: Layer) -> Look:
    """Dark bodies whose rims and outlines shine."""
    own = layer.subject >= 0
    if mark.emit and not mark.glow and not np.any(mark.soft) and (_span(mark) < 0.3 or mark.shape.kind == "windows"):
        return _like(mark, shade=None)  # sun and moon, lamps, lit panes
    first, second = (None if c is None else _dim(c, layer, mark.glow) for c in (mark.colour, mark.colour2))
    look = _like(mark, colour=first, colour2=second, shade=None)
    if mark.glow and layer.parallax <= SKY:
        look.alpha = 0.55 * np.asarray(mark.alpha)
    if not _is_body(mark, layer):
        return look
    rim, near = _vivid(mark.colour), float(np.clip(layer.parallax, 0.15, 1))
    look.edge, look.edge_amount, look.edge_width = rim, 0.62 if own else 0.30, 0.0065
    if mark.outline is not None:
        look.outline = rim if own else mix(DARK, rim, 0.35 + 0.5 * near)
        look.width = 0.75 * np.asarray(mark.width)
    elif not own and _span(mark) > 0.05:
        look.outline, look.width = mix(DARK, rim, 0.25 + 0.55 * near), 0.0016
    return look


def _vivid(colour: np.ndarray) -> np.ndarray:
    """The colour as a lamp: full chroma; what is grey glows white, what is black hardly."""
    colour = colour_of(colour)
    top = np.maximum(colour.max(-1, keepdims=True), 0.05)
    hue, middle = colour / top, (colour / top).mean(-1, keepdims=True)
    return np.clip(middle + (hue - middle) * 1.5, 0, 1) * (0.50 + 0.5 * np.clip(1.6 * top, 0, 1))


def _dim(colour: np.ndarray, layer: Layer, glow: bool) -> np.ndarray:
    """What does not shine: the dark ground with a share of the colour."""
    colour = colour_of(colour)
    if glow:
        return np.clip(1.1 * colour, 0, 1)
    if layer.subject >= 0:
        share = 0.50 if _is_accent(colour, layer) else 0.38
        return np.clip(DARK + share * _vivid(colour) * colour.max(-1, keepdims=True), 0, 1)
    return DARK + (0.28 if layer.parallax <= SKY else 0.21) * colour


def _spark(colour: np.ndarray, layer: Layer) -> np.ndarray:
    """Flecks are lights: petals, flakes, blades of grass, fainter with distance."""
    return mix(DARK, _vivid(colour), 0.35 + 0.5 * min(1.0, layer.parallax))


_LOOKS = {"flat": _flat, "ink": _ink, "night_neon": _neon}
_TONES = {"flat": _cut, "ink": _washed, "night_neon": _spark}
