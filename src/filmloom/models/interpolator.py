"""Two neighbouring key frames → the picture at any time between them, as flows and a mask.

`flows(a, b)` looks at a pair once, coarse to fine over a feature pyramid shared by both frames, and gives the motion
a→b and b→a. `between(pair, t)` combines them for a time t on the assumption of straight, even motion (Super SloMo,
arXiv 1712.00080, eq. 4) and lets a small network mend the result and choose which frame each pixel is taken from.
At t = 0 and 1 the key frames themselves come back, whatever the weights.

The flows and the mask are the product: finished key frames are warped by them at full size.

B batch, C channels, H W height and width, h w those of a pyramid level.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from filmloom.kernels.warp import resize_flow, warp


@dataclass(frozen=True, kw_only=True)
class InterpolatorConfig:
    """`widths` are the pyramid's channels at 1/2, 1/4, 1/8 and 1/16; `flow_widths` those of each level's estimator."""

    widths: tuple[int, ...] = (16, 32, 48, 64)
    flow_widths: tuple[int, ...] = (24, 40, 56, 64)
    radii: tuple[int, ...] = (1, 2, 3, 3)
    carried: int = 16
    mend_widths: tuple[int, ...] = (24, 32, 48)

    def __post_init__(self) -> None:
        for name in ("widths", "flow_widths", "radii", "mend_widths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True)
class Pair:
    """Two frames and the motion between them; flows [B, 2, H, W] in pixels, (dx, dy).

    `flow_ab` is sampled at a's pixels and points to where they are in b. `steps` are coarser estimates of
    (flow_ab, flow_ba), finest last, for training.
    """

    a: Tensor
    b: Tensor
    flow_ab: Tensor
    flow_ba: Tensor
    steps: tuple[tuple[Tensor, Tensor], ...] = ()

    def __len__(self) -> int:
        return len(self.a)


@dataclass(frozen=True)
class Between:
    """The picture at time t: `frame` = mask * warp(a, flow_t0) + (1 - mask) * warp(b, flow_t1); mask in [0, 1]."""

    flow_t0: Tensor
    flow_t1: Tensor
    mask: Tensor
    frame: Tensor


class Interpolator(nn.Module):
    """Frames [B, 3, H, W] in [-1, 1] RGB, any size."""

    def __init__(self, config: InterpolatorConfig):
        super().__init__()
        self.config = config
        self.pyramid = Pyramid(config.widths)
        self.estimators = nn.ModuleList(
            Estimator(features, width, radius, config.carried)
            for features, width, radius in zip(config.widths, config.flow_widths, config.radii)
        )
        self.mend = Mend(config.mend_widths)

    def forward(self, a: Tensor, b: Tensor, *, t: Tensor) -> Between:
        """t [B] in (0, 1): the share of the way from a to b."""
        return self.between(self.flows(a, b), t)

    def flows(self, a: Tensor, b: Tensor) -> Pair:
        """The motion between two frames, both ways; once per pair."""
        num, height, width = len(a), *a.shape[-2:]
        both = padded(torch.cat([a, b]), 2 ** len(self.config.widths))
        features = self.pyramid(both)
        flow, carried, steps = None, None, []
        for level, estimator in reversed(list(zip(features, self.estimators))):
            flow, carried = estimator(level, flow, carried)
            steps.append(resize_flow(flow, *both.shape[-2:])[..., :height, :width].split(num))
        ab, ba = steps[-1]
        return Pair(a, b, ab, ba, tuple(steps))

    def between(self, pair: Pair, t: Tensor) -> Between:
        """t [B], or [1] for all pairs."""
        t = t.to(pair.a.dtype).reshape(-1, 1, 1, 1)
        # Positions along a straight line: what is at x at time t came from a by -t of the motion. Both estimates of
        # it are weighted by how near their own frame is.
        flow_t0 = -(1 - t) * t * pair.flow_ab + t * t * pair.flow_ba
        flow_t1 = (1 - t) ** 2 * pair.flow_ab - t * (1 - t) * pair.flow_ba
        change_t0, change_t1, logit = self.mend(pair, flow_t0, flow_t1, t)
        bend = 4 * t * (1 - t)  # no change at the key frames themselves
        flow_t0, flow_t1 = flow_t0 + bend * change_t0, flow_t1 + bend * change_t1
        mask = torch.sigmoid(logit + torch.log((1 - t) / t))  # the nearer frame first; all of a at t = 0
        frame = mask * warp(pair.a, flow_t0) + (1 - mask) * warp(pair.b, flow_t1)
        return Between(flow_t0, flow_t1, mask, frame)


class Pyramid(nn.Module):
    """Features at 1/2, 1/4, ... of both frames, one set of weights."""

    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(i, o, 3, stride=2, padding=1),
                nn.LeakyReLU(0.1),
                nn.Conv2d(o, o, 3, padding=1),
                nn.LeakyReLU(0.1),
            )
            for i, o in zip((3, *widths), widths)
        )

    def forward(self, frames: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Learned features and plain colours of each level, finest first."""
        x = colours = channels_last(frames)
        features = []
        for level in self.levels:
            x, colours = level(x), F.avg_pool2d(colours, 2)
            features.append((x, colours))
        return features


class Estimator(nn.Module):
    """One level: warp the other frame by the flow so far, look where it fits, correct the flow.

    Learned features are correlated, and colours are matched outright: the displacement they suggest goes straight to
    the last layer, so that training starts from block matching and learns when to believe it.
    """

    def __init__(self, features: int, width: int, radius: int, carried: int):
        super().__init__()
        self.radius, self.carried = radius, carried
        self.key = nn.Conv2d(features, 8, 1)
        seen = features + (2 * radius + 1) ** 2 + 2 + 2 + carried
        self.layers = nn.Sequential(
            nn.Conv2d(seen, width, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(width, width, 3, padding=1),
            nn.LeakyReLU(0.1),
        )
        self.carry = nn.Conv2d(width, carried, 3, padding=1)
        self.believe = nn.Conv2d(width, 1, 3, padding=1)
        self.correct = zeroed(nn.Conv2d(width + 2, 2, 3, padding=1))

    def forward(
        self, level: tuple[Tensor, Tensor], flow: Tensor | None, carried: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Features and colours [2 B, C, h, w] of (a, b); the coarser level's flow and hidden features, if any."""
        here, colours = level
        size, num = here.shape[-2:], len(here) // 2
        if flow is None or carried is None:
            flow = here.new_zeros(len(here), 2, *size)
            carried = here.new_zeros(len(here), self.carried, *size)
        else:
            flow = resize_flow(flow, *size)
            carried = F.interpolate(carried, size=size, mode="bilinear", align_corners=False)
        key = self.key(here)
        there, painted = warp(torch.cat([key, colours], dim=1).roll(num, dims=0), flow).split([8, 3], dim=1)
        match = correlation(key, there, self.radius)
        with torch.no_grad():
            hint = suggestion(colours, painted, self.radius)
        x = self.layers(channels_last(torch.cat([here, match, hint, flow, carried], dim=1)))
        hint = hint * self.believe(x).sigmoid()
        return flow.float() + self.correct(torch.cat([x, hint], dim=1)).float(), self.carry(x)


class Mend(nn.Module):
    """A small U-Net at 1/2, 1/4 and 1/8: changes of both flows and the logit of the mask, zero at the start."""

    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        finest = widths[0]
        self.enter = nn.Conv2d(12, finest, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(i, o, 3, stride=2, padding=1) for i, o in pairwise(widths))
        self.up = nn.ModuleList(nn.Conv2d(o, i, 3, padding=1) for i, o in pairwise(widths))
        self.last = nn.Conv2d(finest, finest, 3, padding=1)
        self.out = zeroed(nn.Conv2d(finest, 5, 3, padding=1))

    def forward(self, pair: Pair, flow_t0: Tensor, flow_t1: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        height, width = flow_t0.shape[-2:]
        x = self._seen(pair, flow_t0, flow_t1, t)
        x = F.leaky_relu(self.enter(x), 0.1)
        skips = []
        for layer in self.down:
            skips.append(x)
            x = F.leaky_relu(layer(x), 0.1)
        for layer, skip in reversed(list(zip(self.up, skips))):
            x = skip + F.interpolate(layer(x), size=skip.shape[-2:], mode="bilinear", align_corners=False)
        x = self.out(F.leaky_relu(self.last(F.leaky_relu(x, 0.1)), 0.1))
        x = F.interpolate(x, size=(2 * x.shape[-2], 2 * x.shape[-1]), mode="bilinear", align_corners=False)
        return x[:, :2, :height, :width], x[:, 2:4, :height, :width], x[:, 4:, :height, :width]

    @staticmethod
    def _seen(pair: Pair, flow_t0: Tensor, flow_t1: Tensor, t: Tensor) -> Tensor:
        """At half size: both warped frames, how far they differ, both flows, the time. [B, 12, h, w]."""
        a, b = warp(pair.a, flow_t0), warp(pair.b, flow_t1)
        differ = (a - b).abs().mean(dim=1, keepdim=True)
        full = torch.cat([a, b, differ, flow_t0 / 10, flow_t1 / 10, t.expand_as(differ)], dim=1)
        return channels_last(F.avg_pool2d(padded(full, 2), 2))


def correlation(here: Tensor, there: Tensor, radius: int) -> Tensor:
    """Likeness of each position with its (2 r + 1)² neighbours in the other frame. → [B, (2 r + 1)², h, w].

    Cosine of the feature vectors, so that it does not depend on contrast.
    """
    here, there = (x * (x.square().sum(dim=1, keepdim=True) + 1e-6).rsqrt() for x in (here, there))
    return (here[:, :, None] * neighbours(there, radius)).sum(dim=1)


def suggestion(here: Tensor, there: Tensor, radius: int, sharpness: float = 200.0) -> Tensor:
    """Mean displacement [B, 2, h, w] within `radius`, weighted by how well the neighbourhoods' colours agree."""
    differ = (here[:, :, None] - neighbours(there, radius)).square().mean(dim=1)
    differ = F.avg_pool2d(F.pad(differ, (2,) * 4, mode="replicate"), 5, stride=1)
    weight = (-sharpness * differ).softmax(dim=1)
    step = torch.arange(-radius, radius + 1, device=here.device, dtype=weight.dtype)
    grid = torch.stack([step.repeat(len(step)), step.repeat_interleave(len(step))])  # (dx, dy)
    return torch.einsum("bshw,cs->bchw", weight, grid)


def neighbours(x: Tensor, radius: int) -> Tensor:
    """[B, C, h, w] → [B, C, (2 r + 1)², h, w], the edge repeated outside."""
    size = 2 * radius + 1
    around = F.unfold(F.pad(x, (radius,) * 4, mode="replicate"), size)
    return around.unflatten(2, x.shape[-2:]).unflatten(1, (-1, size * size))


def padded(image: Tensor, multiple: int) -> Tensor:
    """Right and bottom edges repeated up to whole multiples."""
    height, width = image.shape[-2:]
    return F.pad(image, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def zeroed(layer: nn.Module) -> nn.Module:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
