import pytest
import torch

from filmloom.kernels.rope import axis_angles, axis_widths, pairs_are_numbers, rotate, rotate_plain, rotation


def test_axis_widths_are_those_of_wan():
    assert [axis_widths(width) for width in (12, 16, 24, 64, 128)] == [
        (4, 4, 4),
        (8, 4, 4),
        (8, 8, 8),
        (24, 20, 20),
        (44, 42, 42),
    ]


def test_inverse_frequencies_are_normalised_by_the_axis_width():
    time, space = (axis_angles(torch.tensor([1]), width)[0] for width in (44, 42))
    expected_time = torch.tensor([1, 0.65793322, 0.43287613, 1.51991108e-4], dtype=torch.float64)
    expected_space = torch.tensor([1, 0.64494668, 0.41595622, 1.55051558e-4], dtype=torch.float64)
    torch.testing.assert_close(time[[0, 1, 2, -1]], expected_time, rtol=2e-7, atol=0)
    torch.testing.assert_close(space[[0, 1, 2, -1]], expected_space, rtol=2e-7, atol=0)


def test_the_first_token_is_not_turned_and_no_token_changes_length():
    x = torch.randn(2, 24, 3, 16)
    turned = rotate(x, rotation(2, 3, 4, 16))
    assert torch.equal(turned[:, 0], x[:, 0])
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))


def test_a_pair_is_a_complex_number():
    x, table = torch.randn(1, 6, 2, 12), rotation(1, 2, 3, 12)
    factor = torch.complex(table[0], table[1])[:, None]
    expected = torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous()) * factor).flatten(-2)
    torch.testing.assert_close(rotate(x, table), expected)


def test_scores_depend_on_relative_positions_only():
    """Shift both tokens by the same frames, rows and columns: their product stays."""
    frames, rows, columns = 5, 6, 7
    table = rotation(frames, rows, columns, 24).unflatten(1, (frames, rows, columns))
    query, key = torch.randn(2, 1, 1, 1, 24)
    score = lambda a, b: (rotate(query, table[:, *a, None]) * rotate(key, table[:, *b, None])).sum()  # noqa: E731
    torch.testing.assert_close(score((0, 1, 2), (2, 0, 3)), score((2, 4, 5), (4, 3, 6)), rtol=1e-4, atol=1e-5)
    assert not torch.isclose(score((0, 1, 2), (2, 0, 3)), score((0, 1, 2), (2, 0, 4)), rtol=1e-3)


def test_each_axis_turns_its_own_features():
    time, height, _width = axis_widths(24)
    still = rotation(3, 1, 1, 24)[1]
    assert still[1, : time // 2].abs().min() > 0
    assert torch.equal(still[:, time // 2 :], torch.zeros(3, 12 - time // 2))
    by_row = rotation(1, 3, 1, 24)[1]
    assert by_row[1, time // 2 : (time + height) // 2].abs().min() > 0
    assert torch.equal(by_row[:, (time + height) // 2 :], torch.zeros(3, 4))


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shape", [(1, 24, 3, 16), (2, 24, 1, 128), (3, 24, 5, 32)], ids=str)
def test_fast_equals_plain_bit_for_bit_and_overwrites_its_input(shape, dtype):
    x, table = torch.randn(shape).to(dtype), rotation(2, 3, 4, shape[-1])
    expected = rotate_plain(x, table)
    assert pairs_are_numbers(x)
    turned = rotate(x, table)
    assert turned.data_ptr() == x.data_ptr() and turned.dtype == dtype
    torch.testing.assert_close(turned, expected, rtol=0, atol=2**-22 if dtype == torch.float32 else 2**-7)
    if torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        assert torch.equal(turned, expected)


def test_with_gradients_nothing_is_overwritten():
    x = torch.randn(1, 6, 2, 16, requires_grad=True)
    turned = rotate(x, rotation(1, 2, 3, 16))
    assert turned.data_ptr() != x.data_ptr()
    turned.square().sum().backward()
    torch.testing.assert_close(x.grad, 2 * x.detach())  # a rotation keeps lengths


@torch.no_grad()
@pytest.mark.parametrize("width", [2, 12, 24])
def test_heads_that_fill_no_vector_take_the_plain_form(width):
    x = torch.randn(1, 6, 2, width)
    assert not pairs_are_numbers(x)
    assert torch.equal(rotate(x, rotation(1, 2, 3, width)), rotate_plain(x, rotation(1, 2, 3, width)))
