"""What an adapter adds to one parameter, kept as the factors of the file and expanded when it is needed.

    lora   up down                                      (with a core: up core down, Tucker)
    loha   (w1_a w1_b) * (w2_a w2_b), elementwise       arXiv 2108.06098
    lokr   w1 kron w2, each whole or a product          arXiv 2212.10650
    full   the difference itself

A convolution's weight [O, I, f, h, w] counts as a matrix [O, I f h w] throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

Factors = Mapping[str, Tensor]


class Misfit(ValueError):
    """The factors do not make a tensor of the parameter's shape."""


@dataclass(frozen=True)
class Delta:
    """weight += strength x scale x expanded. `rank` and `alpha` are where the scale came from, if from anything."""

    kind: str
    factors: Factors
    shape: tuple[int, ...]
    scale: float = 1.0
    rank: int | None = None
    alpha: float | None = None

    def expanded(self, device: torch.device | str | None = None) -> Tensor:
        """The whole difference in float32, in the parameter's shape, without `scale`."""
        made = EXPAND[self.kind]({name: factor.to(device, torch.float32) for name, factor in self.factors.items()})
        return _fitted(made, self.shape)

    def misfit(self) -> str | None:
        """Why the factors cannot make `shape`; None where they do. Computed on meta tensors, so for nothing."""
        held = ", ".join(f"{name} {list(factor.shape)}" for name, factor in self.factors.items())
        try:
            self.expanded("meta")
        except Misfit as error:
            return f"{held} makes {error}, should be {list(self.shape)}"
        except (RuntimeError, IndexError, ValueError):
            return f"{held} do not multiply to {list(self.shape)}"
        return None

    def low_rank(self) -> tuple[Tensor, Tensor]:
        """Two float32 matrices with up @ down = scale x expanded, of the lowest rank that is exact without an SVD."""
        factors = {name: factor.float() for name, factor in self.factors.items()}
        rows, columns = self.shape[0], math.prod(self.shape[1:])
        pair = LOW_RANK[self.kind](factors) if self.kind in LOW_RANK else None
        if pair is None or (self.kind != "lora" and len(pair[1]) >= min(rows, columns)):
            whole = self.expanded("cpu").flatten(1)
            pair = (torch.eye(rows), whole) if rows <= columns else (whole, torch.eye(columns))
        up, down = pair
        return up * self.scale, down


def _fitted(made: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(made.shape) == shape:
        return made
    if made.ndim < 2 or len(shape) < 2 or tuple(made.flatten(1).shape) != (shape[0], math.prod(shape[1:])):
        raise Misfit(list(made.shape))
    return made.reshape(shape)


def _lora(factors: Factors) -> Tensor:
    up, down = factors["lora_up"].flatten(1), factors["lora_down"].flatten(1)
    if "lora_mid" in factors:
        return torch.einsum("pr...,op,ri->oi...", factors["lora_mid"], up, down)
    return up @ down


def _loha(factors: Factors) -> Tensor:
    return _half(factors, "1") * _half(factors, "2")


def _half(factors: Factors, number: str) -> Tensor:
    """One of the two matrices that LoHa multiplies elementwise; with a Tucker core, w_a is stored [rank, rows]."""
    left, right = factors[f"hada_w{number}_a"], factors[f"hada_w{number}_b"]
    if f"hada_t{number}" in factors:
        return torch.einsum("pr...,po,ri->oi...", factors[f"hada_t{number}"], left, right)
    return left @ right


def _lokr(factors: Factors) -> Tensor:
    return torch.kron(_whole(factors, "1"), _whole(factors, "2").flatten(1))


def _whole(factors: Factors, number: str) -> Tensor:
    """One side of LoKr's product. A convolution's second side keeps or has flattened its kernel: the same values."""
    name = f"lokr_w{number}"
    if name in factors:
        return factors[name]
    left, right = factors[f"{name}_a"], factors[f"{name}_b"]
    if number == "2" and "lokr_t2" in factors:
        return torch.einsum("pr...,po,ri->oi...", factors["lokr_t2"], left, right)
    return left @ right.flatten(1)


def _full(factors: Factors) -> Tensor:
    return factors["diff"]


EXPAND: dict[str, Callable[[Factors], Tensor]] = {"lora": _lora, "loha": _loha, "lokr": _lokr, "full": _full}


def _lora_pair(factors: Factors) -> tuple[Tensor, Tensor] | None:
    return None if "lora_mid" in factors else (factors["lora_up"].flatten(1), factors["lora_down"].flatten(1))


def _loha_pair(factors: Factors) -> tuple[Tensor, Tensor] | None:
    """(A B) * (C D) = (A and C, columns by columns) (B and D, rows by rows): exact, of rank r x r."""
    if "hada_t1" in factors:
        return None
    up = torch.einsum("oi,oj->oij", factors["hada_w1_a"], factors["hada_w2_a"])
    down = torch.einsum("in,jn->ijn", factors["hada_w1_b"], factors["hada_w2_b"])
    return up.flatten(1), down.flatten(0, 1)


def _lokr_pair(factors: Factors) -> tuple[Tensor, Tensor] | None:
    """(A B) kron (C D) = (A kron C) (B kron D); a side that is whole is itself times one."""
    if "lokr_t2" in factors:
        return None
    sides = []
    for name in ("lokr_w1", "lokr_w2"):
        whole = factors.get(name)
        left, right = (
            (factors[f"{name}_a"], factors[f"{name}_b"]) if whole is None else (whole, torch.eye(whole[0].numel()))
        )
        sides.append((left.flatten(1), right.flatten(1)))
    (up1, down1), (up2, down2) = sides
    return torch.kron(up1, up2), torch.kron(down1, down2)


LOW_RANK = {"lora": _lora_pair, "loha": _loha_pair, "lokr": _lokr_pair}
