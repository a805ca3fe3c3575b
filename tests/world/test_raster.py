"""Every short cut of painting equals the plain way, to the last bit."""

import numpy as np
import pytest
import torch

from filmloom.world import raster
from filmloom.world.film import ROWS, lay_over
from filmloom.world.pen import Splats
from filmloom.world.raster import View, Window, splat


@pytest.mark.parametrize("height", [1, ROWS, 2 * ROWS + 7])
def test_a_sheet_laid_over_in_bands_is_the_whole_laid_over(height):
    rng = np.random.default_rng(0)
    picture, moved = rng.random((3, height, 53), np.float32), rng.random((height, 53, 4), np.float32)
    planes = moved.transpose(2, 0, 1)
    plain = picture * (1 - planes[3]) + planes[:3]
    lay_over(picture, moved)
    assert np.array_equal(picture, plain)


@pytest.mark.parametrize("value", [3, 0.25, np.float64(0.1), np.arange(3.0), np.ones((2, 1)) / 3, np.eye(2, 3)])
def test_numbers_are_spread_as_numpy_spreads_them(value):
    view = View(np.full((2, 3), 90.0), np.zeros((2, 3)), np.zeros((2, 3)), 90, 160)
    plain = np.broadcast_to(np.asarray(value, np.float32), (2, 3)).reshape(-1)
    assert np.array_equal(view.flat(value), plain) and view.flat(value).dtype == np.float32


def test_windows_cut_one_by_one_are_those_gathered_by_index(monkeypatch):
    corners = np.array([0.0, 11.0, 4.0]), np.array([2.0, 0.0, 6.0])
    canvas, new = torch.rand(3, 4, 20, 30), torch.rand(3, 4, 9, 7)
    cut = Window(*corners, 7, 9, 20, 30, "cpu")
    monkeypatch.setattr(raster, "FEW", 0)
    gathered = Window(*corners, 7, 9, 20, 30, "cpu")
    assert cut._index is None and gathered._index is not None
    assert torch.equal(cut.read(canvas), gathered.read(canvas))
    one, other = canvas.clone(), canvas.clone()
    cut.write(one, new)
    gathered.write(other, new)
    assert torch.equal(one, other) and torch.equal(cut.read(one), new)


@pytest.mark.parametrize("glow", [False, True])
@pytest.mark.parametrize("soft", [0.0, 0.05])
@pytest.mark.parametrize("radii", [(0.12, 0.004), (0.004, 0.12), (0.03, 0.03)])
def test_no_splat_covers_anything_beyond_its_reach(monkeypatch, radii, soft, glow):
    """Streaks, glitter and dots at every angle; some over the border, some on top of each other."""
    rng = np.random.default_rng(1)
    where = rng.uniform(-1, 1, (2, 1, 2, 40))
    view = View(np.full((1, 2), 90.0), np.full((1, 2), 80.0), np.full((1, 2), 45.0), 90, 160)
    for angle in (0.0, rng.uniform(0, 360, (1, 2, 40))):
        shape = (*where, *(np.full(40, r) for r in radii), np.broadcast_to(angle, (1, 2, 40)), np.full(40, 0.7))
        splats = Splats(*shape, colour=np.array([0.9, 0.5, 0.1], np.float32), soft=soft, glow=glow, fine=False)
        painted = torch.rand(2, 3, 90, 160, generator=torch.Generator().manual_seed(2))
        square = painted.clone()
        splat(painted, splats, view, sketch=False)
        most = int(np.ceil(max(radii) * 90 + soft * 90 / 2 + 1))
        with monkeypatch.context() as patched:  # as far to every side as the longer radius
            patched.setattr(raster, "_reach", lambda *_, most=most: (most, most))
            splat(square, splats, view, sketch=False)
        assert torch.equal(painted, square)
