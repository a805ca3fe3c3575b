import pytest
import torch
import torch.nn.functional as F

from filmloom.models.moe import MoE, MoELayer, balance_loss

WIDTH = 12


def layer(**changes) -> MoELayer:
    torch.manual_seed(3)
    return MoELayer(WIDTH, MoE(**{"experts": 5, "top_k": 2, "hidden": 8, **changes})).double()


def swiglu(x, gate_up, down):
    gate, up = (x @ gate_up).chunk(2, dim=-1)
    return (F.silu(gate) * up) @ down


def brute_force(moe: MoELayer, x):
    """Token by token, expert by expert."""
    rows = []
    for token in x.flatten(0, -2):
        probabilities = moe.gate(token).softmax(dim=-1)
        chosen = sorted(range(len(probabilities)), key=lambda e: -probabilities[e].item())[: moe.config.top_k]
        total = sum(probabilities[e] for e in chosen)
        row = swiglu(token, moe.shared.gate_up.weight.T, moe.shared.down.weight.T)
        for e in chosen:
            row = row + probabilities[e] / total * swiglu(token, moe.experts.gate_up[e], moe.experts.down[e])
        rows.append(row)
    return torch.stack(rows).view_as(x)


@pytest.mark.parametrize("top_k", [1, 2, 5])
def test_sorted_slices_equal_a_brute_force_loop_in_values_and_gradients(top_k):
    moe = layer(top_k=top_k)
    x = torch.randn(2, 9, WIDTH, dtype=torch.float64, requires_grad=True)
    wanted = [x, *moe.parameters()]
    seed = torch.randn(x.shape, dtype=torch.float64)
    fast, slow = moe(x).output, brute_force(moe, x)
    # Routing weights are float32 by design.
    torch.testing.assert_close(fast, slow, rtol=1e-5, atol=1e-6)
    for a, b in zip(*(torch.autograd.grad(y, wanted, seed, allow_unused=top_k == 1) for y in (fast, slow))):
        if a is not None:
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_equal_experts_are_one_dense_network():
    moe = layer()
    with torch.no_grad():
        moe.experts.gate_up.copy_(moe.experts.gate_up[:1].expand_as(moe.experts.gate_up))
        moe.experts.down.copy_(moe.experts.down[:1].expand_as(moe.experts.down))
    x = torch.randn(3, 7, WIDTH, dtype=torch.float64)
    dense = moe.shared(x) + swiglu(x, moe.experts.gate_up[0], moe.experts.down[0])
    torch.testing.assert_close(moe(x).output, dense, rtol=1e-6, atol=1e-7)


def test_load_is_the_share_of_rows_and_sums_to_one():
    moe = layer()
    x = torch.randn(4, 25, WIDTH, dtype=torch.float64)
    chosen = moe.route(x.flatten(0, 1)).topk(2).indices
    expected = torch.tensor([(chosen == expert).sum() for expert in range(5)]) / 200
    torch.testing.assert_close(moe(x).load, expected)


def test_order_of_tokens_does_not_matter():
    moe, x = layer(), torch.randn(11, WIDTH, dtype=torch.float64)
    shuffle = torch.randperm(11)
    torch.testing.assert_close(moe(x[shuffle]).output, moe(x).output[shuffle])


def test_a_token_reaches_exactly_its_experts():
    """The gradient of one token's output touches top_k experts and no other."""
    moe = layer(experts=8)
    moe(torch.randn(1, WIDTH, dtype=torch.float64)).output.sum().backward()
    assert (moe.experts.down.grad.flatten(1).abs().sum(dim=1) > 0).sum() == 2


def test_balance_loss_is_one_at_uniform_and_experts_over_k_when_collapsed():
    uniform = torch.full((10, 8), 1 / 8)
    assert balance_loss(uniform, torch.full((8,), 1 / 8)).item() == pytest.approx(1)
    collapsed = torch.tensor([0.5, 0.5, 0, 0, 0, 0, 0, 0])
    assert balance_loss(collapsed.expand(10, 8), collapsed).item() == pytest.approx(4)


@pytest.mark.parametrize("sharpness", [0, 0.1, 1, 5])
def test_balance_loss_is_smallest_at_uniform_when_loads_follow_probabilities(sharpness):
    shares = (sharpness * torch.randn(8)).softmax(dim=0)
    assert balance_loss(shares.expand(3, -1), shares).item() >= 1 - 1e-6


def test_balance_loss_pushes_probability_away_from_full_experts():
    logits = torch.zeros(6, 3, requires_grad=True)
    balance_loss(logits.softmax(dim=-1), torch.tensor([0.8, 0.1, 0.1])).backward()
    assert (logits.grad[:, 0] > 0).all()
    assert (logits.grad[:, 1:] < 0).all()


def test_routing_is_float32_under_autocast():
    moe = layer().float()
    x = torch.randn(6, WIDTH)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        probabilities, routed = moe.route(x), moe(x)
    assert torch.equal(probabilities, moe.route(x))
    torch.testing.assert_close(routed.output.float(), moe(x).output, rtol=0.1, atol=0.05)


def test_every_second_block_is_routed():
    assert [MoE(hidden=4, every=2).at(layer) for layer in range(5)] == [False, True, False, True, False]
    assert [MoE(hidden=4, every=1).at(layer) for layer in range(2)] == [True, True]
