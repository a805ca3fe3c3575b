"""Clips as latents: encoded once, kept in half precision, small enough to stay in memory.

What encodes them is a callable, so this file knows no model; `mark` names the codec, and latents of another are redone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from filmloom.data.film_set import FilmSet, Row, Shard, to_signed

NAMES = ("latent", "control", "subject", "image", "image_control", "image_subject")
Encode = Callable[[Tensor], Tensor]  # video [B, 3, F, H, W] in [-1, 1] → latent [B, C, G, h, w]


@dataclass
class LatentSet:
    """`latent`, `control` (that of the sketch) [n, C, G, h, w]; `image`, `image_control` [n, I, C, 1, h, w]: single
    pictures of the same clips, as the first latent frame of a film would hold them. `subject` [n, 1, G, h, w] and
    `image_subject` [n, I, 1, 1, h, w]: how much of each latent cell its subjects cover, 0..1."""

    tensors: dict[str, Tensor]
    rows: list[Row]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, name: str, numbers: np.ndarray) -> Tensor:
        """Float32 latents of these clips."""
        tensor = self.tensors[name]
        return tensor[torch.as_tensor(np.asarray(numbers), device=tensor.device)].float()

    def to(self, device: str | torch.device) -> LatentSet:
        return LatentSet({name: tensor.to(device) for name, tensor in self.tensors.items()}, self.rows)


def encoded(shard: Shard, encode: Encode, *, every: int = 4) -> dict[str, Tensor]:
    """Latents of one shard's clips and sketches, and of every `every`-th picture alone."""
    made = {}
    for source, whole, single in (("video", "latent", "image"), ("sketch", "control", "image_control")):
        video = to_signed(shard.tensors[source])
        made[whole] = encode(video).to(torch.bfloat16)
        pictures = video[:, :, ::every].transpose(1, 2)
        images = encode(pictures.flatten(0, 1).unsqueeze(2))
        made[single] = images.unflatten(0, pictures.shape[:2]).to(torch.bfloat16)
    mask = shard.tensors["mask"]
    made["subject"] = coverage(mask, made["latent"].shape[-3:]).to(torch.bfloat16)
    single = coverage(mask[:, ::every].flatten(0, 1).unsqueeze(1), made["image"].shape[-3:])
    made["image_subject"] = single.unflatten(0, made["image"].shape[:2]).to(torch.bfloat16)
    return made


def coverage(mask: Tensor, cells: Sequence[int]) -> Tensor:
    """mask [n, F, H, W] of subject numbers → the share of each of the latent's G x h x w cells they cover [n, 1, G, h,
    w]."""
    inside, num_groups = (mask > 0).float(), cells[0]
    groups = [inside[:, :1]]
    if num_groups > 1:  # the first frame has a latent frame of its own
        groups.append(inside[:, 1:].unflatten(1, (num_groups - 1, -1)).mean(dim=2))
    return F.adaptive_avg_pool2d(torch.cat(groups, dim=1), tuple(cells[1:])).unsqueeze(1)


def joined(pieces: list[tuple[dict[str, Tensor], list[Row]]]) -> LatentSet:
    tensors = {name: torch.cat([tensors[name] for tensors, _ in pieces]) for name in NAMES}
    return LatentSet(tensors, [row for _, rows in pieces for row in rows])


def cached_latents(
    films: FilmSet, folder: Path, encode: Encode, mark: str, *, size: int = 64, device: str = "cpu"
) -> LatentSet:
    """Latents of all of `films`, `size` clips a file; files with the same `mark` are read, others written."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pieces = []
    for first in range(0, len(films), size):
        numbers = range(first, min(first + size, len(films)))
        path = folder / f"latents_{first:07d}_{len(numbers):03d}.safetensors"
        tensors = _read(path, mark)
        if tensors is None:
            taken = {name: films.take(name, numbers).to(device) for name in ("video", "sketch", "mask")}
            tensors = {name: value.cpu() for name, value in encoded(Shard(taken), encode).items()}
            part = path.with_name(f"{path.name}.{os.getpid()}.part")
            save_file({name: value.contiguous() for name, value in tensors.items()}, part, {"mark": mark})
            os.replace(part, path)
        pieces.append((tensors, films.rows[first : first + len(numbers)]))
    return joined(pieces)


def _read(path: Path, mark: str) -> dict[str, Tensor] | None:
    if not path.exists():
        return None
    with safe_open(path, "pt") as file:
        if file.metadata().get("mark") != mark or not set(NAMES) <= set(file.keys()):
            return None
        return {name: file.get_tensor(name) for name in NAMES}
