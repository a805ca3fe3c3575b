"""How a public model walks from noise to a latent: its plan, where it waits when interrupted, what experts keep of
texts."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from filmloom.diffusion.denoisers import Network, concatenated
from filmloom.diffusion.grids import Grid
from filmloom.diffusion.state import SolverState, load_state, save_state
from filmloom.generate.request import Request
from filmloom.models.text_encoder import Text
from filmloom.models.wan import Preset

UNFINISHED = 8  # interrupted walks that are kept; older ones make room


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How one request is denoised: the preset with the request's wishes over it."""

    preset: Preset
    grid: Grid
    sigmas: Tensor  # the part of the grid that is walked
    negative: str

    @property
    def num_steps(self) -> int:
        return len(self.sigmas) - 1

    @property
    def num_prompts(self) -> int:
        return 2 if self.preset.is_guided else 1


@dataclass
class Unfinished:
    """The file in which a walk's state waits for the case that it is interrupted; None keeps nothing."""

    path: Path | None
    facts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, place: Path | None, facts: dict[str, str]) -> Unfinished:
        """In a folder, the file is named after the facts: the same command finds it, another does not."""
        if place is None or place.suffix == ".safetensors":
            return cls(place, facts)
        place.mkdir(parents=True, exist_ok=True)
        older = sorted(place.glob("*.safetensors"), key=lambda file: file.stat().st_mtime)
        for file in older[: max(0, len(older) - UNFINISHED + 1)]:
            file.unlink(missing_ok=True)
        name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]
        return cls(place / f"{name}.safetensors", facts)

    def found(self, device: torch.device) -> SolverState | None:
        if self.path is None or not self.path.exists():
            return None
        return load_state(self.path, self.facts, device=device)

    def save(self, state: SolverState) -> None:
        if self.path is not None and not state.is_done:
            save_state(self.path, state, self.facts)

    def done(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class Ears:
    """What experts make of texts, kept while one expert works: the keys and values of its cross-attentions."""

    def __init__(self) -> None:
        self.expert: nn.Module | None = None
        self.kept: dict[int, object] = {}

    def network(self, expert: nn.Module, text: Text | None) -> Network:
        """(x, sigma) → the expert's velocity for `text`."""

        def velocity(x: Tensor, sigma: Tensor, *step: Tensor) -> Tensor:
            return expert(x, sigma, self.heard(expert, text)).velocity

        return velocity

    def heard(self, expert: nn.Module, text: Text) -> object:
        if expert is not self.expert:
            self.expert, self.kept = expert, {}
        if id(text) not in self.kept:
            self.kept[id(text)] = expert.prepared(text.tokens)
        return self.kept[id(text)]


def seeing(network: Network, condition: Tensor | None) -> Network:
    return network if condition is None else concatenated(network, condition)


def told(request: Request) -> str:
    """Every field of a request as one line."""
    return json.dumps({field.name: str(getattr(request, field.name)) for field in dataclasses.fields(request)})


def digest(*tensors: Tensor) -> str:
    found = hashlib.sha256()
    for tensor in tensors:
        found.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
