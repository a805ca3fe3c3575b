import pytest
import torch

from filmloom.kernels.attention import attention, attention_plain


@pytest.mark.parametrize(("queries", "keys"), [(7, 7), (5, 3), (1, 9)])
def test_fast_equals_plain_in_values_and_gradients(queries, keys):
    generator = torch.Generator().manual_seed(queries)
    make = lambda length: torch.randn(2, length, 3, 8, generator=generator, dtype=torch.float64, requires_grad=True)  # noqa: E731
    parts = [make(queries), make(keys), make(keys)]
    fast, plain = attention(*parts), attention_plain(*parts)
    torch.testing.assert_close(fast, plain)
    seed = torch.randn(fast.shape, generator=generator, dtype=torch.float64)
    for a, b in zip(torch.autograd.grad(fast, parts, seed), torch.autograd.grad(plain, parts, seed)):
        torch.testing.assert_close(a, b)


def test_equal_keys_average_the_values():
    value = torch.randn(1, 6, 2, 4)
    mixed = attention(torch.randn(1, 3, 2, 4), torch.ones(1, 6, 2, 4), value)
    torch.testing.assert_close(mixed, value.mean(dim=1, keepdim=True).flatten(2).expand(1, 3, 8))
