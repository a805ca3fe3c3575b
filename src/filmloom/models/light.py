"""The light model: what makes of a transformer one that films in few steps without guidance, small enough to ship.

Of each weight matrix the difference is kept as a product of two thin ones (LoRA, arXiv 2106.09685), as the public
four-step adapters are; of vectors and of matrices that are thin already, the difference itself. Routed experts, their
gates and what only a sketch drives stay as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from filmloom.models.dit import DiT, DiTConfig

UNTOUCHED = (".experts.", ".gate.", "control_embedding.", "residual_head.")


@dataclass(frozen=True, kw_only=True)
class LightConfig:
    """`of`: the mark of the weights that it changes, see `mark`."""

    transformer: DiTConfig
    rank: int = 64
    of: str = ""


class Light(nn.Module):
    """The difference. Without values of its own it changes nothing.

    >>> config = DiTConfig(in_channels=4, width=32, num_layers=2, num_heads=2, mlp_width=64, text_width=16)
    >>> model = DiT(config)
    >>> mark(Light(LightConfig(transformer=config)).on(model)) == mark(model)
    True
    """

    def __init__(self, config: LightConfig):
        super().__init__()
        self.config = config
        with torch.device("meta"):
            shapes = {name: tuple(parameter.shape) for name, parameter in changed(DiT(config.transformer))}
        self.whole, self.up, self.down = nn.ParameterDict(), nn.ParameterDict(), nn.ParameterDict()
        for name, shape in shapes.items():
            if is_thin(shape, config.rank):
                self.whole[key(name)] = torch.zeros(shape)
            else:
                self.up[key(name)] = torch.zeros(shape[0], config.rank)
                self.down[key(name)] = torch.zeros(config.rank, shape[1])

    @torch.no_grad()
    def on(self, model: DiT) -> DiT:
        """`model` with the difference added: it is another one from then on."""
        for name, parameter in changed(model):
            parameter += self.difference(name)
        return model

    def difference(self, name: str) -> Tensor:
        if key(name) in self.whole:
            return self.whole[key(name)]
        return self.up[key(name)] @ self.down[key(name)]


@torch.no_grad()
def lightened(student: DiT, teacher: DiT, rank: int) -> Light:
    """The best of its rank (Eckart and Young): the largest singular values of each difference, split evenly."""
    light, before = Light(LightConfig(transformer=teacher.config, rank=rank, of=mark(teacher))), dict(changed(teacher))
    for name, parameter in changed(student):
        difference = parameter - before[name]
        if key(name) in light.whole:
            light.whole[key(name)].copy_(difference)
            continue
        u, values, v = torch.linalg.svd(difference, full_matrices=False)
        root = values[:rank].sqrt()
        light.up[key(name)].copy_(u[:, :rank] * root)
        light.down[key(name)].copy_(root[:, None] * v[:rank])
    return light.eval()


def changed(model: DiT) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters that a light model may change, by name."""
    for name, parameter in model.named_parameters():
        if not any(part in name for part in UNTOUCHED):
            yield name, parameter


def is_thin(shape: tuple[int, ...], rank: int) -> bool:
    """Whether two factors of that rank would be as large as the difference itself."""
    return len(shape) != 2 or rank * (shape[0] + shape[1]) >= shape[0] * shape[1]


def key(name: str) -> str:
    """A parameter's name without dots, which torch keeps for itself."""
    return name.replace(".", "/")


def mark(model: nn.Module) -> str:
    """Sixteen letters that stand for the weights as they are shipped, in half precision."""
    weights = [parameter.detach().cpu().to(torch.bfloat16).view(torch.int16) for parameter in model.parameters()]
    return hashlib.sha256(b"".join(weight.contiguous().numpy().tobytes() for weight in weights)).hexdigest()[:16]
