import numpy as np
import pytest

from filmloom.core.png import decode_png, encode_png, grid, write_png


@pytest.mark.parametrize("shape", [(5, 7, 3), (1, 1, 3), (6, 4)])
def test_what_is_encoded_is_decoded(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(decode_png(encode_png(image)), image)


def test_pillow_reads_what_we_write(tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    image = np.random.default_rng(1).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    with pillow.open(write_png(tmp_path / "deep" / "a.png", image)) as opened:
        assert np.array_equal(np.asarray(opened), image)


def test_a_grid_holds_every_picture_once():
    pictures = [[np.full((3, 4, 3), 10 * (3 * i + j + 1), np.uint8) for j in range(3)] for i in range(2)]
    sheet = grid(pictures, gap=1, shade=0)
    assert sheet.shape == (7, 14, 3)
    assert [int(sheet[4 * i, 5 * j, 0]) for i in range(2) for j in range(3)] == [10, 20, 30, 40, 50, 60]
