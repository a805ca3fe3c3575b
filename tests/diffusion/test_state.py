"""A sampler stopped after any step, saved, loaded and gone on is the sampler that was never stopped, bit for bit."""

import pytest
import safetensors.torch
import torch

from filmloom.core.errors import Cancelled, CheckpointError, RequestError
from filmloom.diffusion.denoisers import pinned, velocity_denoiser
from filmloom.diffusion.grids import published_grid
from filmloom.diffusion.samplers import dpmpp, euler, few_step, unipc
from filmloom.diffusion.schedules import flow_sigmas
from filmloom.diffusion.state import SolverState, load_state, read_facts, save_state

SAMPLERS = (euler, few_step, unipc, dpmpp)
FACTS = {"prompt": "樱花树下", "seed": "7", "digest": "0a1b"}
SHAPE = (1, 4, 3, 2, 2)
STEPS = 5


def network(x, sigma, *step):
    return torch.sin(1.3 * x + 3 * sigma.view(x.shape[0], 1, -1, 1, 1).float()) + 0.1 * x


def walk(sampler, x, sigmas, denoiser=None):
    """The result, and what was handed out on the way."""
    states, reports = [], []
    on_step = lambda step, num_steps, x, clean: reports.append((step, num_steps, x, clean))  # noqa: E731
    denoiser = denoiser or velocity_denoiser(network)
    return sampler(denoiser, x, sigmas, on_state=states.append, on_step=on_step), states, reports


@pytest.mark.parametrize("stop", range(1, STEPS + 1))
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_gone_on_from_a_file_after_any_step_is_never_stopped(sampler, stop, tmp_path):
    noise, sigmas = torch.randn(SHAPE), flow_sigmas(STEPS, 5.0)
    whole, _, reports = walk(sampler, noise, sigmas)

    def stopping(step, num_steps, x, clean):
        if step + 1 == stop:
            raise Cancelled("enough")

    save = lambda state: save_state(tmp_path / "state.safetensors", state, FACTS)  # noqa: E731
    with pytest.raises(Cancelled):
        sampler(velocity_denoiser(network), noise, sigmas, on_state=save, on_step=stopping)
    state = load_state(tmp_path / "state.safetensors", FACTS)
    assert (state.step, state.num_steps, state.is_done) == (stop, STEPS, stop == STEPS)
    again, _, later = walk(sampler, state, sigmas)
    assert torch.equal(again, whole)
    assert len(later) == STEPS - stop
    for (step, num_steps, *mine), (as_before, _, *theirs) in zip(later, reports[stop:]):
        assert (step, num_steps) == (as_before, STEPS)
        assert all(torch.equal(*pair) for pair in zip(mine, theirs))


@pytest.mark.parametrize("sampler", [unipc, dpmpp])
def test_stopped_after_every_step_with_a_given_frame_on_a_published_grid(sampler, tmp_path):
    """Twelve processes in a row, one step each."""
    grid, noise, known = published_grid("unipc", 12, shift=12), torch.randn(SHAPE), torch.randn(1, 4, 1, 2, 2)
    denoiser = pinned(velocity_denoiser(network, hears=grid.hears), known)
    whole, _, _ = walk(sampler, noise, grid.sigmas, denoiser)
    x = noise
    for _ in range(12):
        state = next(one_step(sampler, denoiser, x, grid.sigmas))
        save_state(tmp_path / "s", state, FACTS)
        x = load_state(tmp_path / "s", FACTS)
    assert x.is_done and torch.equal(x.x, whole)


def one_step(sampler, denoiser, x, sigmas):
    class Enough(Exception):
        pass

    def keep(state):
        raise Enough(state)

    try:
        sampler(denoiser, x, sigmas, on_state=keep)
    except Enough as enough:
        yield enough.args[0]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_finished_state_is_the_result_and_asks_nothing_of_the_network(sampler):
    whole, states, _ = walk(sampler, torch.randn(SHAPE), flow_sigmas(3))
    assert states[-1].is_done

    def never(x, sigma, *step):
        raise AssertionError("the network was called")

    assert torch.equal(walk(sampler, states[-1], flow_sigmas(3), never)[0], whole)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_states_keep_their_values_while_the_sampler_goes_on(sampler):
    copies, states = [], []

    def keep(state):
        states.append(state)
        copies.append([t.clone() for t in (state.x, *state.cleans, *([] if state.start is None else [state.start]))])

    sampler(velocity_denoiser(network), torch.randn(SHAPE), flow_sigmas(STEPS, 3.0), on_state=keep)
    for state, copy in zip(states, copies):
        kept = (state.x, *state.cleans, *([] if state.start is None else [state.start]))
        assert all(torch.equal(*pair) for pair in zip(kept, copy))


def test_a_state_goes_on_only_in_its_sampler_and_on_its_levels():
    _, states, _ = walk(unipc, torch.randn(SHAPE), flow_sigmas(STEPS))
    with pytest.raises(RequestError, match=r"step 2 of 5 of unipc.*euler in 5 steps cannot go on"):
        walk(euler, states[1], flow_sigmas(STEPS))
    with pytest.raises(RequestError, match="unipc in 6 steps cannot go on"):
        walk(unipc, states[1], flow_sigmas(6))
    with pytest.raises(RequestError, match="noise levels must be the same"):
        walk(unipc, states[1], flow_sigmas(STEPS, 3.0))


def test_bits_types_and_facts_come_back(tmp_path):
    x = torch.randn(2, 3, dtype=torch.float64)
    state = SolverState("unipc", flow_sigmas(4).double(), 4, x, start=x, cleans=(x[:1], x))  # shared memory
    save_state(tmp_path / "state", state, FACTS)
    back = load_state(tmp_path / "state", FACTS, device=torch.device("cpu"))
    assert (back.sampler, back.step) == ("unipc", 4)
    tensors = lambda s: (s.sigmas, s.x, s.start, *s.cleans)  # noqa: E731
    assert all(torch.equal(*pair) and pair[0].dtype == pair[1].dtype for pair in zip(tensors(back), tensors(state)))
    assert read_facts(tmp_path / "state") == FACTS


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ({**FACTS, "seed": "8"}, "seed is '8', the file says '7'"),
        ({"prompt": FACTS["prompt"], "seed": "7"}, "digest is None, the file says '0a1b'"),
        ({**FACTS, "size": "832x480"}, "size is '832x480', the file says None"),
    ],
)
def test_a_state_of_another_run_is_refused_by_what_differs(facts, complaint, tmp_path):
    save_state(tmp_path / "state", SolverState("euler", flow_sigmas(4), 1, torch.ones(2)), FACTS)
    with pytest.raises(CheckpointError, match=complaint):
        load_state(tmp_path / "state", facts)


def test_broken_and_foreign_files_are_named(tmp_path):
    path = tmp_path / "state"
    with pytest.raises(CheckpointError, match="state does not exist"):
        load_state(path, FACTS)
    save_state(path, SolverState("euler", flow_sigmas(4), 1, torch.ones(200)), FACTS)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="state is not a readable safetensors file"):
        load_state(path, FACTS)
    safetensors.torch.save_file({"x": torch.ones(2)}, path)
    with pytest.raises(CheckpointError, match="state format None; this release reads format '1'"):
        load_state(path, FACTS)


def test_a_failed_write_leaves_the_state_before_and_no_debris(tmp_path, monkeypatch):
    path = tmp_path / "state"
    save_state(path, SolverState("euler", flow_sigmas(4), 1, torch.ones(2)), FACTS)

    def full(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_state(path, SolverState("euler", flow_sigmas(4), 2, torch.zeros(2)), FACTS)
    assert load_state(path, FACTS).step == 1
    assert [file.name for file in tmp_path.iterdir()] == ["state"]
