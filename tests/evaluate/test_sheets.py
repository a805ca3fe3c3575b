"""Labels of sheets are legible: no letter is drawn by a font that lacks it."""

from __future__ import annotations

from filmloom.evaluate.sheets import _fonts, _runs


def test_every_letter_goes_to_a_font_that_has_it():
    """A Chinese font without Latin letters once drew boxes for every English word."""
    text = "seen 1, zh:  想象一下 pink… 小马"
    plain, chinese = _fonts()
    runs = list(_runs(text))
    assert "".join(piece for piece, _ in runs) == text
    for piece, font in runs:
        assert font is (plain if piece[0] in "s …" or piece.isascii() else chinese or plain)
    missing = bytes(plain.getmask("\uffff"))
    assert all(bytes(plain.getmask(letter)) != missing for letter in "seen1zh:,pink…")
