"""The judge: names what a clip shows. Trained on renders only, never on generated films.

A light 2-D network sees each frame and its change since the last one; convolutions over time mix the frames; each
field looks where it wants (attention) and at the subject (a mask the network draws itself). Sizes need not be
multiples of anything.

B batch, F frames, H W pixels, h w a level's height and width, P fields, n options of a field, D feature width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DRIFTS = 6  # what `drift` tells
DAMPING = 1e-4  # of squared gradients: one of a hundredth of the range counts half


@dataclass(frozen=True, kw_only=True)
class RecogniserConfig:
    """`schema` maps each field to its options, in the order of the logits; `widths` serve 1/2, 1/4, 1/8, 1/16. With
    `drift`, the picture's own motion is worked out and told (recognisers from before 2026-11-25 lack it)."""

    schema: dict[str, tuple[str, ...]]
    widths: tuple[int, ...] = (24, 40, 80, 112)
    width: int = 128
    drift: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", {name: tuple(options) for name, options in self.schema.items()})
        object.__setattr__(self, "widths", tuple(self.widths))


@dataclass(frozen=True)
class Recognition:
    """`logits` per field [B, n]; `mask` logits of any subject [B, 1, F, H/2, W/2], rounded up; `features` [B, D]."""

    logits: dict[str, Tensor]
    mask: Tensor
    features: Tensor


class Recogniser(nn.Module):
    """video [B, 3, F, H, W] in [-1, 1] RGB, about 128 x 72 and 8 frames per second → Recognition."""

    def __init__(self, config: RecogniserConfig):
        super().__init__()
        self.config = config
        half, quarter, eighth, sixteenth = config.widths
        self.stem = nn.Conv2d(6, half, 3, stride=2, padding=1)
        self.to_half = Residual(half)
        self.to_quarter = Down(half, quarter)
        self.to_eighth = Down(quarter, eighth)
        self.to_sixteenth = Down(eighth, sixteenth)
        self.join_eighth = Join(sixteenth, eighth, eighth)
        self.join_quarter = Join(eighth, quarter, quarter)
        self.join_half = Join(quarter, half, half)
        self.mask = nn.Conv2d(half, 1, 3, padding=1)
        self.tokens = nn.Conv2d(eighth + 3, config.width, 1)
        self.mix = nn.ModuleList(TimeMix(config.width, dilation) for dilation in (1, 2))
        self.look = nn.Linear(config.width, len(config.schema))
        self.motion = Motion(config.width)
        self.drift = nn.Linear(DRIFTS, config.width) if config.drift else None
        self.summary = nn.Linear(3 * config.width, config.width)
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(2 * config.width, config.width), nn.SiLU(), nn.Linear(config.width, len(options)))
            for options in config.schema.values()
        )

    def forward(self, video: Tensor) -> Recognition:
        batch, num_frames = video.shape[0], video.shape[2]
        eighth, mask = self._seen(video)
        tokens = self.tokens(eighth).unflatten(0, (batch, num_frames)).permute(0, 1, 3, 4, 2)  # B F h w D
        for mix in self.mix:
            tokens = mix(tokens)
        weight = F.interpolate(mask.detach().sigmoid(), size=eighth.shape[-2:], mode="bilinear", align_corners=False)
        weight = weight.unflatten(0, (batch, num_frames)).movedim(2, -1)  # B F h w 1
        motion = self.motion(tokens, weight)
        if self.drift is not None:
            motion = motion + self.drift(drift(video, weight))
        everywhere, subject = tokens.mean(dim=(1, 2, 3)), weighted_mean(tokens, weight, dim=(1, 2, 3))
        features = self.summary(torch.cat([everywhere, subject, motion], dim=-1))
        looks = self._looked(tokens)
        logits = {
            name: head(torch.cat([looks[:, i], features], dim=-1))
            for i, (name, head) in enumerate(zip(self.config.schema, self.heads))
        }
        return Recognition(logits, mask.unflatten(0, (batch, num_frames)).transpose(1, 2), features)

    def _seen(self, video: Tensor) -> tuple[Tensor, Tensor]:
        """Frame by frame: features at 1/8 that know their surroundings, and mask logits at 1/2. [B * F, ...]."""
        change = torch.cat([torch.zeros_like(video[:, :, :1]), video[:, :, 1:] - video[:, :, :-1]], dim=2)
        pictures = torch.cat([video, change], dim=1).transpose(1, 2).flatten(0, 1)
        half = self.to_half(self.stem(pictures.contiguous(memory_format=torch.channels_last)))
        quarter = self.to_quarter(half)
        eighth = self.to_eighth(quarter)
        eighth = self.join_eighth(self.to_sixteenth(eighth), eighth)
        mask = self.mask(self.join_half(self.join_quarter(eighth, quarter), half))
        # Norms blur what colour a thing is, so the plain colours go along.
        colours = F.adaptive_avg_pool2d(pictures[:, :3], eighth.shape[-2:])
        return torch.cat([eighth, colours], dim=1), mask

    def _looked(self, tokens: Tensor) -> Tensor:
        """[B, P, D]: the mean of the tokens as each field weighs them."""
        flat = tokens.flatten(1, 3)
        return self.look(flat).softmax(dim=1).transpose(1, 2) @ flat


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(self.norm(x)))))


class Down(nn.Module):
    """Half the size, rounded up, then a residual block."""

    def __init__(self, width_in: int, width: int):
        super().__init__()
        self.shrink = nn.Conv2d(width_in, width, 3, stride=2, padding=1)
        self.block = Residual(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.block(self.shrink(F.relu(x)))


class Join(nn.Module):
    """Coarse features enlarged to a finer level and added to it."""

    def __init__(self, coarse: int, fine: int, width: int):
        super().__init__()
        self.coarse = nn.Conv2d(coarse, width, 1)
        self.fine = nn.Conv2d(fine, width, 1)
        self.norm = nn.GroupNorm(8, width)
        self.mix = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        enlarged = F.interpolate(self.coarse(coarse), size=fine.shape[-2:], mode="bilinear", align_corners=False)
        x = enlarged + self.fine(fine)
        return x + self.mix(F.relu(self.norm(x)))


class TimeMix(nn.Module):
    """Each place looks at itself some frames earlier and later."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.second = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens [B, F, h, w, D]."""
        batch, _, height, width = tokens.shape[:4]
        x = self.norm(tokens).permute(0, 2, 3, 4, 1).flatten(0, 2)  # (B h w) D F
        x = self.first(x).unflatten(0, (batch, height, width)).permute(0, 4, 1, 2, 3)
        return tokens + self.second(F.relu(x))


class Motion(nn.Module):
    """How the frame, the subject and the subject's place and extent change over time. → [B, D]."""

    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv1d(2 * width + 5, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, padding=1)

    def forward(self, tokens: Tensor, weight: Tensor) -> Tensor:
        """tokens [B, F, h, w, D]; weight [B, F, h, w, 1] in [0, 1]."""
        subject = weighted_mean(tokens, weight, dim=(2, 3))
        story = torch.cat([tokens.mean(dim=(2, 3)), subject, extent(weight)], dim=-1).transpose(1, 2)
        x = F.relu(self.first(story))
        return (x + F.relu(self.second(x))).mean(dim=-1)


def extent(weight: Tensor) -> Tensor:
    """Where a mask lies in each frame: centre x, y and spread x, y (units: half a frame), and area. [B, F, 5]."""
    height, width = weight.shape[2:4]
    x = torch.linspace(-1, 1, width, device=weight.device)[None, :, None].expand(height, -1, -1)
    y = torch.linspace(-1, 1, height, device=weight.device)[:, None, None].expand(-1, width, -1)
    place = torch.cat([x, y], dim=-1).to(weight.dtype)
    centre = weighted_mean(place, weight, dim=(2, 3))
    spread = weighted_mean((place - centre[:, :, None, None]).square(), weight, dim=(2, 3)).sqrt()
    return torch.cat([centre, spread, weight.mean(dim=(2, 3))], dim=-1)


def drift(video: Tensor, weight: Tensor) -> Tensor:
    """How the scene around the subject moves through the picture, by Lucas and Kanade's normal equations. [B, 6].

    Right, down, outward; how much faster the lower half goes right; how much the subject goes right and down beside
    the scene: each asinh of thousandths of the frame's height per frame. A slow camera moves by less than a pixel,
    which convolutions over differences do not learn to tell from changing light. weight: subject, [B, F, h, w, 1].
    """
    if video.shape[2] < 2:
        return video.new_zeros(len(video), DRIFTS)
    luma = F.avg_pool3d(video.mean(dim=1, keepdim=True), (1, 2, 2), ceil_mode=True)[:, 0]
    middle = (luma[:, 1:] + luma[:, :-1]) / 2
    dx = F.pad((middle[..., 2:] - middle[..., :-2]) / 2, (1, 1))
    dy = F.pad((middle[..., 2:, :] - middle[..., :-2, :]) / 2, (0, 0, 1, 1))
    dt = luma[:, 1:] - luma[:, :-1]
    cells = tuple(weight.shape[2:4])
    xx, xy, yy, xt, yt = (
        F.avg_pool2d(F.adaptive_avg_pool2d(product, cells), 3, stride=1, padding=1)
        for product in (dx * dx, dx * dy, dy * dy, dx * dt, dy * dt)
    )
    # Damped, so that flat skies count as still; a cell's say is its weaker gradient (Shi and Tomasi, 1994).
    damped = (xx + DAMPING) * (yy + DAMPING) - xy * xy
    unit = 1000 / luma.shape[-2]
    right, down = (unit * (xy * yt - (yy + DAMPING) * xt) / damped, unit * (xy * xt - (xx + DAMPING) * yt) / damped)
    flow = torch.stack([right, down], dim=-1).clamp(-300, 300)  # B F-1 h w 2
    say = ((xx + yy) / 2 - ((xx - yy).square() / 4 + xy * xy).sqrt())[..., None].clamp(min=0)
    inside = (weight[:, 1:] + weight[:, :-1]) / 2
    x = torch.linspace(-1, 1, cells[1], device=video.device)[None, :, None].expand(*cells, 1)
    y = torch.linspace(-1, 1, cells[0], device=video.device)[:, None, None].expand(*cells, 1)
    around, beside = say * (1 - inside), say * inside
    scene, subject = (weighted_mean(flow, over, dim=(1, 2, 3), floor=1e-7) for over in (around, beside))
    outward = (torch.cat([x, y], dim=-1) * flow).sum(dim=-1, keepdim=True)
    shape = torch.cat([outward, y * flow[..., :1]], dim=-1)
    told = [scene, weighted_mean(shape, around, dim=(1, 2, 3), floor=1e-7), subject - scene]
    return torch.cat(told, dim=-1).asinh()


def weighted_mean(x: Tensor, weight: Tensor, *, dim: tuple[int, ...], floor: float = 1e-4) -> Tensor:
    return (x * weight).sum(dim=dim) / (weight.sum(dim=dim) + floor)
