"""When something is heard, from the picture alone: who acts is found and followed, and every frame says when, around
it, a foot lands, a wing beats, hands clap.

    frames → locator → box of the subject, smoothed → small crops → eye → mixed over time → votes for moments near by

A frame votes for offsets of `-REACH .. REACH` thirtieths of a second around itself; the votes that all frames cast for
one moment are averaged. So nothing need be periodic, and a blurred landing is still told by the frames around it.
The mixing looks at neighbours an eighth of a second apart, whatever the film's rate: at 30 fps, every fourth frame.

B batch, F frames, H W pixels, V votes (2 REACH + 1), K kinds of event, D width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

REACH, RATE = 10, 30  # votes reach a third of a second; a vote is a thirtieth wide
CROP, ROWS = 32, 36  # pixels of a crop; rows of the picture in which the subject is looked for
HALF = 2.3  # half a crop, in standard deviations of the subject's mask along its longer side
STEPS_A_SECOND = 8  # the mixing's steps


@dataclass(frozen=True, kw_only=True)
class OnsetConfig:
    """`kinds` of event, in the order of the logits."""

    kinds: tuple[str, ...]
    width: int = 96
    eye_widths: tuple[int, ...] = (16, 32, 48)
    dilations: tuple[int, ...] = (1, 2, 4, 1)

    def __post_init__(self) -> None:
        for name in ("kinds", "eye_widths", "dilations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


class OnsetFinder(nn.Module):
    """crops [B, F, 3, CROP, CROP] in [-1, 1] RGB → logits of votes [B, F, V] and of kinds [B, F, K].

    `stride`: frames per eighth of a second."""

    def __init__(self, config: OnsetConfig):
        super().__init__()
        self.config = config
        self.locator = Locator()
        self.eye = Eye(config.eye_widths, config.width)
        self.mix = nn.ModuleList(Mix(config.width, dilation) for dilation in config.dilations)
        self.when = nn.Linear(config.width, 2 * REACH + 1)
        self.what = nn.Linear(config.width, len(config.kinds))

    def forward(self, crops: Tensor, stride: int = 1) -> tuple[Tensor, Tensor]:
        x = self.eye(crops.flatten(0, 1)).unflatten(0, crops.shape[:2])
        for mix in self.mix:
            x = mix(x, stride)
        x = F.relu(x)
        return self.when(x), self.what(x)


class Locator(nn.Module):
    """[B, 6, ROWS, W]: a picture and its change since a quarter of a second ago → mask logits [B, 1, ROWS/2, W/2]."""

    def __init__(self):
        super().__init__()
        self.to_half = _shrinking(6, 16)
        self.to_quarter = _shrinking(16, 32)
        self.to_eighth = _shrinking(32, 48)
        self.whole = nn.Linear(48, 48)
        self.up_quarter = nn.Conv2d(48 + 32, 32, 3, padding=1)
        self.up_half = nn.Conv2d(32 + 16, 16, 3, padding=1)
        self.mask = nn.Conv2d(16, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        half = self.to_half(x)
        quarter = self.to_quarter(half)
        eighth = self.to_eighth(quarter)
        eighth = eighth + self.whole(eighth.mean(dim=(2, 3)))[:, :, None, None]
        quarter = F.relu(self.up_quarter(_joined(eighth, quarter)))
        return self.mask(F.relu(self.up_half(_joined(quarter, half))))


class Eye(nn.Module):
    """[N, 3, CROP, CROP] → [N, D]: one frame's posture."""

    def __init__(self, widths: tuple[int, ...], width: int):
        super().__init__()
        self.shrink = nn.Sequential(*(_shrinking(a, b) for a, b in zip((3, *widths), widths)))
        side = CROP // 2 ** len(widths)
        self.out = nn.Linear(widths[-1] * side * side, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.shrink(x).flatten(1))


class Mix(nn.Module):
    """Each frame looks at itself some steps earlier and later; normed frame by frame, so that rates do not matter."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.first = nn.Conv1d(width, width // 2, 3)
        self.second = nn.Linear(width // 2, width)

    def forward(self, x: Tensor, stride: int) -> Tensor:
        apart = self.dilation * stride
        kept = F.pad(self.norm(x).transpose(1, 2), (apart, apart))
        seen = F.conv1d(kept, self.first.weight, self.first.bias, dilation=apart)
        return x + self.second(F.relu(seen).transpose(1, 2))


def _shrinking(width_in: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width_in, width, 3, stride=2, padding=1), nn.GroupNorm(4, width), nn.ReLU())


def _joined(coarse: Tensor, fine: Tensor) -> Tensor:
    enlarged = F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
    return torch.cat([enlarged, fine], dim=1)


def place(mask: Tensor) -> Tensor:
    """Weights in [0, 1] [N, H, W] → x, y of their centre and half a crop's side [N, 3], in frame heights from the
    frame's middle; NaN where there is nobody."""
    height, width = mask.shape[-2:]
    y = ((torch.arange(height, device=mask.device) + 0.5) / height - 0.5)[:, None].expand(height, width)
    x = ((torch.arange(width, device=mask.device) + 0.5 - width / 2) / height)[None].expand(height, width)
    total = mask.sum(dim=(1, 2))
    mean = lambda value: (mask * value).sum(dim=(1, 2)) / total  # noqa: E731
    centre = torch.stack([mean(x), mean(y)])
    spread = torch.stack([mean((x - centre[0, :, None, None]) ** 2), mean((y - centre[1, :, None, None]) ** 2)])
    side = HALF * spread.amax(dim=0).sqrt().clamp(min=0.02)
    found = torch.stack([*centre, side], dim=1)
    return torch.where(total[:, None] > 1e-4 * height * width, found, torch.nan)


def followed(boxes: Tensor, rate: float) -> Tensor:
    """Boxes [F, 3] at `rate` a second as a calm camera would hold them: a line fitted to what was found within half a
    second or so; in the middle where nobody was ever found."""
    known = ~boxes[:, 0].isnan()
    if not known.any():
        return boxes.new_tensor([0.0, 0.0, 0.5]).expand(len(boxes), 3)
    times = torch.arange(len(boxes), device=boxes.device) / rate
    near = torch.exp(-0.5 * ((times[:, None] - times[known][None]) / 0.5) ** 2) + 1e-6
    near = near / near.sum(dim=1, keepdim=True)
    middle, mean = near @ times[known], near @ boxes[known]
    away = times[known][None] - middle[:, None]
    slope = torch.einsum("fn,fnc->fc", near * away, boxes[known][None] - mean[:, None])
    slope = slope / ((near * away**2).sum(dim=1, keepdim=True) + 1e-3)
    held = mean + slope * (times - middle)[:, None]
    return torch.stack([held[:, 0], held[:, 1], held[:, 2].clamp(min=0.03)], dim=1)


def cropped(pictures: Tensor, boxes: Tensor, unit: float, size: int = CROP) -> Tensor:
    """[N, 3, H, W] and boxes [N, 3] → [N, 3, size, size]; `unit`: pixels per frame height; the border is repeated."""
    height, width = pictures.shape[-2:]
    steps = (torch.arange(size, device=boxes.device) + 0.5) / size * 2 - 1
    x = (boxes[:, 0, None] + boxes[:, 2, None] * steps) * 2 * unit / width
    y = (boxes[:, 1, None] + boxes[:, 2, None] * steps) * 2 * unit / height
    grid = torch.stack([x[:, None].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], dim=-1)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def gathered(votes: Tensor) -> Tensor:
    """Votes [F, V] in 0..1 → what all frames say of each moment [F]; frame i's vote k is for frame i + k - REACH."""
    num = len(votes)
    total, count = votes.new_zeros(num + 2 * REACH), votes.new_zeros(num + 2 * REACH)
    for k in range(2 * REACH + 1):
        total[k : k + num] += votes[:, k]
        count[k : k + num] += 1
    return (total / count.clamp(min=1))[REACH : REACH + num]
