"""Which content uses which expert: the routed layers of a trained transformer, on held-back clips of known content.

    python bench/experiments/routes.py --runs runs [--clips 128]

Every token of a clip at four noise levels is counted with the two experts that its routed layers gave it. The picture
has a row for each kind, setting, hour, noise level and latent frame, and for cells full and free of subject; a column
for each expert of each layer; colour is the share of the row's tokens over what the expert takes of all (log2: blue
less, red more). `told` is how much of the choice a row's group explains: mutual information of group and expert over
the entropy of the expert. Writes bench/results/experiment_routes.json and docs/images/experiments/routes.png.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from harness import PICTURES, arguments, written
from torch import Tensor, nn

from filmloom.checkpoints.folder import open_folder
from filmloom.diffusion.schedules import add_noise
from filmloom.models.dit import DiT
from filmloom.models.moe import MoELayer
from filmloom.recipes import transformer as recipe
from filmloom.recipes.run import Run

SIGMAS = (0.95, 0.7, 0.45, 0.2)
DEAD = 0.01
Counts = dict[tuple[str, str], np.ndarray]  # (group, option) → routed rows of each expert of each layer [layers, E]
GROUPS = ("kind", "setting", "time", "noise", "latent frame", "cell")


def main() -> None:
    made = arguments(__doc__, "routes")
    made.add_argument("--clips", type=int, default=128)
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    run = Run(chosen.runs / "experiment", chosen.size, start=chosen.start, reduced=True, report=print)
    library = recipe.stocked(run, "reduced")
    model = open_folder(chosen.start).load("transformer", DiT(run.mini.transformer)).eval()
    counts = counted(model, library, chosen.clips)
    load = loads(counts)
    layers = dict(enumerate(load.round(4).tolist()))
    told = {group: [round(explained(counts, group, layer), 4) for layer in layers] for group in GROUPS}
    facts = {
        "clips": chosen.clips, "load by layer": layers, "least": float(load.min()), "most": float(load.max()),
        "dead": float((load < DEAD).mean()), "told": told, "strongest": strongest(counts, load),
    }  # fmt: skip
    picture(counts, load, PICTURES / "routes.png")
    for name, value in facts.items():
        print(name, value)
    written(chosen.output, **facts)


# --- Counting


@torch.no_grad()
def counted(model: nn.Module, library: recipe.Library, num: int, *, size: int = 16) -> Counts:
    """(group, option) → how many routed rows each expert of each layer took [layers, E]."""
    counts: Counts = {}
    first = len(library.latents) - num
    for start, sigma in itertools.product(range(first, len(library.latents), size), SIGMAS):
        numbers = np.arange(start, min(start + size, len(library.latents)))
        clean, subject = (library.latents.take(name, numbers) for name in ("latent", "subject"))
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(start))
        text = library.texts[torch.as_tensor(numbers * library.num_captions)].to(torch.float32)
        with chosen_experts(model) as chosen:
            level = torch.full((len(clean),), sigma)
            model(add_noise(clean, noise, level), level, text.tokens, pooled=text.pooled)
        each = torch.stack(chosen).unflatten(1, subject.shape[:1] + subject.shape[2:])  # [layers, B, G, h, w, E]
        tally(counts, each, [library.latents.rows[n].fields for n in numbers], sigma, subject[:, 0])
    return counts


@contextmanager
def chosen_experts(model: nn.Module) -> Iterator[list[Tensor]]:
    """Per routed layer, 1 for each token's experts: [N, E]."""
    found: list[Tensor] = []

    def hook(layer: MoELayer, given: tuple[Tensor, ...], _: object) -> None:
        likely = layer.route(given[0].flatten(0, -2))
        found.append(torch.zeros_like(likely).scatter_(1, likely.topk(layer.config.top_k, dim=-1).indices, 1.0))

    hooks = [m.register_forward_hook(hook) for m in model.modules() if isinstance(m, MoELayer)]
    try:
        yield found
    finally:
        for one in hooks:
            one.remove()


def tally(counts: Counts, each: Tensor, fields: list[dict[str, str]], sigma: float, subject: Tensor) -> None:
    def add(group: str, option: str, rows: Tensor) -> None:
        counts[group, option] = counts.get((group, option), 0) + rows.numpy().astype(np.float64)

    for i, row in enumerate(fields):
        for group in ("kind", "setting", "time"):
            add(group, row[group], each[:, i].sum(dim=(1, 2, 3)))
    add("noise", f"sigma {sigma}", each.sum(dim=(1, 2, 3, 4)))
    for frame in range(each.shape[2]):
        add("latent frame", str(frame + 1), each[:, :, frame].sum(dim=(1, 2, 3)))
    for option, mask in (("subject", subject > 0.5), ("background", subject == 0)):
        add("cell", option, (each * mask[None, ..., None]).sum(dim=(1, 2, 3, 4)))


# --- What the counts say


def loads(counts: Counts) -> np.ndarray:
    """[layers, E]: share of all routed rows."""
    whole = sum(rows for (group, _), rows in counts.items() if group == "noise")
    return whole / whole.sum(axis=1, keepdims=True)


def explained(counts: Counts, group: str, layer: int) -> float:
    """I(option; expert) / H(expert) in one layer: 0, the group says nothing of the choice; 1, it decides it."""
    joint = np.stack([rows[layer] for (g, _), rows in counts.items() if g == group])
    joint = joint / joint.sum()
    options, experts = joint.sum(axis=1, keepdims=True), joint.sum(axis=0, keepdims=True)
    information = np.sum(joint * np.log(np.maximum(joint, 1e-12) / np.maximum(options * experts, 1e-12)))
    return float(information / max(-np.sum(experts * np.log(np.maximum(experts, 1e-12))), 1e-12))


def leaning(counts: Counts, load: np.ndarray, key: tuple[str, str]) -> np.ndarray:
    """log2 of an option's share of each expert over the expert's share of all [layers, E]."""
    share = counts[key] / counts[key].sum(axis=1, keepdims=True)
    return np.log2(np.maximum(share, 1e-4) / np.maximum(load, 1e-4))


def strongest(counts: Counts, load: np.ndarray, *, num: int = 12) -> list[str]:
    found = [
        (float(value), f"{group} {option}: expert {e + 1} of routed layer {layer + 1}, {2**value:.2f} times its share")
        for group, option in counts
        for (layer, e), value in np.ndenumerate(leaning(counts, load, (group, option)))
    ]
    return [text for _, text in sorted(found, reverse=True)[:num]]


def picture(counts: Counts, load: np.ndarray, path, *, cell: int = 30, margin: int = 140) -> None:
    """The heat map, with the load of each expert in the first row."""
    from PIL import Image, ImageDraw

    keys = [key for group in GROUPS for key in sorted(k for k in counts if k[0] == group)]
    num_layers, num_experts = load.shape
    columns, top = num_layers * num_experts, 40
    width, height = margin + cell * columns + 8 * num_layers, top + 22 * (len(keys) + 1) + 6 * len(GROUPS) + 8
    image = Image.new("RGB", (width, height), (24, 24, 24))
    pen = ImageDraw.Draw(image)

    def row(y: int, name: str, values: np.ndarray, colour, label) -> None:
        pen.text((6, y + 5), name, fill=(220, 220, 220))
        for (layer, e), value in np.ndenumerate(values):
            x = margin + (layer * num_experts + e) * cell + 8 * layer
            pen.rectangle((x, y, x + cell - 2, y + 20), fill=colour(value))
            pen.text((x + 2, y + 5), label(value), fill=(0, 0, 0))

    for layer in range(num_layers):
        pen.text((margin + layer * (num_experts * cell + 8), 8), f"routed layer {layer + 1}", fill=(240, 240, 240))
    row(top - 18, "load, %", load, lambda v: (200, 200, 200), lambda v: f"{100 * v:.0f}")
    y, group = top + 8, None
    for key in keys:
        y, group = y + 6 * (key[0] != group), key[0]
        row(y, f"{key[0]} {key[1]}" if key[0] in ("cell", "latent frame") else key[1], leaning(counts, load, key), heat,
            lambda v: f"{v:+.1f}" if abs(v) >= 0.05 else "")  # fmt: skip
        y += 22
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, optimize=True)


def heat(value: float, *, most: float = 1.5) -> tuple[int, int, int]:
    """Blue below 0, white at 0, red above."""
    x = float(np.clip(value / most, -1, 1))
    away = int(255 * (1 - abs(x)))
    return (255, away, away) if x > 0 else (away, away, 255)


if __name__ == "__main__":
    main()
