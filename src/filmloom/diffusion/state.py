"""Where a sampler stands between two steps: a value, and a file from which it goes on to the same bits.

The file is one safetensors file: tensors `x`, `sigmas`, `start`, `clean.0`, ...; its metadata hold the step, the
sampler and the caller's facts (model, prompt, seed: whatever must be the same for the result to be the same).
Wan2.2's samplers draw no noise on their way, so there is no random state to keep.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from filmloom.core.errors import CheckpointError, RequestError

OWN = "filmloom."  # begins the names of our own entries in the metadata
FORMAT = "1"


@dataclass(frozen=True, eq=False)
class SolverState:
    """After `step` steps of `sampler` along `sigmas`; every sampler takes it in place of noise and goes on.

    A multistep solver also remembers the last clean latents, oldest first, and `start`, from which it came to `x`.
    """

    sampler: str
    sigmas: Tensor
    step: int
    x: Tensor
    start: Tensor | None = None
    cleans: tuple[Tensor, ...] = ()

    @property
    def num_steps(self) -> int:
        return len(self.sigmas) - 1

    @property
    def is_done(self) -> bool:
        return self.step == self.num_steps

    def after(self, x: Tensor, *, start: Tensor | None = None, cleans: tuple[Tensor, ...] = ()) -> SolverState:
        """One step later, at x."""
        return replace(self, step=self.step + 1, x=x, start=start, cleans=cleans)


def begun(x: Tensor | SolverState, sampler: str, sigmas: Tensor) -> SolverState:
    """The state before the first step from noise x; or x itself, if it is a state of this sampler on these levels."""
    if not isinstance(x, SolverState):
        return SolverState(sampler, sigmas, 0, x)
    if x.sampler != sampler or not _equal(x.sigmas, sigmas):
        raise RequestError(
            "state",
            f"step {x.step} of {x.num_steps} of {x.sampler}",
            f"{sampler} in {len(sigmas) - 1} steps cannot go on from it: sampler and noise levels must be the same",
            f"{x.sampler} on the levels in the state",
        )
    return x


def save_state(path: Path, state: SolverState, facts: Mapping[str, str]) -> None:
    """Write `state` in one file, atomically: a reader sees the file that was there before, or all of this one."""
    assert not any(name.startswith(OWN) for name in facts), f"names that begin with {OWN} are taken: {sorted(facts)}"
    own = {OWN + "format": FORMAT, OWN + "sampler": state.sampler, OWN + "step": str(state.step)}
    # Copies, for tensors may share memory (after the last step x is the clean latent), which the format refuses.
    tensors = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in _tensors(state).items()}
    _write(Path(path), safetensors.torch.save(tensors, {**facts, **own}))


def load_state(path: Path, facts: Mapping[str, str], *, device: torch.device | None = None) -> SolverState:
    """What `save_state` wrote, its latents on `device`; refused if it was saved under other facts."""
    path = Path(path)
    stored, tensors = _read(path)
    found = {name: value for name, value in stored.items() if not name.startswith(OWN)}
    if faults := _differences(found, facts):
        raise CheckpointError(f"{path} is from another run: {'; '.join(faults)}. Start that run anew, or match it.")
    latents = {name: tensor.to(device) for name, tensor in tensors.items() if name != "sigmas"}
    return SolverState(
        sampler=stored[OWN + "sampler"],
        sigmas=tensors["sigmas"],
        step=int(stored[OWN + "step"]),
        x=latents["x"],
        start=latents.get("start"),
        cleans=tuple(latents[name] for name in sorted(latents) if name.startswith("clean.")),
    )


def read_facts(path: Path) -> dict[str, str]:
    """The facts a state was saved under."""
    return {name: value for name, value in _read(Path(path))[0].items() if not name.startswith(OWN)}


def _tensors(state: SolverState) -> dict[str, Tensor]:
    start = {} if state.start is None else {"start": state.start}
    cleans = {f"clean.{index}": clean for index, clean in enumerate(state.cleans)}
    return {"x": state.x, "sigmas": state.sigmas, **start, **cleans}


def _write(path: Path, data: bytes) -> None:
    """Beside its place and down to the disk first: a power cut must not leave a whole name on half a file."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist; a sampler's state was to be read from it.")
    try:
        with safe_open(path, framework="pt") as file:
            stored, tensors = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a readable safetensors file ({error}). Start that run anew.") from None
    if stored.get(OWN + "format") != FORMAT:
        found = stored.get(OWN + "format")
        raise CheckpointError(f"{path} has state format {found!r}; this release reads format {FORMAT!r}.")
    return stored, tensors


def _differences(found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    names = sorted({*found, *wanted})
    return [
        f"{name} is {wanted.get(name)!r}, the file says {found.get(name)!r}"
        for name in names
        if found.get(name) != wanted.get(name)
    ]


def _equal(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one.double().cpu(), other.double().cpu())
