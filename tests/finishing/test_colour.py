"""Drift goes, grades are gentle, tables mean what an independent player makes of them."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from filmloom.core.errors import RequestError, UserError
from filmloom.finishing import colour
from filmloom.finishing.colour import (
    GRADES,
    LUMA,
    Cube,
    DriftReport,
    Grade,
    grade_named,
    graded,
    levelled,
    looked_up,
    parsed_cube,
    read_cube,
)

NAMES = ("car", "horse", "dog", "girl")


def joined(chunks):
    return np.concatenate(list(chunks))


def error(a, b):
    return float(np.mean((a.astype(float) - b) ** 2))


def drifting(clip, per_second):
    """The clip with gains of R, G, B that grow evenly in log, so much in a second."""
    gains = np.outer(np.arange(len(clip)) / 16, per_second)
    return np.clip(np.rint(clip * np.exp(gains)[:, None, None, :]), 0, 255).astype(np.uint8)


def colours(num=4000, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (num, 3), dtype=np.uint8)


# --- Drift


@pytest.mark.parametrize("name", NAMES)
def test_four_fifths_of_a_drift_go(shots, name):
    clip, report = shots[name], DriftReport()
    bad = drifting(clip, (-0.08, -0.14, -0.22))
    frames = joined(levelled([bad], report=report))
    assert error(frames, clip) < 0.05 * error(bad, clip)
    assert report.exposure == pytest.approx(100 * np.expm1(0.1467 * 23 / 16), rel=0.15)


def test_exposure_and_white_balance_are_undone_one_by_one(shots):
    clip = shots["girl"]
    darker, redder = drifting(clip, (-0.2, -0.2, -0.2)), drifting(clip, (0.03, 0, -0.03))
    assert error(joined(levelled([darker], exposure=False)), darker) < 0.5
    assert error(joined(levelled([redder], white_balance=False)), redder) < 0.5
    assert error(joined(levelled([darker], white_balance=False)), clip) < 0.05 * error(darker, clip)
    assert error(joined(levelled([redder], exposure=False)), clip) < 0.2 * error(redder, clip)


@pytest.mark.parametrize("name", NAMES)
def test_films_without_drift_come_through_bit_for_bit(shots, name):
    report = DriftReport()
    assert np.array_equal(joined(levelled(np.split(shots[name], [5]), report=report)), shots[name])
    assert report.changed == 0


def test_each_shot_keeps_the_light_it_begins_with(shots):
    both = np.concatenate([shots["car"], shots["girl"]])
    assert np.array_equal(joined(levelled([both])), both)


# --- Grades


def test_neutral_is_the_same_film(shots):
    assert np.array_equal(joined(graded([shots["car"]], Grade())), shots["car"])


@pytest.mark.parametrize("name", [name for name in GRADES if name != "noir"])
def test_presets_are_gentle(shots, name):
    clip = shots["girl"][:2]
    frames = joined(graded([clip], grade_named(name)))
    assert frames.shape == clip.shape and frames.dtype == np.uint8
    assert np.abs(frames.astype(int) - clip).mean() < 12
    assert np.abs(frames.astype(float).mean() - clip.mean()) < 10


@pytest.mark.parametrize("grade", GRADES.values())
def test_curves_never_fall(grade):
    curve = grade.curve()
    assert curve.shape == (256,) and curve.min() >= 0 and curve.max() <= 255 and (np.diff(curve) >= 0).all()


def test_the_matrix_keeps_the_luma_of_greys_and_no_saturation_is_grey():
    for grade in GRADES.values():
        assert LUMA @ grade.matrix() @ np.ones(3) == pytest.approx(1, abs=1e-6)
    grey = joined(graded([colours()[None, None]], Grade(saturation=-1)))
    assert (np.ptp(grey.astype(int), axis=-1) == 0).all()
    assert np.abs(grey[..., 0] - colours() @ LUMA).max() <= 0.51


def test_warmth_raises_red_and_lowers_blue():
    made = joined(graded([np.full((1, 2, 2, 3), 128, np.uint8)], GRADES["warm"]))[0, 0, 0].astype(int)
    assert made[0] > 128 > made[2]


def test_one_stop_doubles_light():
    """Code value to the power 2.2 is light."""
    curve = Grade(exposure=1.0).curve()
    assert (curve[100] / 100) ** 2.2 == pytest.approx(2, rel=1e-3)


def test_grades_out_of_range_or_unknown_are_refused():
    with pytest.raises(RequestError, match="contrast"):
        Grade(contrast=2)
    with pytest.raises(RequestError, match="warm"):
        grade_named("sepia")


# --- Look-up tables


def cube_text(table, *, head="", dimensions=3):
    """As the specification writes it: red fastest."""
    rows = table if dimensions == 1 else table.transpose(2, 1, 0, 3).reshape(-1, 3)
    lines = [f"LUT_{dimensions}D_SIZE {len(table)}", head, *(" ".join(f"{v:.6f}" for v in row) for row in rows)]
    return "\n".join(lines) + "\n"


def identity(size):
    return np.stack(np.meshgrid(*[np.linspace(0, 1, size)] * 3, indexing="ij"), -1)


def bent(size, seed=4):
    """A table far from any plane."""
    return np.clip(identity(size) ** 1.3 + np.random.default_rng(seed).normal(0, 0.06, (size,) * 3 + (3,)), 0, 1)


def filtered(picture, name, arguments):
    """What the filter of libavfilter makes of a picture."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=picture.shape[1], height=picture.shape[0], format="rgb24", time_base=Fraction(1, 25)
    )
    table, sink = graph.add(name, arguments), graph.add("buffersink")
    source.link_to(table)
    table.link_to(sink)
    graph.configure()
    graph.push(av.VideoFrame.from_ndarray(picture, format="rgb24"))
    return graph.pull().to_ndarray(format="rgb24")


@pytest.mark.parametrize("method", ["tetrahedral", "trilinear"])
@pytest.mark.parametrize("size", [2, 5, 17])
def test_tables_of_three_dimensions_agree_with_another_program(tmp_path, method, size):
    path = tmp_path / "bent.cube"
    path.write_text(cube_text(bent(size)))
    picture = colours(64 * 48).reshape(48, 64, 3)
    ours = read_cube(path)(picture, method=method)
    theirs = filtered(picture, "lut3d", f"file={path}:interp={method}")
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_tables_of_one_dimension_agree_with_another_program(tmp_path):
    path = tmp_path / "curve.cube"
    path.write_text(cube_text(np.linspace(0, 1, 9)[:, None] ** [0.8, 1.0, 1.4], dimensions=1))
    picture = colours(64 * 48).reshape(48, 64, 3)
    theirs = filtered(picture, "lut1d", f"file={path}:interp=linear")
    assert np.abs(read_cube(path)(picture).astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("method", ["tetrahedral", "trilinear"])
def test_planes_are_met_exactly(method):
    matrix = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])
    cube = parsed_cube(cube_text(identity(5) @ matrix.T))
    exact = colours() @ matrix.T
    assert np.abs(cube(colours(), method=method) - exact).max() <= 0.51
    assert np.array_equal(parsed_cube(cube_text(identity(33)))(colours(), method=method), colours())


def test_the_domain_is_honoured():
    head = "DOMAIN_MIN 0 0 0\nDOMAIN_MAX 0.5 0.5 0.5"
    made = parsed_cube(cube_text(identity(3), head=head))(colours())
    assert np.array_equal(made, np.minimum(2 * colours().astype(int), 255))
    resolve = parsed_cube(cube_text(identity(3), head="LUT_3D_INPUT_RANGE 0.0 0.5"))
    assert np.array_equal(resolve(colours()), made)


def test_every_colour_baked_is_the_same(monkeypatch):
    cube = Cube(bent(3).astype(np.float32))
    baked = np.arange(1 << 24)  # stands for the large table; the real one takes seconds
    monkeypatch.setattr(Cube, "baked", lambda self: _Lazy(self, baked))
    monkeypatch.setattr(colour, "WORTH_BAKING", 1)
    picture = colours(100).reshape(1, 10, 10, 3)
    assert np.array_equal(joined(looked_up([picture], cube)), cube(picture))


class _Lazy:
    """Answers an index of `baked` by its definition."""

    def __init__(self, cube, baked):
        self.cube, self.baked = cube, baked

    def __getitem__(self, index):
        number = self.baked[index]
        return self.cube(np.stack([number >> 16, number >> 8 & 255, number & 255], -1).astype(np.uint8))


def test_titles_comments_and_tabs_are_read():
    text = '# made by hand\nTITLE "a b"\n\nLUT_1D_SIZE\t2\n0 0 0\n1\t1 1e0\n'
    cube = parsed_cube(text)
    assert (cube.title, cube.dimensions) == ("a b", 1) and np.array_equal(cube(colours()), colours())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("LUT_3D_SIZE 2\n0 0 0\n0 0\n", "line 3: 3 numbers"),
        ("LUT_3D_SIZE 2\n0 0 0\n0 0 nan\n", "line 3: 3 numbers"),
        ("LUT_3D_SIZE 200\n", "line 1: LUT_3D_SIZE must be 2 to 129"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n1 1 1\n", "line 4: the table has more than 2"),
        ("LUT_1D_SIZE 2\n0 0 0\n", "line 2: the table ends after 1 of 2"),
        ("0 0 0\n", "line 1: the table begins before"),
        ("\n\nPK34\n", "line 3: PK34 is no keyword"),
        ("LUT_1D_SIZE 2\nLUT_3D_SIZE 2\n", "line 2: a size was given before"),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 1 1 1\n0 0 0\n1 1 1\n", "empty"),
        ("LUT_1D_SIZE 2\n0 0 0\nDOMAIN_MIN 0 0 0\n1 1 1\n", "line 3: DOMAIN_MIN comes after"),
        ("", "line 0: the file ends without"),
    ],
)
def test_errors_name_the_line(text, said):
    with pytest.raises(UserError, match=said):
        parsed_cube(text, where="some.cube")


def test_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "picture.cube").write_bytes(b"\x89PNG\r\n\xff\xfe")
    for path in (tmp_path / "picture.cube", tmp_path / "missing.cube", tmp_path):
        with pytest.raises(UserError):
            read_cube(path)
