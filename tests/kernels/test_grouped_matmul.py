import pytest
import torch

from filmloom.kernels.grouped_matmul import grouped_matmul, grouped_matmul_fused, grouped_matmul_plain


@pytest.mark.parametrize("counts", [[3, 0, 5, 2], [10, 0, 0, 0], [0, 0, 0, 10], [1, 2, 3, 4]])
def test_each_row_meets_its_groups_matrix(counts):
    rows, weights = torch.randn(10, 6), torch.randn(4, 6, 8)
    owners = torch.arange(4).repeat_interleave(torch.tensor(counts))
    expected = torch.stack([row @ weights[owner] for row, owner in zip(rows, owners)])
    torch.testing.assert_close(grouped_matmul(rows, weights, torch.tensor(counts)), expected)


@pytest.mark.parametrize("counts", [[4, 4, 8], [0, 9, 7], [16, 0, 0]])
def test_fused_equals_plain_in_values_and_gradients(counts):
    """In bfloat16, the one type the fused kernel takes; gradients reach rows and weights alike."""
    counts = torch.tensor(counts)
    rows = torch.randn(16, 8).bfloat16().requires_grad_()
    weights = torch.randn(3, 8, 16).bfloat16().requires_grad_()
    seed = torch.randn(16, 16).bfloat16()
    results = [function(rows, weights, counts) for function in (grouped_matmul_fused, grouped_matmul_plain)]
    torch.testing.assert_close(*results)
    gradients = [torch.autograd.grad(result, (rows, weights), seed) for result in results]
    for fused, plain in zip(*gradients):
        torch.testing.assert_close(fused, plain)
